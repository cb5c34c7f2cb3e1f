package flv

import (
	"encoding/binary"
	"fmt"
)

// OBU header, AV1, 5.3.2:
//
//	+-+-------+-+-+-+---------------------+------------------+
//	|0| type  |X|S|0| temporal, spatial id| size, leb128     |
//	+-+-------+-+-+-+---------------------+------------------+
//	                  only if X             only if S
const (
	obuSequenceHeader    = 1
	obuTemporalDelimiter = 2
	obuFrameHeader       = 3
	obuTileGroup         = 4
	obuMetadata          = 5
	obuFrame             = 6
	obuRedundantHeader   = 7
	obuTileList          = 8
	obuPadding           = 15

	obuHasExtension = 1 << 2
	obuHasSize      = 1 << 1

	maxLEB128 = 8 // bytes; AV1, 4.10.5
)

// obu is one OBU; both slices alias the unit.
type obu struct {
	typ     byte
	raw     []byte // with header and size
	payload []byte
}

// nextOBU reads the OBU at pos. One without a size reaches to the end of the unit. The error wraps ErrBadFrame.
func nextOBU(unit []byte, pos int) (o obu, next int, err error) {
	h := unit[pos]
	if h&0x81 != 0 {
		return o, 0, fmt.Errorf("%w: AV1 OBU header %02x at %d: reserved bits are set", ErrBadFrame, h, pos)
	}
	o.typ = h >> 3
	at := pos + 1
	if h&obuHasExtension != 0 {
		at++
	}
	if at > len(unit) {
		return o, 0, fmt.Errorf("%w: AV1 unit of %d bytes ends in the OBU header at %d", ErrBadFrame, len(unit), pos)
	}
	next = len(unit)
	if h&obuHasSize != 0 {
		size, n := leb128(unit[at:])
		if n == 0 || size > uint64(len(unit)-at-n) {
			return o, 0, fmt.Errorf("%w: AV1 OBU of type %d and %d bytes at %d, %d bytes follow",
				ErrBadFrame, o.typ, size, pos, len(unit)-at-n)
		}
		at += n
		next = at + int(size)
	}
	o.raw, o.payload = unit[pos:next:next], unit[at:next:next]
	return o, next, nil
}

// leb128 reads a number and how many bytes it takes; 0 bytes if b ends too early.
func leb128(b []byte) (v uint64, n int) {
	for n < len(b) && n < maxLEB128 {
		v |= uint64(b[n]&0x7F) << (7 * n)
		n++
		if b[n-1]&0x80 == 0 {
			return v, n
		}
	}
	return 0, 0
}

// sized returns the OBU with its size, as a record and all but the last OBU of a unit must have it.
func (o obu) sized() []byte {
	if o.raw[0]&obuHasSize != 0 {
		return o.raw
	}
	header := len(o.raw) - len(o.payload)
	dst := append([]byte(nil), o.raw[:header]...)
	dst[0] |= obuHasSize
	dst = binary.AppendUvarint(dst, uint64(len(o.payload))) // the same as leb128
	return append(dst, o.payload...)
}

// av1Frame is what the first bits of a frame header say. AV1, 5.9.2.
type av1Frame struct {
	shown bool // also a frame that was decoded before
	key   bool // a KEY_FRAME that is shown and begins here
}

// readAV1Frame reads the beginning of a frame header.
func readAV1Frame(payload []byte, reduced bool) (f av1Frame) {
	switch {
	case reduced: // reduced_still_picture_header: nothing but key frames
		return av1Frame{shown: true, key: true}
	case len(payload) == 0:
		return f
	case payload[0]&0x80 != 0: // show_existing_frame
		return av1Frame{shown: true}
	}
	f.shown = payload[0]&0x10 != 0
	f.key = f.shown && payload[0]>>5&3 == 0
	return f
}
