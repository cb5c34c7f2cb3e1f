package mp4

import (
	"fmt"

	"github.com/Eyevinn/mp4ff/bits"
	"github.com/Eyevinn/mp4ff/mp4"

	"luatrtmp/core/source/media"
)

// decode has mp4ff read the fields of a box. Only boxes whose fields have fixed places are read by it, see
// docs/decisions/0005-mp4-boxes.md.
func decode[B mp4.Box](b box, with mp4.BoxDecoderSR) (fields B, err error) {
	const header = boxHeader
	found, err := with(mp4.BoxHeader{Name: b.typ, Size: uint64(header + len(b.payload)), Hdrlen: header}, 0, bits.NewFixedSliceReader(b.payload))
	if err != nil {
		return fields, fmt.Errorf("%w: box %s at offset %d with %d bytes: %w", media.ErrBadMedia, b.typ, b.offset, len(b.payload), err)
	}
	return found.(B), nil
}

// Tags of descriptors, ISO/IEC 14496-1, 7.2.2.1.
const (
	descriptorES    = 0x03
	descriptorCodec = 0x04
	descriptorInfo  = 0x05 // DecoderSpecificInfo
)

// elementaryStream reads the descriptors of esds, which contain each other: object type, and the decoder's information if there is
// one. Only the lengths of descriptors that are read or passed over count: writers get those around them wrong.
// ISO/IEC 14496-1, 7.2.6; ISO/IEC 14496-14, 5.6.
func (b *box) elementaryStream() (objectType byte, config []byte, err error) {
	r := bits.NewFixedSliceReader(b.payload)
	r.SkipBytes(fullBoxHeader)
	for r.AccError() == nil && r.NrRemainingBytes() > 0 && config == nil {
		switch tag, size := r.ReadUint8(), descriptorSize(r); tag {
		case descriptorES:
			r.SkipBytes(2) // ES_ID
			flags := r.ReadUint8()
			if flags&0x80 != 0 { // dependsOn_ES_ID
				r.SkipBytes(2)
			}
			if flags&0x40 != 0 { // URL
				r.SkipBytes(int(r.ReadUint8()))
			}
			if flags&0x20 != 0 { // OCR_ES_ID
				r.SkipBytes(2)
			}
		case descriptorCodec:
			objectType = r.ReadUint8()
			r.SkipBytes(12) // stream type, buffer, bitrates
		case descriptorInfo:
			config = r.ReadBytes(size)
		default:
			r.SkipBytes(size)
		}
	}
	if r.AccError() != nil {
		return objectType, nil, b.short(len(b.payload) + 1)
	}
	return objectType, config, nil
}

// descriptorSize reads a length of up to four bytes, of which each has 7 bits. ISO/IEC 14496-1, 8.3.3.
func descriptorSize(r *bits.FixedSliceReader) (n int) {
	for range 4 {
		c := r.ReadUint8()
		n = n<<7 | int(c&0x7F)
		if c&0x80 == 0 {
			break
		}
	}
	return n
}
