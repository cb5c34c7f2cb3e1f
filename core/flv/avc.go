package flv

import (
	"bytes"
	"luatrtmp/core/flv/bitstream"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// AVC follows the parameter sets of one H.264 track. The zero value is ready.
type AVC struct {
	sets       parameterSets
	lengthSize int
	active     int // id of the SPS that the last IDR picture used; the lowest known one if that is unknown
	dirty      bool
	record     []byte // of the sets
	taken      []byte // record at the last Take that reported a change
	nalus      [][]byte
	hdr        hdr
	fault      error // of the last SetConfig, for the next Take; nil if there is none
	open       openGOP
	head       bitstream.NALUHead // scratch
}

// AVCUnit is what AVC.Take found in an access unit.
type AVCUnit struct {
	// NALUs are the NAL units without SPS and PPS, which travel in the sequence header (ISO/IEC 14496-15, sample entry avc1). All others
	// are kept: AUD, SEI, slices, filler. Valid until the next Take; empty when the access unit held nothing else.
	NALUs         [][]byte
	Key           bool // an IDR picture, or a recovery point
	Disposable    bool // a picture that no other refers to: nal_ref_idc is 0 in all slices
	ConfigChanged bool // Record is not what it was at the previous Take: a parameter set is new or differs
	Frames        int  // see VideoUnit
	Leading       bool // see VideoUnit
}

// SetConfig replaces the parameter sets by those of an AVCDecoderConfigurationRecord. Sets that cannot be read are left out, which the
// next Take reports, as long as others remain. After an error, which wraps ErrBadConfig or ErrBadParameterSet, everything is as
// before. The record is not kept.
func (a *AVC) SetConfig(record []byte) error {
	var sets parameterSets
	lengthSize, fault, err := sets.readRecord(record)
	if err != nil {
		return err
	}
	a.fault = fault
	a.sets, a.lengthSize, a.dirty = sets, lengthSize, true
	a.active = sets.firstSPS()
	a.updateColor()
	return nil
}

// LengthSize returns the size in bytes of a NAL unit's length according to the last SetConfig: 1, 2 or 4. It is 4 before the first one.
func (a *AVC) LengthSize() int {
	if a.lengthSize == 0 {
		return defaultLengthSize
	}
	return a.lengthSize
}

// Take looks at one access unit, stores its parameter sets, and says what a publisher has to know of it. The unit is good even if there
// is an error. One that wraps ErrBadParameterSet: a set that cannot be read is left out, one with a broken VUI is kept without it. One that
// wraps ErrBadNALUnit: what says of itself that it is damaged is left out. The rest of the stream goes on.
func (a *AVC) Take(nalus [][]byte) (AVCUnit, error) {
	var (
		unit     AVCUnit
		firstErr error
		pictures int
		frames   avcFrames
		others   bool // coded video that is not counted
		hdrNews  bool
		recovery bool // there is a recovery point
		slice    []byte
	)
	firstErr, a.fault = a.fault, nil
	a.nalus = a.nalus[:0]
	unit.Disposable = true
	for _, nalu := range nalus {
		if len(nalu) == 0 {
			continue
		}
		if nalu[0]&forbiddenZeroBit != 0 {
			firstErr = errForbiddenBit
			continue
		}
		typ := h264.NALUType(nalu[0] & 0x1F)
		if typ == h264.NALUTypeSPS || typ == h264.NALUTypePPS {
			changed, err := a.sets.store(nalu)
			a.dirty = a.dirty || changed
			if err != nil && firstErr == nil {
				firstErr = err
			}
			continue
		}
		if typ >= h264.NALUTypeNonIDR && typ <= h264.NALUTypeIDR {
			pictures++
			unit.Disposable = unit.Disposable && nalu[0]&0x60 == 0
		}
		switch {
		case typ == h264.NALUTypeNonIDR, typ == h264.NALUTypeDataPartitionA, typ == h264.NALUTypeIDR:
			frames.take(a, nalu)
			if slice == nil {
				slice = nalu
			}
			if (typ == h264.NALUTypeIDR || recovery) && !unit.Key {
				unit.Key = true
				hdrNews = a.activate(nalu) || hdrNews
			}
		case isOtherAVCSlice(typ):
			others = true
		case typ == h264.NALUTypeSEI:
			hdrNews = a.hdr.takeSEI(nalu, avcHeaderSize) || hdrNews
			recovery = recovery || hasRecoveryPoint(nalu)
		}
		a.nalus = append(a.nalus, nalu)
	}
	unit.NALUs = a.nalus
	unit.Disposable = unit.Disposable && pictures > 0
	if slice != nil {
		unit.Leading = a.follow(slice, unit.Key)
	}
	if unit.Frames = frames.n; others {
		unit.Frames = max(unit.Frames, 1)
	}
	if a.dirty || hdrNews {
		a.updateColor()
	}
	if r := a.Record(); r != nil && !bytes.Equal(r, a.taken) {
		unit.ConfigChanged = true
		a.taken = r
	}
	return unit, firstErr
}

// openGOP is what is known of a recovery point whose leading pictures may follow: those that are shown before it, and may refer to
// what was there before it.
type openGOP struct {
	begun    bool
	picOrder uint32 // pic_order_cnt_lsb
	bits     uint32 // its size
}

// follow takes the first slice of a picture, and reports whether that is a leading one. They stand behind the key frame, in front of
// the first picture that is shown after it.
func (a *AVC) follow(slice []byte, key bool) (leading bool) {
	if !key && !a.open.begun {
		return false
	}
	h, err := a.Slice(slice)
	known := err == nil && !h.IDR && h.SPS != nil && h.SPS.PicOrderCntType == 0
	switch {
	case !known:
		a.open = openGOP{}
	case key:
		a.open = openGOP{true, h.PicOrder, h.SPS.Log2MaxPicOrderCntLsbMinus4 + 4}
	default:
		shift := 32 - min(a.open.bits, 32)
		leading = int32((h.PicOrder-a.open.picOrder)<<shift) < 0
		a.open.begun = leading
	}
	return leading
}

// Forget lets go of the NAL units of the last Take, where they are memory that is not the caller's to keep.
func (a *AVC) Forget() {
	clear(a.nalus)
	a.nalus = a.nalus[:0]
}

// Record returns the AVCDecoderConfigurationRecord of the known parameter sets, nil until an SPS and a PPS are known. Lengths of NAL units
// are 4 bytes in it, whatever SetConfig said. The slice is not changed later: there is a new one for each change.
func (a *AVC) Record() []byte {
	if a.dirty {
		a.dirty = false
		a.record = a.sets.record()
	}
	return a.record
}

// Info returns what the SPS says: that of the last IDR picture, or before it the one with the lowest id. The frame rate comes from the
// VUI's timing and is 0 where that is missing or implausible. Color is another pointer only when the colours have changed. Without an SPS
// all is 0.
func (a *AVC) Info() VideoInfo {
	var info VideoInfo
	if sps := a.sps(); sps != nil {
		info = videoInfo(sps)
	}
	info.Color = a.hdr.color
	return info
}

// sps returns the SPS in use, nil if there is none.
func (a *AVC) sps() *h264.SPS {
	if set := a.sets.sps[a.active]; set != nil {
		return set.parsed
	}
	if set := a.sets.sps[a.sets.firstSPS()]; set != nil {
		return set.parsed
	}
	return nil
}

func (a *AVC) updateColor() {
	base := Color{Primaries: unspecified, Transfer: unspecified, MatrixCoefficients: unspecified}
	if sps := a.sps(); sps != nil {
		base.BitDepth = int(min(sps.BitDepthLumaMinus8, maxBitDepthMinus8)) + 8
		if vui := sps.VUI; vui != nil && vui.ColourDescriptionPresentFlag {
			base.Primaries, base.Transfer = int(vui.ColourPrimaries), int(vui.TransferCharacteristics)
			base.MatrixCoefficients = int(vui.MatrixCoefficients)
		}
	}
	a.hdr.update(base)
}

// activate notes the SPS that a slice of an IDR picture refers to, and reports whether it is another one.
func (a *AVC) activate(slice []byte) bool {
	before := a.active
	if h, err := a.Slice(slice); err == nil && h.SPS != nil {
		a.active = int(h.SPS.ID)
	}
	return a.active != before
}
