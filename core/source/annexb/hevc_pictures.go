package annexb

import (
	"bytes"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"luatrtmp/core/flv"
)

const (
	HevcHeaderSize = 2
	hevcSliceHead  = 32 // bytes that hold what is read of a slice
	maxHEVCSPS     = 16 // H.265, 7.4.3.2.1
	maxHEVCPPS     = 64 // 7.4.3.3.1
	maxHEVCLSBBits = 16 // 7.4.3.2.1
)

// hevcPictures finds the pictures of HEVC. H.265, 7.4.2.4.4.
type hevcPictures struct {
	track flv.VideoTrack
	known bool // there is a configuration
	sps   [maxHEVCSPS]*hevcSPS
	pps   [maxHEVCPPS]*hevcPPS
	begun bool // the next picture does not begin a sequence

	// skipRASL: the last IRAP picture began a sequence, so the RASL pictures that belong to it refer
	// to pictures that are not there. H.265, 8.1.3.
	skipRASL bool
}

// Parameter sets as they were, to see a change, and as they were read.
type (
	hevcSPS struct {
		nalu   []byte
		parsed h265.SPS
	}
	hevcPPS struct {
		nalu   []byte
		parsed h265.PPS
	}
)

// newHEVCPictures returns a reader that knows no parameter sets.
func newHEVCPictures() (*hevcPictures, error) {
	track, err := flv.NewVideoTrack(flv.HEVC)
	return &hevcPictures{track: track}, err
}

func (h *hevcPictures) record() []byte      { return h.track.Record() }
func (h *hevcPictures) info() flv.VideoInfo { return h.track.Info() }

func (h *hevcPictures) take(p *picture, nalu []byte) (first bool, err error) {
	if len(nalu) < HevcHeaderSize {
		return false, fmt.Errorf("NAL unit of %d bytes, its header has %d", len(nalu), HevcHeaderSize)
	}
	if layer := nalu[0]&1<<5 | nalu[1]>>3; layer > 0 { // belongs to the picture of the base layer
		return false, nil
	}
	typ := h265.NALUType(nalu[0] >> 1 & 0x3F)
	switch {
	case typ < h265.NALUType_VPS_NUT:
		return h.takeSlice(p, nalu, typ)
	case typ == h265.NALUType_EOS_NUT, typ == h265.NALUType_EOB_NUT:
		h.begun = false
	case typ <= h265.NALUType_PPS_NUT:
		if p.hasSlice {
			return true, nil
		}
		h.store(typ, nalu)
		// A broken set is left out here, as everywhere: pictures that need it have no order then.
		unit, _ := h.track.Take([][]byte{nalu})
		h.track.Forget()
		p.configChanged = p.configChanged || unit.ConfigChanged
		h.known = h.track.Record() != nil
	case typ == h265.NALUType_AUD_NUT, typ == h265.NALUType_PREFIX_SEI_NUT, typ >= 41 && typ <= 44, typ >= 48 && typ <= 55:
		return p.hasSlice, nil
	}
	return false, nil
}

// takeSlice takes a slice segment. The first one of a picture says so.
func (h *hevcPictures) takeSlice(p *picture, nalu []byte, typ h265.NALUType) (first bool, err error) {
	if len(nalu) == HevcHeaderSize {
		return false, fmt.Errorf("bad slice header: a NAL unit of %d bytes", len(nalu))
	}
	if firstSegment := nalu[HevcHeaderSize]&0x80 != 0; p.hasSlice {
		return firstSegment, nil
	}
	order, err := h.order(nalu, typ)
	if err != nil {
		return false, fmt.Errorf("bad slice header in a NAL unit of %d bytes: %w", len(nalu), err)
	}
	p.hasSlice, p.order = true, order
	h.begun = h.begun || order.known
	return false, nil
}

// order reads the picture order count. H.265, 7.3.6.1 and 8.3.1.
func (h *hevcPictures) order(nalu []byte, typ h265.NALUType) (o pictureOrder, err error) {
	irap := typ >= h265.NALUType_BLA_W_LP && typ <= h265.NALUType_RSV_IRAP_VCL23
	idr := typ == h265.NALUType_IDR_W_RADL || typ == h265.NALUType_IDR_N_LP
	o = pictureOrder{
		known:   h.known,
		restart: irap && (typ != h265.NALUType_CRA_NUT || !h.begun), // NoRaslOutputFlag
		// prevTid0Pic: neither of a higher sub-layer, nor RADL, RASL, or one to which no other of its sub-layer refers.
		reference: nalu[1]&7 == 1 && (irap || typ%2 == 1 && typ < h265.NALUType_RADL_N),
	}
	if irap {
		h.skipRASL = o.restart
	}
	o.undecodable = h.skipRASL && (typ == h265.NALUType_RASL_N || typ == h265.NALUType_RASL_R)
	r := bitReader{buf: h264.EmulationPreventionRemove(nalu[HevcHeaderSize:min(len(nalu), hevcSliceHead)])}
	firstSegment := r.u(1) == 1
	if irap {
		r.u(1) // no_output_of_prior_pics_flag
	}
	id := r.ue()
	if r.err != nil {
		return o, r.err
	}
	if !firstSegment || id >= maxHEVCPPS || h.pps[id] == nil { // the first segment was lost, or a set
		return o, nil
	}
	pps := &h.pps[id].parsed
	if pps.SPSID >= maxHEVCSPS || h.sps[pps.SPSID] == nil {
		return o, nil
	}
	sps := &h.sps[pps.SPSID].parsed
	r.u(int(pps.NumExtraSliceHeaderBits))
	r.ue() // slice_type
	if pps.OutputFlagPresentFlag {
		r.u(1)
	}
	if sps.SeparateColourPlaneFlag {
		r.u(2)
	}
	lsbBits := int(sps.Log2MaxPicOrderCntLsbMinus4) + 4
	if lsbBits > maxHEVCLSBBits {
		return o, nil
	}
	o.ordered, o.size = true, 1<<lsbBits
	if n := len(sps.MaxNumReorderPics); n > 0 {
		o.reorder = int64(sps.MaxNumReorderPics[n-1])
	}
	if !idr {
		o.lsb = int64(r.u(lsbBits))
	}
	if o.restart {
		o.restartLSB = o.lsb // PicOrderCntMsb is 0
	}
	return o, r.err
}

// store reads an SPS or PPS, unless it is the one that is known. One that cannot be read is left out.
func (h *hevcPictures) store(typ h265.NALUType, nalu []byte) {
	if typ == h265.NALUType_SPS_NUT {
		for _, s := range h.sps {
			if s != nil && bytes.Equal(s.nalu, nalu) {
				return
			}
		}
		var sps h265.SPS
		if err := sps.Unmarshal(nalu); err == nil && sps.ID < maxHEVCSPS {
			h.sps[sps.ID] = &hevcSPS{bytes.Clone(nalu), sps}
		}
		return
	}
	if typ != h265.NALUType_PPS_NUT {
		return
	}
	for _, p := range h.pps {
		if p != nil && bytes.Equal(p.nalu, nalu) {
			return
		}
	}
	var pps h265.PPS
	if err := pps.Unmarshal(nalu); err == nil && pps.ID < maxHEVCPPS {
		h.pps[pps.ID] = &hevcPPS{bytes.Clone(nalu), pps}
	}
}

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

func (r *bitReader) u(n int) (v uint64) {
	if r.err == nil && n > 0 {
		v, r.err = bits.ReadBits(r.buf, &r.pos, n)
	}
	return v
}
