package rtp

import (
	"bytes"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"luatrtmp/core/flv"
)

// decodeOrder finds the decode times of pictures: RTP has the times of their presentation only. With B-frames they differ, and the order of
// pictures, which is in their slice headers, tells how.
type decodeOrder struct {
	codec    flv.Codec
	sps, pps []byte // the latest; copies
	avc      *h264.DTSExtractor
	hevc     *h265.DTSExtractor
	scratch  [3][]byte
	last     int64
	hasLast  bool
}

// extractorRate is the clock rate that the extractors count in.
const extractorRate = 90000

// reset begins anew: times and pictures from here on have nothing to do with those before.
func (d *decodeOrder) reset() {
	d.avc, d.hevc, d.hasLast = nil, nil, false
}

// note keeps the parameter sets that the extractors need.
func (d *decodeOrder) note(parts [][]byte) {
	for _, nalu := range parts {
		switch {
		case d.codec == flv.H264 && h264.NALUType(nalu[0]&0x1F) == h264.NALUTypeSPS,
			d.codec == flv.HEVC && h265.NALUType(nalu[0]>>1&0x3F) == h265.NALUType_SPS_NUT:
			d.sps = renew(d.sps, nalu)
		case d.codec == flv.HEVC && h265.NALUType(nalu[0]>>1&0x3F) == h265.NALUType_PPS_NUT:
			d.pps = renew(d.pps, nalu)
		}
	}
}

// renew returns old, or a copy of nalu if it differs: the extractors keep it.
func renew(old, nalu []byte) []byte {
	if bytes.Equal(old, nalu) {
		return old
	}
	return bytes.Clone(nalu)
}

// hasPicture tells whether there is more than parameter sets and remarks.
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

// leading tells the pictures that cannot be decoded when decoding began at the IRAP picture before them.
func (d *decodeOrder) leading(parts [][]byte) bool {
	return d.codec == flv.HEVC && skippedLeading(parts)
}

// dts returns the decode time of a picture. Times are in ticks of 90 kHz; it never goes back. What the extractors do not understand
// (interlaced pictures in two parts, orders that no encoder uses) keeps the order and has about the right time.
func (d *decodeOrder) dts(parts [][]byte, pts int64) int64 {
	if !d.codec.HasNALUs() {
		return d.forward(pts)
	}
	dts, err := d.extract(d.slice(parts), pts)
	if err != nil {
		d.avc, d.hevc = nil, nil // it begins anew at the next key frame
		dts = pts
	}
	return d.forward(dts)
}

func (d *decodeOrder) forward(dts int64) int64 {
	const tick = extractorRate / 1000
	if d.hasLast && dts <= d.last {
		dts = d.last + tick
	}
	d.last, d.hasLast = dts, true
	return dts
}

func (d *decodeOrder) extract(slice []byte, pts int64) (int64, error) {
	if d.codec == flv.H264 {
		if d.avc == nil {
			d.avc = &h264.DTSExtractor{}
			d.avc.Initialize()
		}
		return d.avc.Extract(d.unit(d.sps, slice), pts)
	}
	if d.hevc == nil {
		d.hevc = &h265.DTSExtractor{}
		d.hevc.Initialize()
	}
	return d.hevc.Extract(d.unit(d.sps, d.pps, slice), pts)
}

// unit returns the NAL units that are there.
func (d *decodeOrder) unit(nalus ...[]byte) [][]byte {
	unit := d.scratch[:0]
	for _, nalu := range nalus {
		if len(nalu) > 0 {
			unit = append(unit, nalu)
		}
	}
	return unit
}
