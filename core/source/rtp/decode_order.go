package rtp

import (
	"bytes"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"luatrtmp/core/flv"
)

// decodeOrder finds the decode times of pictures: RTP has the times of their presentation only. With B-frames they differ.
//
// Where the SPS says how many pictures may be decoded before one and shown behind it, n, the decode times are the presentation times in
// order, n pictures later. Where an SPS of H.264 does not say it, mediacommon finds the times by the order that slice headers tell.
type decodeOrder struct {
	codec   flv.Codec
	track   flv.VideoTrack // knows the parameter sets
	shown   []int64        // presentation times that no picture has yet as its decode time, in order
	reorder int            // n
	known   bool           // n is known

	sps     []byte // of H.264, the latest; a copy
	avc     *h264.DTSExtractor
	scratch [2][]byte

	last    int64
	hasLast bool
}

// extractorRate is the clock rate of the times, that of mediacommon's extractor.
const extractorRate = 90000

// reset begins anew: times and pictures from here on have nothing to do with those before.
func (d *decodeOrder) reset() {
	d.restart()
	d.hasLast = false
}

// restart begins anew with a key frame after pictures that were lost.
func (d *decodeOrder) restart() { d.avc, d.shown = nil, d.shown[:0] }

// note keeps the SPS that the extractor needs.
func (d *decodeOrder) note(parts [][]byte) {
	for _, nalu := range parts {
		if d.codec == flv.H264 && h264.NALUType(nalu[0]&0x1F) == h264.NALUTypeSPS && !bytes.Equal(d.sps, nalu) {
			d.sps = bytes.Clone(nalu) // the extractor keeps it
		}
	}
}

// hasPicture reports whether an access unit has slices, and not only parameter sets and SEI.
func (d *decodeOrder) hasPicture(parts [][]byte) bool {
	return d.slice(parts) != nil
}

// slice returns the first slice of a picture, for codecs without NAL units all of it, and nil if there is none.
func (d *decodeOrder) slice(parts [][]byte) []byte {
	for _, part := range parts {
		if d.codec != flv.H264 && d.codec != flv.HEVC || d.codec == flv.H264 && isSliceH264(part) || d.codec == flv.HEVC && isSliceHEVC(part) {
			return part
		}
	}
	return nil
}

// dts returns the decode time of a picture. Times are in ticks of 90 kHz; it never goes back. Orders that nobody understands are kept,
// and have about the right time.
func (d *decodeOrder) dts(parts [][]byte, pts int64) int64 {
	if !d.codec.HasNALUs() {
		return d.forward(pts)
	}
	slice := d.slice(parts)
	if d.look(slice); d.known {
		return d.forward(min(d.later(pts), pts))
	}
	dts := pts
	if d.codec == flv.H264 {
		var err error
		if dts, err = d.extract(slice, pts); err != nil {
			d.avc = nil // it begins anew at the next key frame
			dts = pts
		}
	}
	return d.forward(dts)
}

// look learns how many pictures are decoded before one and shown behind it, from the SPS that a slice refers to.
func (d *decodeOrder) look(slice []byte) {
	switch track := d.track.(type) {
	case flv.HEVCSliceReader:
		if h, err := track.Slice(slice); err == nil && h.Ordered {
			d.reorder, d.known = h.Reorder, true
		}
	case sliceReader:
		if h, err := track.Slice(slice); err == nil && h.SPS != nil {
			vui := h.SPS.VUI
			if d.known = vui != nil && vui.BitstreamRestriction != nil; d.known {
				d.reorder = int(min(vui.BitstreamRestriction.MaxNumReorderFrames, maxReorder))
			}
		}
	}
}

const (
	maxReorder = 16 // H.264, E.2.1; a VUI may say anything

	// forgetTicks is how far a picture is from all others that has nothing to do with them.
	forgetTicks = extractorRate
)

// later returns the presentation time that is n pictures behind.
func (d *decodeOrder) later(pts int64) int64 {
	if n := len(d.shown); n > 0 && (pts > d.shown[n-1]+forgetTicks || pts < d.shown[0]-forgetTicks) {
		d.shown = d.shown[:0]
	}
	at, _ := slices.BinarySearch(d.shown, pts)
	d.shown = slices.Insert(d.shown, at, pts)
	missing := d.reorder - len(d.shown) + 1 // at the beginning, when there are no pictures that far behind
	if missing > 0 {
		return d.shown[0] - int64(missing)*tick
	}
	dts := d.shown[-missing]
	d.shown = append(d.shown[:0], d.shown[1-missing:]...)
	return dts
}

// tick is a millisecond, that of RTMP.
const tick = extractorRate / 1000

func (d *decodeOrder) forward(dts int64) int64 {
	if d.hasLast && dts <= d.last {
		dts = d.last + tick
	}
	d.last, d.hasLast = dts, true
	return dts
}

func (d *decodeOrder) extract(slice []byte, pts int64) (int64, error) {
	if d.avc == nil {
		d.avc = &h264.DTSExtractor{}
		d.avc.Initialize()
	}
	d.scratch = [2][]byte{d.sps, slice}
	if len(d.sps) == 0 {
		return d.avc.Extract(d.scratch[1:], pts)
	}
	return d.avc.Extract(d.scratch[:], pts)
}
