package annexb

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"luatrtmp/core/flv"
)

// HEVCHeaderSize is the size of a NAL unit's header in bytes.
const HEVCHeaderSize = 2

// hevcPictures finds the pictures of HEVC. H.265, 7.4.2.4.4.
type hevcPictures struct {
	track  flv.VideoTrack
	known  bool                // there is a configuration
	slices flv.HEVCSliceReader // the same as track
	begun  bool                // the next picture does not begin a sequence

	// skipRASL: the last IRAP picture began a sequence, so the RASL pictures that belong to it refer
	// to pictures that are not there. H.265, 8.1.3.
	skipRASL bool
}

// newHEVCPictures returns a reader that knows no parameter sets.
func newHEVCPictures() (*hevcPictures, error) {
	track, err := flv.NewVideoTrack(flv.HEVC)
	if err != nil {
		return nil, err
	}
	return &hevcPictures{track: track, slices: track.(flv.HEVCSliceReader)}, nil
}

func (h *hevcPictures) record() []byte      { return h.track.Record() }
func (h *hevcPictures) info() flv.VideoInfo { return h.track.Info() }

func (h *hevcPictures) take(p *picture, nalu []byte) (first bool, err error) {
	if len(nalu) < HEVCHeaderSize {
		return false, fmt.Errorf("NAL unit of %d bytes, its header has %d", len(nalu), HEVCHeaderSize)
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
	if len(nalu) == HEVCHeaderSize {
		return false, fmt.Errorf("bad slice header: a NAL unit of %d bytes", len(nalu))
	}
	if firstSegment := nalu[HEVCHeaderSize]&0x80 != 0; p.hasSlice {
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
	header, err := h.slices.Slice(nalu)
	if err != nil || !header.Ordered { // the first segment was lost, or a set
		return o, err
	}
	o.ordered, o.size, o.reorder, o.lsb = true, 1<<header.LSBBits, int64(header.Reorder), int64(header.LSB)
	if o.restart {
		o.restartLSB = o.lsb // PicOrderCntMsb is 0
	}
	return o, nil
}
