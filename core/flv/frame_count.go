package flv

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// avcFrames counts the frames of an H.264 access unit by the headers of its slices. Two fields of one
// frame are one frame. Slices whose SPS is not known are taken for those of one frame.
//
// Redundant coded pictures, which only the error-resilient profiles know, are not told from primary ones.
type avcFrames struct {
	n     int
	first []byte      // the first slice of the access unit, until a second one makes it worth reading
	head  SliceHeader // of the first slice of the latest picture
	begun bool        // the latest picture has had its slice with first_mb_in_slice 0
	half  bool        // the latest frame is a single field so far
}

// take takes a slice NAL unit of type 1, 2 or 5.
func (f *avcFrames) take(a *AVC, slice []byte) {
	if f.n == 0 {
		f.n, f.first = 1, slice
		return
	}
	if f.first != nil {
		f.head, _ = a.Slice(f.first) // SPS is nil if it cannot be read
		f.begun, f.half = f.head.FirstMB == 0, f.head.Field
		f.first = nil
	}
	h, err := a.Slice(slice)
	if err != nil || h.SPS == nil || f.head.SPS == nil {
		return
	}
	if !f.beginsPicture(&h) {
		f.begun = f.begun || h.FirstMB == 0
		return
	}
	if f.half && h.Field && h.Bottom != f.head.Bottom && h.FrameNum == f.head.FrameNum {
		f.half = false
	} else {
		f.n++
		f.half = h.Field
	}
	f.head, f.begun = h, h.FirstMB == 0
}

// beginsPicture compares a slice with the first one of the latest picture. H.264, 7.4.1.2.4. A second
// slice with first_mb_in_slice 0 begins a picture, too: some encoders give all IDR pictures the same
// idr_pic_id.
func (f *avcFrames) beginsPicture(h *SliceHeader) bool {
	return h.FirstMB == 0 && f.begun ||
		h.FrameNum != f.head.FrameNum ||
		h.Field != f.head.Field || h.Bottom != f.head.Bottom ||
		h.RefIDC != f.head.RefIDC && (h.RefIDC == 0 || f.head.RefIDC == 0) ||
		h.PicOrder != f.head.PicOrder ||
		h.IDR != f.head.IDR || h.IDRPicID != f.head.IDRPicID
}

// isOtherAVCSlice reports whether a NAL unit is coded video though no slice that avcFrames takes: data
// partitions B and C, auxiliary pictures, other views and qualities.
func isOtherAVCSlice(typ h264.NALUType) bool { return typ == 3 || typ == 4 || typ >= 19 && typ <= 21 }

// JoinUnits appends to dst the parts of an access unit and, in front of them, NAL units or OBUs that
// came before it without a frame, in an order that decoders take: what ends a sequence first, then one
// access unit delimiter, then all others.
func (c Codec) JoinUnits(dst, earlier, parts [][]byte) [][]byte {
	for _, p := range earlier {
		if c.endsSequence(p) {
			dst = append(dst, p)
		}
	}
	delimited := len(parts) > 0 && c.isDelimiter(parts[0])
	if delimited {
		dst = append(dst, parts[0])
		parts = parts[1:]
	}
	for _, p := range earlier {
		if !delimited && c.isDelimiter(p) {
			dst = append(dst, p)
			delimited = true
		}
	}
	for _, p := range earlier {
		if !c.endsSequence(p) && !c.isDelimiter(p) {
			dst = append(dst, p)
		}
	}
	return append(dst, parts...)
}

// isDelimiter reports whether a NAL unit is an access unit delimiter.
func (c Codec) isDelimiter(nalu []byte) bool {
	switch {
	case len(nalu) == 0:
		return false
	case c == H264:
		return h264.NALUType(nalu[0]&0x1F) == h264.NALUTypeAccessUnitDelimiter
	}
	return c == HEVC && hevcType(nalu) == h265.NALUType_AUD_NUT
}

// endsSequence reports whether a NAL unit ends a coded video sequence or the bitstream.
func (c Codec) endsSequence(nalu []byte) bool {
	switch {
	case len(nalu) == 0:
		return false
	case c == H264:
		typ := h264.NALUType(nalu[0] & 0x1F)
		return typ == h264.NALUTypeEndOfSequence || typ == h264.NALUTypeEndOfStream
	}
	return c == HEVC && (hevcType(nalu) == h265.NALUType_EOS_NUT || hevcType(nalu) == h265.NALUType_EOB_NUT)
}
