package chunk

// Type 2 carries the timestamp delta alone: message stream ID, length and type
// are those of the chunk before, on the same chunk stream. Streams of messages
// of one size use it from the second message on. RTMP 1.0, 5.3.1.2.3.
//
//	 0                   1                   2
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
//	+-----------------------------------------------+
//	|                timestamp delta                |
//	+-----------------------------------------------+
const (
	type2     = 2
	type2Size = 3
)

func appendType2(dst []byte, h messageHeader) []byte {
	return appendUint24(dst, h.timestampField())
}

func (h *messageHeader) parseType2(b []byte) {
	h.time = uint24(b)
	h.extended = h.time == extendedMark
}
