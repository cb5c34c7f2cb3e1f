package chunk

import "encoding/binary"

// Type 0 carries all fields. It must start a chunk stream, and is used whenever
// the timestamp goes backwards. RTMP 1.0, 5.3.1.2.1.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-----------------------------------------------+---------------+
//	|                   timestamp                   |  message      :
//	+-----------------------------------------------+---------------+
//	:            length             |    type ID    |  message      :
//	+-------------------------------+---------------+---------------+
//	:          stream ID, the low byte first        |
//	+-----------------------------------------------+
const (
	type0         = 0
	type0Size     = 11
	streamIDIndex = 7
)

func appendType0(dst []byte, h messageHeader) []byte {
	dst = appendType1(dst, h)
	return binary.LittleEndian.AppendUint32(dst, h.streamID)
}

func (h *messageHeader) parseType0(b []byte) {
	h.parseType1(b)
	h.streamID = binary.LittleEndian.Uint32(b[streamIDIndex:])
}
