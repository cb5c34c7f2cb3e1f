package mpegts

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/annexb"
)

// joinStartCode moves zero bytes from the end of what is held to a packet that begins inside a start
// code. No NAL unit ends with a zero byte.
func (s *stream) joinStartCode(p *pes) {
	one := bytes.IndexByte(p.data[:min(len(p.data), 2)], 1)
	if !s.holding || one < 0 || one == 1 && p.data[0] != 0 {
		return
	}
	keep := len(bytes.TrimRight(s.held.data, "\x00"))
	zeros := s.held.data[keep:]
	if len(zeros)+one >= 2 {
		p.data = append([]byte{0, 0}, p.data[one:]...)
		s.held.data = s.held.data[:keep]
	}
}

// firstBegin returns where in a packet the first access unit begins, which is the one that has the
// times of the packet: ISO/IEC 13818-1, 2.4.3.7. What comes before belongs to the access unit before.
// It returns the length of the data if none begins.
func (s *stream) firstBegin(data []byte) int {
	begin, at := flv.NextStartCode(data, 0)
	for at >= 0 {
		end, next := flv.NextStartCode(data, at)
		if end > at && s.mayBegin(data[at:end]) {
			return begin
		}
		begin, at = end, next
	}
	return len(data)
}

// mayBegin reports whether a NAL unit that follows a slice of a frame begins the next access unit.
// H.264, 7.4.1.2.3; H.265, 7.4.2.4.4. A slice does so if it is the first one of its picture.
func (s *stream) mayBegin(nalu []byte) bool {
	if s.codec == flv.HEVC {
		if len(nalu) < annexb.HEVCHeaderSize || nalu[0]&1<<5|nalu[1]>>3 > 0 { // of another layer
			return false
		}
		if s.isSlice(nalu) {
			return len(nalu) > annexb.HEVCHeaderSize && nalu[annexb.HEVCHeaderSize]&0x80 != 0 // first_slice_segment_in_pic_flag
		}
		typ := h265.NALUType(nalu[0] >> 1 & 0x3F)
		return typ <= h265.NALUType_AUD_NUT || typ == h265.NALUType_PREFIX_SEI_NUT || typ >= 41 && typ <= 44 || typ >= 48 && typ <= 55
	}
	switch typ := h264.NALUType(nalu[0] & 0x1F); typ {
	case h264.NALUTypeSPS, h264.NALUTypePPS, h264.NALUTypeSEI, h264.NALUTypeAccessUnitDelimiter, 14, 15, 16, 17, 18:
		return true
	}
	return s.isSlice(nalu) && len(nalu) > 1 && nalu[1]&0x80 != 0 // first_mb_in_slice is 0
}

func (s *stream) isSlice(nalu []byte) bool {
	if s.codec == flv.HEVC {
		return h265.NALUType(nalu[0]>>1&0x3F) < h265.NALUType_VPS_NUT
	}
	switch h264.NALUType(nalu[0] & 0x1F) {
	case h264.NALUTypeNonIDR, h264.NALUTypeDataPartitionA, h264.NALUTypeIDR:
		return true
	}
	return false
}

// split returns the access units of a byte stream, and where each one begins with its start code.
func (s *stream) split(data []byte) (units [][][]byte, begins []int) {
	nalus, ats := s.nalus[:0], s.ats[:0]
	begin, at := flv.NextStartCode(data, 0)
	for at >= 0 {
		end, next := flv.NextStartCode(data, at)
		if end > at {
			nalus, ats = append(nalus, data[at:end:end]), append(ats, begin)
		}
		begin, at = end, next
	}
	s.nalus, s.ats = nalus, ats
	units, begins = s.units[:0], s.begins[:0]
	for rest := slices.Clone(nalus); len(rest) > 0; { // the units keep theirs
		n := s.firstUnit(rest)
		units, begins = append(units, rest[:n:n]), append(begins, ats[0])
		rest, ats = rest[n:], ats[n:]
	}
	s.units, s.begins = units, begins
	return units, begins
}

// firstUnit returns how many NAL units the first access unit has: up to a delimiter that follows
// something else, or up to what belongs to the first slice of another frame.
func (s *stream) firstUnit(nalus [][]byte) int {
	hasSlice, behind := false, 0 // behind the last slice
	for i, nalu := range nalus {
		switch {
		case i > 0 && s.isDelimiter(nalu):
			return i
		case s.isSlice(nalu):
			if hasSlice && s.mayBegin(nalu) && !s.isField(nalu) {
				return cmp.Or(behind, i)
			}
			hasSlice, behind = true, 0
		case hasSlice && behind == 0 && s.mayBegin(nalu):
			behind = i
		}
		s.noteSets(nalu)
	}
	return len(nalus)
}

// noteSets keeps the parameter sets of H.264: fields are recognised with them.
func (s *stream) noteSets(nalu []byte) {
	if typ := h264.NALUType(nalu[0] & 0x1F); s.codec == flv.H264 && (typ == h264.NALUTypeSPS || typ == h264.NALUTypePPS) {
		s.sets[0] = nalu
		s.avc.Take(s.sets[:]) // a broken set is left out
	}
}

// isField reports whether a slice is one of half a frame of H.264, or may be: both fields of a frame
// are one access unit here.
func (s *stream) isField(nalu []byte) bool {
	if s.codec != flv.H264 {
		return false
	}
	h, err := s.avc.Slice(nalu)
	return err != nil || h.SPS == nil || h.Field
}

func (s *stream) isDelimiter(nalu []byte) bool {
	if s.codec == flv.HEVC {
		return h265.NALUType(nalu[0]>>1&0x3F) == h265.NALUType_AUD_NUT
	}
	return h264.NALUType(nalu[0]&0x1F) == h264.NALUTypeAccessUnitDelimiter
}
