package flv

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
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
	r := bitReader{buf: a.head.fill(nalu)}
	h.FirstMB = r.ue()
	r.ue() // slice_type
	h.PPSID = r.ue()
	if r.err == nil && h.PPSID < uint32(len(a.sets.pps)) && a.sets.pps[h.PPSID] != nil {
		if set := a.sets.sps[a.sets.pps[h.PPSID].spsID]; set != nil {
			h.SPS = set.parsed
			h.readPicture(&r)
		}
	}
	if r.err != nil {
		return h, fmt.Errorf("bad slice header in a NAL unit of %d bytes: %w", len(nalu), r.err)
	}
	return h, nil
}

func (h *SliceHeader) readPicture(r *bitReader) {
	if h.SPS.SeparateColourPlaneFlag {
		r.u(2) // colour_plane_id
	}
	h.FrameNum = r.u(h.SPS.Log2MaxFrameNumMinus4 + 4)
	if !h.SPS.FrameMbsOnlyFlag {
		h.Field = r.u(1) == 1
		if h.Field {
			h.Bottom = r.u(1) == 1
		}
	}
	if h.IDR {
		h.IDRPicID = r.ue()
	}
	if h.SPS.PicOrderCntType == 0 {
		h.PicOrder = r.u(h.SPS.Log2MaxPicOrderCntLsbMinus4 + 4)
	}
}

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
	r := bitReader{buf: t.head.fill(nalu)}
	r.u(8) // the second byte of the NAL unit header
	h := HEVCSlice{First: r.u(1) == 1}
	if typ >= h265.NALUType_BLA_W_LP && typ <= h265.NALUType_RSV_IRAP_VCL23 {
		r.u(1) // no_output_of_prior_pics_flag
	}
	id := r.ue()
	if r.err != nil || !h.First || id > maxHEVCPPSID || t.sets.pps[id] == nil {
		return h, r.err
	}
	pps := t.sets.pps[id].parsed
	sps := t.sets.sps[pps.SPSID]
	if sps == nil || sps.lsbBits > maxLSBBits {
		return h, nil
	}
	r.u(uint32(pps.NumExtraSliceHeaderBits))
	r.ue() // slice_type
	if pps.OutputFlagPresentFlag {
		r.u(1)
	}
	if sps.separatePlanes {
		r.u(2)
	}
	if typ != h265.NALUType_IDR_W_RADL && typ != h265.NALUType_IDR_N_LP {
		h.LSB = r.u(sps.lsbBits)
	}
	h.Ordered, h.LSBBits, h.Reorder = true, int(sps.lsbBits), int(min(sps.reorder, maxReorder))
	return h, r.err
}

// maxReorder is more than the standard allows.
const maxReorder = 64

// bitReader reads until the first error, which stays.
type bitReader struct {
	buf []byte
	pos int
	err error
}

func (r *bitReader) ue() (v uint32) {
	if r.err == nil {
		v, r.err = bits.ReadGolombUnsigned(r.buf, &r.pos)
	}
	return v
}

func (r *bitReader) u(n uint32) uint32 {
	if r.err != nil {
		return 0
	}
	v, err := bits.ReadBits(r.buf, &r.pos, int(n))
	r.err = err
	return uint32(v)
}

// naluHead holds the first bytes of a NAL unit without its header byte and without emulation prevention (H.264, 7.4.1): enough
// for the fields that stand in front (a slice's take 16 bytes at most), without copying the whole unit.
type naluHead [24]byte

func (h *naluHead) fill(nalu []byte) []byte {
	n, zeros := 0, 0
	for _, b := range nalu[min(1, len(nalu)):] {
		if n == len(h) {
			break
		}
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		if b == 0 {
			zeros++
		} else {
			zeros = 0
		}
		h[n] = b
		n++
	}
	return h[:n]
}
