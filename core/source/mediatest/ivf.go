package mediatest

import (
	"encoding/binary"
)

// IVFHeader makes the header of a file of 16x16 pixels.
func IVFHeader(fourCC string, rate, scale uint32) []byte {
	b := append([]byte("DKIF\x00\x00\x20\x00"), fourCC...)
	b = append(b, 16, 0, 16, 0)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, scale)
	return append(b, make([]byte, 8)...)
}

// IVFFrame makes a frame with its header.
func IVFFrame(at uint64, frame ...byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(frame)))
	return append(binary.LittleEndian.AppendUint64(b, at), frame...)
}
