package chunk

// messageHeader holds the fields that a message header carries, or that it
// takes over from the header before it. RTMP 1.0, 5.3.1.2.
type messageHeader struct {
	time     uint32 // type 0: the timestamp; types 1 and 2: the timestamp delta
	extended bool   // time was sent as an extended timestamp
	length   uint32 // of the whole message's payload
	typeID   uint8
	streamID uint32
}

// headerSizes are the sizes of the message headers, by chunk type.
var headerSizes = [4]int{type0: type0Size, type1: type1Size, type2: type2Size, type3: 0}

// appendMessageHeader appends the header of a chunk of the given type, with its
// extended timestamp.
func appendMessageHeader(dst []byte, format uint8, h messageHeader) []byte {
	switch format {
	case type0:
		dst = appendType0(dst, h)
	case type1:
		dst = appendType1(dst, h)
	case type2:
		dst = appendType2(dst, h)
	}
	return appendExtendedTimestamp(dst, h)
}

// parse replaces the fields that b, a message header of the given type,
// carries. The others stay as they are.
func (h *messageHeader) parse(format uint8, b []byte) {
	switch format {
	case type0:
		h.parseType0(b)
	case type1:
		h.parseType1(b)
	case type2:
		h.parseType2(b)
	}
}
