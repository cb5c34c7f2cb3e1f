package flv

import (
	"fmt"
	"luatrtmp/core/flv/bitstream"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// HEVCSlice holds the first fields of a slice segment header: those that order pictures. H.265, 7.3.6.1.
type HEVCSlice struct {
	First   bool   // the first slice segment of its picture
	Ordered bool   // LSB is known: First is set, and the parameter sets are known
	LSB     uint32 // slice_pic_order_cnt_lsb; 0 in an IDR picture
	LSBBits int    // how many bits that has
	Reorder int    // how many pictures may precede one in decoding order and follow it in display order
}

// HEVCSliceReader is what a VideoTrack of HEVC has beside its other methods.
type HEVCSliceReader interface {
	Slice(nalu []byte) (HEVCSlice, error)
}

// Slice reads the first fields of a slice segment header. The error says that it is cut off.
func (t *hevcTrack) Slice(nalu []byte) (HEVCSlice, error) {
	if len(nalu) <= hevcHeaderSize {
		return HEVCSlice{}, fmt.Errorf("slice header: a NAL unit of %d bytes", len(nalu))
	}
	typ := hevcType(nalu)
	r := bitstream.Reader{Buf: t.head.Fill(nalu)}
	r.U(8) // the second byte of the NAL unit header
	h := HEVCSlice{First: r.U(1) == 1}
	if typ >= h265.NALUType_BLA_W_LP && typ <= h265.NALUType_RSV_IRAP_VCL23 {
		r.U(1) // no_output_of_prior_pics_flag
	}
	id := r.UE()
	if r.Err != nil || !h.First || id > maxHEVCPPSID || t.sets.pps[id] == nil {
		return h, r.Err
	}
	pps := t.sets.pps[id].parsed
	sps := t.sets.sps[pps.SPSID]
	if sps == nil || sps.lsbBits > maxLSBBits {
		return h, nil
	}
	r.U(uint32(pps.NumExtraSliceHeaderBits))
	r.UE() // slice_type
	if pps.OutputFlagPresentFlag {
		r.U(1)
	}
	if sps.separatePlanes {
		r.U(2)
	}
	if typ != h265.NALUType_IDR_W_RADL && typ != h265.NALUType_IDR_N_LP {
		h.LSB = r.U(sps.lsbBits)
	}
	h.Ordered, h.LSBBits, h.Reorder = true, int(sps.lsbBits), int(min(sps.reorder, maxReorder))
	return h, r.Err
}

// maxReorder is more than the standard allows.
const maxReorder = 64
