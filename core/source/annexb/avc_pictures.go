package annexb

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"luatrtmp/core/flv"
)

// avcPictures finds the pictures of H.264. H.264, 7.4.1.2.3 and 7.4.1.2.4.
//
// Redundant coded pictures, which only the error-resilient profiles know, are not told from primary ones.
type avcPictures struct {
	avc   flv.AVC
	slice flv.SliceHeader // the first one of the picture
}

func (a *avcPictures) record() []byte      { return a.avc.Record() }
func (a *avcPictures) info() flv.VideoInfo { return a.avc.Info() }

func (a *avcPictures) take(p *picture, nalu []byte) (first bool, err error) {
	switch typ := h264.NALUType(nalu[0] & 0x1F); typ {
	case h264.NALUTypeNonIDR, h264.NALUTypeDataPartitionA, h264.NALUTypeIDR:
		h, err := a.avc.Slice(nalu)
		if err != nil {
			return false, err
		}
		if p.hasSlice {
			return newPicture(&a.slice, &h), nil
		}
		a.slice, p.hasSlice, p.order = h, true, avcOrder(&h)
	case h264.NALUTypeSPS, h264.NALUTypePPS:
		if p.hasSlice {
			return true, nil
		}
		// A broken set is left out here, as everywhere: pictures that need it have no SPS then.
		unit, _ := a.avc.Take([][]byte{nalu})
		p.configChanged = p.configChanged || unit.ConfigChanged
	case h264.NALUTypeSEI, h264.NALUTypeAccessUnitDelimiter, 14, 15, 16, 17, 18:
		return p.hasSlice, nil
	}
	return false, nil
}

// newPicture compares a slice with the first one of the picture before. H.264, 7.4.1.2.4. A first_mb_in_slice of 0 begins a picture
// too: some encoders give all IDR pictures the same idr_pic_id.
func newPicture(a, b *flv.SliceHeader) bool {
	return b.FirstMB == 0 ||
		a.FrameNum != b.FrameNum ||
		a.PPSID != b.PPSID ||
		a.Field != b.Field || a.Bottom != b.Bottom ||
		a.RefIDC != b.RefIDC && (a.RefIDC == 0 || b.RefIDC == 0) ||
		a.PicOrder != b.PicOrder ||
		a.IDR != b.IDR || a.IDRPicID != b.IDRPicID
}

// avcOrder reads the picture order count, H.264, 8.2.1, for pic_order_cnt_type 0; with type 2 it is the decode order by definition, and type 1, which
// encoders do not use, is taken as if it were. memory_management_control_operation 5, which restarts the count without an IDR picture, is not
// followed: the clock notices counts that are too low.
func avcOrder(h *flv.SliceHeader) pictureOrder {
	o := pictureOrder{restart: h.IDR, reference: h.RefIDC != 0, field: h.Field}
	if h.SPS == nil {
		return o
	}
	o.known = true
	if o.ordered = h.SPS.PicOrderCntType == 0 && h.SPS.Log2MaxPicOrderCntLsbMinus4 <= 12; o.ordered {
		o.lsb, o.size = int64(h.PicOrder), 1<<(h.SPS.Log2MaxPicOrderCntLsbMinus4+4)
		if h.SPS.VUI != nil && h.SPS.VUI.BitstreamRestriction != nil {
			o.reorder = int64(h.SPS.VUI.BitstreamRestriction.MaxNumReorderFrames)
		}
	}
	return o
}
