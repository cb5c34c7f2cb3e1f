package flv

import (
	"bytes"
	"fmt"
	"luatrtmp/core/flv/bitstream"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// Limits on parameter sets.
const (
	maxSPSID            = 31   // H.264, 7.4.2.1.1
	maxPPSID            = 255  // H.264, 7.4.2.2
	maxParameterSetSize = 8192 // generous: an SPS with all scaling lists stays below 2 kB
	maxDimension        = 1 << 15

	minFrameRate = 0.1
	maxFrameRate = 300 // above, the VUI's time_scale is a clock, not a frame rate
)

type spsSet struct {
	nalu   []byte
	parsed *h264.SPS
}

type ppsSet struct {
	nalu  []byte
	spsID uint32
}

// parameterSets holds one SPS and one PPS for each id.
type parameterSets struct {
	sps [maxSPSID + 1]*spsSet
	pps []*ppsSet // up to the highest id in use: mostly that is 0, and room for all would be most of a track
}

// store keeps a copy of an SPS or PPS and reports whether it is new or differs from the one with its id. What cannot be read is
// left out, with an error; an SPS of which all but the VUI can be read is kept with one.
func (p *parameterSets) store(nalu []byte) (changed bool, err error) {
	if p.has(nalu) {
		return false, nil
	}
	if len(nalu) > maxParameterSetSize {
		return false, fmt.Errorf("%w: %d bytes, at most %d are accepted", ErrBadParameterSet, len(nalu), maxParameterSetSize)
	}
	if h264.NALUType(nalu[0]&0x1F) == h264.NALUTypeSPS {
		parsed, err := parseSPS(nalu)
		if parsed == nil {
			return false, err
		}
		p.sps[parsed.ID] = &spsSet{nalu: bytes.Clone(nalu), parsed: parsed}
		return true, err
	}
	id, spsID, err := parsePPS(nalu)
	if err != nil {
		return false, err
	}
	for len(p.pps) <= int(id) {
		p.pps = append(p.pps, nil)
	}
	p.pps[id] = &ppsSet{nalu: bytes.Clone(nalu), spsID: spsID}
	return true, nil
}

// has reports whether these very bytes are stored; equal bytes have an equal id. Encoders repeat their sets with each key frame.
func (p *parameterSets) has(nalu []byte) bool {
	if h264.NALUType(nalu[0]&0x1F) == h264.NALUTypeSPS {
		for _, set := range p.sps {
			if set != nil && bytes.Equal(set.nalu, nalu) {
				return true
			}
		}
		return false
	}
	for _, set := range p.pps {
		if set != nil && bytes.Equal(set.nalu, nalu) {
			return true
		}
	}
	return false
}

// firstSPS returns the lowest id with an SPS, 0 if there is none.
func (p *parameterSets) firstSPS() int {
	for id, set := range p.sps {
		if set != nil {
			return id
		}
	}
	return 0
}

// parseSPS reads an SPS. Its last part, the VUI, says nothing that decoding needs: if it is broken or cut, it is as if there were
// none, and err, which wraps ErrBadParameterSet, comes beside the SPS.
func parseSPS(nalu []byte) (sps *h264.SPS, err error) {
	sps = &h264.SPS{}
	if err = sps.Unmarshal(nalu); err != nil {
		if sps.VUI == nil {
			return nil, fmt.Errorf("%w: SPS of %d bytes: %w", ErrBadParameterSet, len(nalu), err)
		}
		sps.VUI = nil
		err = fmt.Errorf("%w: SPS %d of %d bytes: its VUI cannot be read: %w", ErrBadParameterSet, sps.ID, len(nalu), err)
	}
	if sps.ID > maxSPSID {
		return nil, fmt.Errorf("%w: SPS id %d, at most %d", ErrBadParameterSet, sps.ID, maxSPSID)
	}
	if sps.PicWidthInMbsMinus1 >= maxDimension/16 || sps.PicHeightInMapUnitsMinus1 >= maxDimension/16 {
		return nil, fmt.Errorf("%w: SPS %d: picture of %d x %d macroblocks", ErrBadParameterSet, sps.ID,
			uint64(sps.PicWidthInMbsMinus1)+1, uint64(sps.PicHeightInMapUnitsMinus1)+1)
	}
	if w, h := sps.Width(), sps.Height(); w <= 0 || h <= 0 || w > maxDimension || h > maxDimension {
		return nil, fmt.Errorf("%w: SPS %d: picture of %d x %d pixels", ErrBadParameterSet, sps.ID, w, h)
	}
	return sps, err
}

// parsePPS reads the two ids at the start of a PPS. H.264, 7.3.2.2.
func parsePPS(nalu []byte) (id, spsID uint32, err error) {
	var head bitstream.NALUHead
	r := bitstream.Reader{Buf: head.Fill(nalu)}
	id, spsID = r.UE(), r.UE()
	if r.Err != nil {
		return 0, 0, fmt.Errorf("%w: PPS of %d bytes: %w", ErrBadParameterSet, len(nalu), r.Err)
	}
	if id > maxPPSID || spsID > maxSPSID {
		return 0, 0, fmt.Errorf("%w: PPS id %d (at most %d) of SPS id %d (at most %d)", ErrBadParameterSet, id, maxPPSID, spsID, maxSPSID)
	}
	return id, spsID, nil
}

func videoInfo(sps *h264.SPS) VideoInfo {
	info := VideoInfo{Width: sps.Width(), Height: sps.Height()}
	if sps.VUI != nil && sps.VUI.TimingInfo != nil {
		t := sps.VUI.TimingInfo
		info.FrameRate = frameRate(uint64(t.TimeScale), 2*uint64(t.NumUnitsInTick)) // a tick is a field: H.264, E.2.1
	}
	return info
}

// frameRate returns scale / units in frames per second, 0 where that is missing or implausible.
func frameRate(scale, units uint64) float64 {
	if units == 0 {
		return 0
	}
	if rate := float64(scale) / float64(units); rate >= minFrameRate && rate <= maxFrameRate {
		return rate
	}
	return 0
}
