package flv

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
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
