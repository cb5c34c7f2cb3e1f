package chunk

// The basic header is 1, 2 or 3 bytes long. RTMP 1.0, 5.3.1.1.
//
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
//	+---+-----------+
//	|fmt|   cs id   |                                   cs id 2 to 63
//	+---+-----------+---------------+
//	|fmt|     0     |  cs id - 64   |                   cs id 64 to 319
//	+---+-----------+---------------+---------------+
//	|fmt|     1     |   low byte       high byte    |   cs id 64 to 65599,
//	+---+-----------+---------------+---------------+   less 64, low byte first
const (
	formatShift = 6
	idMask      = 0x3F

	form2Bytes = 0 // in place of the ID: one byte of it follows
	form3Bytes = 1 // in place of the ID: two bytes of it follow

	firstLongID = 64  // what the 2- and 3-byte forms count from
	max1ByteID  = 63  // last ID of the 1-byte form
	max2ByteID  = 319 // last ID of the 2-byte form
)

// appendBasicHeader appends the shortest form that carries id.
func appendBasicHeader(dst []byte, format uint8, id uint32) []byte {
	first := format << formatShift
	rest := id - firstLongID

	switch {
	case id <= max1ByteID:
		return append(dst, first|byte(id))
	case id <= max2ByteID:
		return append(dst, first|form2Bytes, byte(rest))
	default:
		return append(dst, first|form3Bytes, byte(rest), byte(rest>>8))
	}
}

// readBasicHeader reads a basic header of any form. An error means that the
// stream ended within it, or, with read false, before it.
func (r *Reader) readBasicHeader() (format uint8, id uint32, read bool, err error) {
	first, err := r.buf.ReadByte()
	if err != nil {
		return 0, 0, false, err
	}

	format = first >> formatShift
	id = uint32(first & idMask)

	size := 0
	switch id {
	case form2Bytes:
		size = 1
	case form3Bytes:
		size = 2
	default:
		return format, id, true, nil
	}

	rest, err := r.next(size)
	if err != nil {
		return 0, 0, true, err
	}

	id = firstLongID + uint32(rest[0])
	if size == 2 {
		id += uint32(rest[1]) << 8
	}
	return format, id, true, nil
}
