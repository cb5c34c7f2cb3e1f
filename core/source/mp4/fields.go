package mp4

import (
	"encoding/binary"
)

// fields reads what has a fixed place in a box, one after the other. Behind the end of the box all is 0, and short tells it.
//
// A library's boxes, go-mp4's, took 0.5 MB for the ten fields that are needed: it describes every box that there is by types that nothing leaves out.
type fields struct {
	b     []byte
	short bool
}

func (f *fields) bytes(n int) []byte {
	if n > len(f.b) {
		f.b, f.short = nil, true
		return make([]byte, n)
	}
	b := f.b[:n:n]
	f.b = f.b[n:]
	return b
}

// skip goes n bytes forward, of which there may be fewer.
func (f *fields) skip(n int) {
	f.short = f.short || n > len(f.b)
	f.b = f.b[min(n, len(f.b)):]
}

func (f *fields) u8() uint8   { return f.bytes(1)[0] }
func (f *fields) u16() uint16 { return binary.BigEndian.Uint16(f.bytes(2)) }
func (f *fields) u32() uint32 { return binary.BigEndian.Uint32(f.bytes(4)) }
func (f *fields) u64() uint64 { return binary.BigEndian.Uint64(f.bytes(8)) }

// full reads what a full box begins with. ISO/IEC 14496-12, 4.2.
func (f *fields) full() (version uint8, flags uint32) {
	v := f.u32()
	return uint8(v >> 24), v & 0xFFFFFF
}

// fixed lets read take the fields of a box; the error says that the box is too short for them.
func (b *box) fixed(read func(f *fields)) error {
	f := fields{b: b.payload}
	read(&f)
	if f.short {
		return b.short(len(b.payload) + 1)
	}
	return nil
}

// afterTimes reads the number behind the two times that mvhd, tkhd and mdhd begin with: the timescale, or the track's id. The times have 8 bytes
// in version 1. ISO/IEC 14496-12, 8.2.2, 8.3.2 and 8.4.2.
func (b *box) afterTimes() (n uint32, err error) {
	err = b.fixed(func(f *fields) {
		version, _ := f.full()
		f.skip(8)
		if version == 1 {
			f.skip(8)
		}
		n = f.u32()
	})
	return n, err
}

// Flags of tfhd, ISO/IEC 14496-12, 8.8.7.
const (
	tfhdBaseOffset = 0x000001
	tfhdEntry      = 0x000002
	tfhdDuration   = 0x000008
	tfhdSize       = 0x000010
	tfhdFlags      = 0x000020
	tfhdBaseIsMoof = 0x020000
)

// Tags of descriptors, ISO/IEC 14496-1, 7.2.2.1.
const (
	descriptorES    = 0x03
	descriptorCodec = 0x04
	descriptorInfo  = 0x05 // DecoderSpecificInfo
)

// trackFragment is a tfhd.
type trackFragment struct {
	flags      uint32
	track      uint32
	baseOffset uint64
	values     runDefaults // those that the flags name
}

func (b *box) trackFragment() (h trackFragment, err error) {
	err = b.fixed(func(f *fields) {
		_, h.flags = f.full()
		h.track = f.u32()
		if h.flags&tfhdBaseOffset != 0 {
			h.baseOffset = f.u64()
		}
		if h.flags&tfhdEntry != 0 {
			h.values.entry = int(f.u32()) - 1
		}
		if h.flags&tfhdDuration != 0 {
			h.values.duration = f.u32()
		}
		if h.flags&tfhdSize != 0 {
			h.values.size = f.u32()
		}
		if h.flags&tfhdFlags != 0 {
			h.values.flags = f.u32()
		}
	})
	return h, err
}

// elementaryStream reads the descriptors of esds, which contain each other: object type, and the decoder's information if there is one.
// ISO/IEC 14496-1, 7.2.6; ISO/IEC 14496-14, 5.6.
func (b *box) elementaryStream() (objectType byte, config []byte, err error) {
	err = b.fixed(func(f *fields) {
		f.full()
		for len(f.b) > 0 && config == nil {
			tag, size := f.u8(), f.varint()
			switch tag {
			case descriptorES:
				f.skip(2) // ES_ID
				flags := f.u8()
				if flags&0x80 != 0 { // dependsOn_ES_ID
					f.skip(2)
				}
				if flags&0x40 != 0 { // URL
					f.skip(int(f.u8()))
				}
				if flags&0x20 != 0 { // OCR_ES_ID
					f.skip(2)
				}
			case descriptorCodec:
				objectType = f.u8()
				f.skip(12) // stream type, buffer, bitrates
			case descriptorInfo:
				if size > len(f.b) {
					f.short = true
					return
				}
				config = f.bytes(size)
			default:
				f.skip(size)
			}
		}
	})
	return objectType, config, err
}

// varint reads a length of up to four bytes, of which each has 7 bits. ISO/IEC 14496-1, 8.3.3.
func (f *fields) varint() (n int) {
	for range 4 {
		c := f.u8()
		n = n<<7 | int(c&0x7F)
		if c&0x80 == 0 {
			break
		}
	}
	return n
}
