package bitstream

import (
	"encoding/binary"
	"fmt"
)

// OBU header, AV1, 5.3.2:
//
//	+-+-------+-+-+-+---------------------+------------------+
//	|0| type  |X|S|0| temporal, spatial id| size, LEB128     |
//	+-+-------+-+-+-+---------------------+------------------+
//	                  only if X             only if S
const (
	OBUSequenceHeader    = 1
	OBUTemporalDelimiter = 2
	OBUFrameHeader       = 3
	OBUTileGroup         = 4
	OBUMetadata          = 5
	OBUFrame             = 6
	obuRedundantHeader   = 7
	OBUTileList          = 8
	OBUPadding           = 15

	obuHasExtension = 1 << 2
	OBUHasSize      = 1 << 1

	maxLEB128 = 8 // bytes; AV1, 4.10.5
)

// OBU is one OBU; both slices alias the unit.
type OBU struct {
	Typ     byte
	Raw     []byte // with header and size
	Payload []byte
}

// NextOBU reads the OBU at pos. One without a size reaches to the end of the unit.
func NextOBU(unit []byte, pos int) (o OBU, next int, err error) {
	h := unit[pos]
	if h&0x81 != 0 {
		return o, 0, fmt.Errorf("AV1 OBU header %02x at %d: reserved bits are set", h, pos)
	}
	o.Typ = h >> 3
	at := pos + 1
	if h&obuHasExtension != 0 {
		at++
	}
	if at > len(unit) {
		return o, 0, fmt.Errorf("AV1 unit of %d bytes ends in the OBU header at %d", len(unit), pos)
	}
	next = len(unit)
	if h&OBUHasSize != 0 {
		size, n := LEB128(unit[at:])
		if n == 0 || size > uint64(len(unit)-at-n) {
			return o, 0, fmt.Errorf("AV1 OBU of type %d and %d bytes at %d, %d bytes follow",
				o.Typ, size, pos, len(unit)-at-n)
		}
		at += n
		next = at + int(size)
	}
	o.Raw, o.Payload = unit[pos:next:next], unit[at:next:next]
	return o, next, nil
}

// LEB128 reads a number and how many bytes it takes; 0 bytes if b ends too early.
func LEB128(b []byte) (v uint64, n int) {
	for n < len(b) && n < maxLEB128 {
		v |= uint64(b[n]&0x7F) << (7 * n)
		n++
		if b[n-1]&0x80 == 0 {
			return v, n
		}
	}
	return 0, 0
}

// Sized returns the OBU with its size, as a record and all but the last OBU of a unit must have it.
func (o OBU) Sized() []byte {
	if o.Raw[0]&OBUHasSize != 0 {
		return o.Raw
	}
	header := len(o.Raw) - len(o.Payload)
	dst := append([]byte(nil), o.Raw[:header]...)
	dst[0] |= OBUHasSize
	dst = binary.AppendUvarint(dst, uint64(len(o.Payload))) // the same as LEB128
	return append(dst, o.Payload...)
}

// AV1Frame is what the first bits of a frame header say. AV1, 5.9.2.
type AV1Frame struct {
	shown bool // also a frame that was decoded before
	Key   bool // a KEY_FRAME that is shown and begins here
}

// ReadAV1Frame reads the beginning of a frame header.
func ReadAV1Frame(payload []byte, reduced bool) (f AV1Frame) {
	switch {
	case reduced: // reduced_still_picture_header: nothing but key frames
		return AV1Frame{shown: true, Key: true}
	case len(payload) == 0:
		return f
	case payload[0]&0x80 != 0: // show_existing_frame
		return AV1Frame{shown: true}
	}
	f.shown = payload[0]&0x10 != 0
	f.Key = f.shown && payload[0]>>5&3 == 0
	return f
}
