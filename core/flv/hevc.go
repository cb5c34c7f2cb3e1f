package flv

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"luatrtmp/core/flv/bitstream"
)

// hevcTrack follows the parameter sets of an HEVC track.
type hevcTrack struct {
	sets    hevcSets
	active  *hevcSPS // of the last key frame; nil if that is unknown
	dirty   bool
	record  []byte // of the sets
	changes changes
	nalus   [][]byte
	hdr     hdr
	fault   error              // of the last SetConfig, for the next Take; nil if there is none
	head    bitstream.NALUHead // scratch
}

func (*hevcTrack) Codec() Codec { return HEVC }

// SetConfig takes an HEVCDecoderConfigurationRecord. Sets that cannot be read are left out, which the next Take reports, as long as others
// remain. The error wraps ErrBadConfig or ErrBadParameterSet.
func (t *hevcTrack) SetConfig(record []byte) error {
	var sets hevcSets
	fault, err := sets.readRecord(record)
	if err != nil {
		return err
	}
	t.fault = fault
	for _, nalu := range sets.sei {
		t.hdr.takeSEI(nalu, hevcHeaderSize)
	}
	t.sets, t.dirty, t.active = sets, true, nil
	t.updateColor()
	return nil
}

func (t *hevcTrack) Take(nalus [][]byte) (VideoUnit, error) {
	var (
		unit     = VideoUnit{Disposable: true}
		pictures bool
		others   bool // slices of another layer
		hdrNews  bool
		firstErr error
	)
	firstErr, t.fault = t.fault, nil
	t.nalus = t.nalus[:0]
	for _, nalu := range nalus {
		if len(nalu) < hevcHeaderSize { // not even a header: nothing a decoder could use
			continue
		}
		if nalu[0]&forbiddenZeroBit != 0 {
			firstErr = errForbiddenBit
			continue
		}
		typ, base := hevcType(nalu), hevcLayer(nalu) == 0
		if base && isHEVCSet(typ) {
			changed, err := t.sets.store(nalu)
			t.dirty = t.dirty || changed
			if err != nil && firstErr == nil {
				firstErr = err
			}
			continue
		}
		t.nalus = append(t.nalus, nalu)
		switch {
		case !base: // another view or quality; decoders that do not know it pass over it
			others = others || typ < h265.NALUType_VPS_NUT
		case isSEI(typ):
			hdrNews = t.hdr.takeSEI(nalu, hevcHeaderSize) || hdrNews
		case typ < h265.NALUType_VPS_NUT: // a slice
			pictures = true
			if unit.Frames == 0 || len(nalu) > hevcHeaderSize && nalu[hevcHeaderSize]&0x80 != 0 { // first_slice_segment_in_pic_flag
				unit.Frames++
			}
			unit.Disposable = unit.Disposable && t.isDisposable(nalu)
			unit.Leading = unit.Leading || isRASL(typ)
			if isIRAP(typ) && !unit.Key {
				unit.Key = true
				hdrNews = t.activate(nalu) || hdrNews
			}
		}
	}
	unit.Parts = t.nalus
	unit.Disposable = unit.Disposable && pictures
	if others {
		unit.Frames = max(unit.Frames, 1)
	}
	if t.dirty || hdrNews {
		t.updateColor()
	}
	unit.ConfigChanged = t.changes.news(t.Record())
	return unit, firstErr
}

// isIRAP reports whether a picture is one at which decoding can begin: BLA, IDR and CRA. H.265, 3.68.
func isIRAP(typ h265.NALUType) bool {
	return typ >= h265.NALUType_BLA_W_LP && typ <= h265.NALUType_CRA_NUT
}

// isRASL reports whether a picture is a random access skipped leading picture, which follows a CRA or BLA
// picture. H.265, 3.115 and Table 7-1.
func isRASL(typ h265.NALUType) bool {
	return typ == h265.NALUType_RASL_N || typ == h265.NALUType_RASL_R
}

// isDisposable reports whether a slice is of a sub-layer non-reference picture (H.265, Table 7-1: even types below 16) of the highest
// sub-layer; pictures of higher ones may refer to those of a lower one.
func (t *hevcTrack) isDisposable(slice []byte) bool {
	if typ := hevcType(slice); typ >= h265.NALUType_BLA_W_LP || typ%2 == 1 {
		return false
	}
	sps := t.sps()
	return sps != nil && hevcTemporalID(slice) >= sps.subLayers-1
}

// activate notes the SPS that a slice of a key frame refers to, and reports whether it is another one. H.265, 7.3.6.1.
func (t *hevcTrack) activate(slice []byte) bool {
	r := bitstream.Reader{Buf: t.head.Fill(slice)}
	r.U(8)     // the second byte of the NAL unit header
	r.U(1 + 1) // first_slice_segment_in_pic_flag, no_output_of_prior_pics_flag
	id := r.UE()
	if r.Err != nil || id > maxHEVCPPSID || t.sets.pps[id] == nil {
		return false
	}
	before := t.active
	t.active = t.sets.sps[t.sets.pps[id].spsID]
	return before != t.active
}

// sps returns the SPS in use, or before a key frame told which one it is, that with the lowest id; nil if there is none.
func (t *hevcTrack) sps() *hevcSPS {
	if t.active != nil && t.sets.sps[t.active.id] == t.active {
		return t.active
	}
	return t.sets.firstSPS()
}

func (t *hevcTrack) updateColor() {
	base := Color{Primaries: unspecified, Transfer: unspecified, MatrixCoefficients: unspecified}
	if sps := t.sps(); sps != nil {
		base = sps.color
	}
	t.hdr.update(base)
}

func (t *hevcTrack) Record() []byte {
	if t.dirty {
		t.dirty = false
		t.record = t.sets.record()
	}
	return t.record
}

// Info returns what the SPS says. The frame rate comes from the timing of the VUI, or else of the VPS.
func (t *hevcTrack) Info() VideoInfo {
	info := VideoInfo{Codec: HEVC, Color: t.hdr.color}
	sps := t.sps()
	if sps == nil {
		return info
	}
	info.Width, info.Height, info.FrameRate = sps.width, sps.height, sps.frameRate
	if vps := t.sets.vps[sps.vpsID]; vps != nil && info.FrameRate == 0 {
		info.FrameRate = vps.frameRate
	}
	return info
}

func (t *hevcTrack) Forget() {
	clear(t.nalus)
	t.nalus = t.nalus[:0]
}
