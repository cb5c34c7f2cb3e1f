package chunk

// Type 1 leaves out the message stream ID: it is that of the chunk before, on
// the same chunk stream. Streams of messages of varying size, like most video,
// use it from the second message on. RTMP 1.0, 5.3.1.2.2.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-----------------------------------------------+---------------+
//	|                timestamp delta                |  message      :
//	+-----------------------------------------------+---------------+
//	:            length             |    type ID    |
//	+-------------------------------+---------------+
const (
	type1       = 1
	type1Size   = 7
	lengthIndex = 3
	typeIDIndex = 6
)

func appendType1(dst []byte, h messageHeader) []byte {
	dst = appendType2(dst, h)
	dst = appendUint24(dst, h.length)
	return append(dst, h.typeID)
}

func (h *messageHeader) parseType1(b []byte) {
	h.parseType2(b)
	h.length = uint24(b[lengthIndex:])
	h.typeID = b[typeIDIndex]
}
