package mediatest

import (
	"bytes"
	"encoding/binary"
)

// U32 returns numbers in big-endian order.
func U32(v ...uint32) (b []byte) {
	for _, x := range v {
		b = binary.BigEndian.AppendUint32(b, x)
	}
	return b
}

// Box makes a box of the payloads.
func Box(typ string, payloads ...[]byte) []byte {
	payload := bytes.Join(payloads, nil)
	return append(append(U32(uint32(len(payload)+8)), typ...), payload...)
}
