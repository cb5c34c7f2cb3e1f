package flv

import (
	"fmt"
	"luatrtmp/core/flv/bitstream"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// SliceHeader holds the first fields of a slice header: those that tell pictures apart and order them. H.264, 7.3.3.
type SliceHeader struct {
	RefIDC  uint8 // nal_ref_idc
	IDR     bool
	FirstMB uint32 // first_mb_in_slice
	PPSID   uint32

	SPS *h264.SPS // the SPS in use; nil if it or the PPS is unknown, and then all fields below are 0

	FrameNum uint32
	Field    bool // field_pic_flag
	Bottom   bool // bottom_field_flag
	IDRPicID uint32
	PicOrder uint32 // pic_order_cnt_lsb; only if the SPS has pic_order_cnt_type 0
}

// Slice reads the header of a slice NAL unit (types 1, 2 and 5) with the parameter sets seen so far.
func (a *AVC) Slice(nalu []byte) (SliceHeader, error) {
	var h SliceHeader
	if len(nalu) == 0 {
		return h, fmt.Errorf("bad slice header: the NAL unit is empty")
	}
	h.RefIDC = nalu[0] >> 5 & 3
	h.IDR = h264.NALUType(nalu[0]&0x1F) == h264.NALUTypeIDR
	r := bitstream.Reader{Buf: a.head.Fill(nalu)}
	h.FirstMB = r.UE()
	r.UE() // slice_type
	h.PPSID = r.UE()
	if r.Err == nil && h.PPSID < uint32(len(a.sets.pps)) && a.sets.pps[h.PPSID] != nil {
		if set := a.sets.sps[a.sets.pps[h.PPSID].spsID]; set != nil {
			h.SPS = set.parsed
			h.readPicture(&r)
		}
	}
	if r.Err != nil {
		return h, fmt.Errorf("bad slice header in a NAL unit of %d bytes: %w", len(nalu), r.Err)
	}
	return h, nil
}

func (h *SliceHeader) readPicture(r *bitstream.Reader) {
	if h.SPS.SeparateColourPlaneFlag {
		r.U(2) // colour_plane_id
	}
	h.FrameNum = r.U(h.SPS.Log2MaxFrameNumMinus4 + 4)
	if !h.SPS.FrameMbsOnlyFlag {
		h.Field = r.U(1) == 1
		if h.Field {
			h.Bottom = r.U(1) == 1
		}
	}
	if h.IDR {
		h.IDRPicID = r.UE()
	}
	if h.SPS.PicOrderCntType == 0 {
		h.PicOrder = r.U(h.SPS.Log2MaxPicOrderCntLsbMinus4 + 4)
	}
}
