package flv

import (
	"fmt"
	"luatrtmp/core/flv/bitstream"
	"slices"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// maxSeen is how many NAL units or OBUs an error lists.
const maxSeen = 8

// Recognize returns the codec of a video track from its first access unit, as it is given for sending: H.264 and HEVC in byte stream format,
// by their parameter sets or else by the headers of all NAL units; AV1 as OBUs with sizes, by a temporal delimiter or a sequence header in
// front; VP9 and VP8 by the start code of a key frame. The error, which wraps ErrUnknownCodec, says what was seen.
func Recognize(unit []byte) (Codec, error) {
	switch {
	case len(unit) == 0:
		return NoCodec, fmt.Errorf("%w; the access unit is empty", ErrUnknownCodec)
	case firstNALU(unit) >= 0:
		return recognizeNALUs(unit)
	}
	for _, c := range []Codec{VP9, VP8} {
		if c.IsKey([][]byte{unit}) {
			return c, nil
		}
	}
	if typ := unit[0] >> 3; typ == bitstream.OBUTemporalDelimiter || typ == bitstream.OBUSequenceHeader {
		return recognizeOBUs(unit)
	}
	if nalus, err := SplitAVCC(nil, unit, 4); err == nil && len(nalus) > 0 {
		return NoCodec, fmt.Errorf("%w; it looks like NAL units with a length of 4 bytes in front of each: "+
			"convert them to byte stream format (Annex B), with start codes", ErrUnknownCodec)
	}
	return NoCodec, fmt.Errorf("%w; seen: %d bytes that begin with % x, "+
		"expected a start code (00 00 01) of H.264 or HEVC, or an OBU of AV1 (12 00)", ErrUnknownCodec, len(unit), unit[:min(len(unit), maxSeen)])
}

// recognizeNALUs returns H.264 or HEVC.
func recognizeNALUs(unit []byte) (Codec, error) {
	nalus, _ := SplitAnnexB(nil, unit)
	damaged := func(nalu []byte) bool { return nalu[0]&forbiddenZeroBit != 0 }
	good := slices.ContainsFunc(nalus, func(nalu []byte) bool { return !damaged(nalu) })
	avc, hevc := good, good
	avcSlice, hevcKey := false, false
	var seen []string
	for i, nalu := range nalus {
		if i < maxSeen {
			seen = append(seen, fmt.Sprintf("% x", nalu[:min(len(nalu), hevcHeaderSize)]))
		}
		switch {
		case damaged(nalu): // says nothing
			continue
		case h264.NALUType(nalu[0]&0x1F) == h264.NALUTypeSPS:
			if _, err := parseSPS(nalu); err == nil {
				return H264, nil
			}
		case len(nalu) >= hevcHeaderSize && hevcType(nalu) == h265.NALUType_SPS_NUT && hevcLayer(nalu) == 0:
			if _, err := parseHEVCSPS(nalu); err == nil {
				return HEVC, nil
			}
		}
		avc = avc && couldBeAVC(nalu)
		hevc = hevc && couldBeHEVC(nalu)
		typ := h264.NALUType(nalu[0] & 0x1F)
		avcSlice = avcSlice || typ == h264.NALUTypeIDR || typ == h264.NALUTypeNonIDR
		hevcKey = hevcKey || isIRAP(hevcType(nalu))
	}
	switch {
	case avc && !hevc:
		return H264, nil
	case hevc && (!avc || hevcKey && !avcSlice): // the header of an IDR slice of HEVC may be that of a PPS of H.264
		return HEVC, nil
	}
	what := "NAL units of neither H.264 nor HEVC"
	if avc {
		what = "NAL units that both H.264 and HEVC have; begin with a key frame and its parameter sets"
	}
	if len(nalus) == 0 {
		what = "start codes without a NAL unit"
	}
	return NoCodec, fmt.Errorf("%w; seen: %s: %d bytes, headers %s", ErrUnknownCodec, what, len(unit), strings.Join(seen, ", "))
}

// couldBeAVC reports whether a NAL unit has a header that H.264 allows: 7.4.1.
func couldBeAVC(nalu []byte) bool {
	ref := nalu[0]&0x60 != 0
	switch typ := h264.NALUType(nalu[0] & 0x1F); {
	case typ == h264.NALUTypeIDR, typ == h264.NALUTypeSPS, typ == h264.NALUTypePPS:
		return ref
	case typ == h264.NALUTypeNonIDR:
		return true
	}
	typ := h264.NALUType(nalu[0] & 0x1F)
	return !ref && (typ == h264.NALUTypeSEI || typ >= h264.NALUTypeAccessUnitDelimiter && typ <= h264.NALUTypeFillerData)
}

// couldBeHEVC reports whether a NAL unit has a header that HEVC has for a stream of one layer: 7.4.2.2.
func couldBeHEVC(nalu []byte) bool {
	if len(nalu) < hevcHeaderSize || hevcLayer(nalu) != 0 || nalu[1]&7 == 0 {
		return false
	}
	typ := hevcType(nalu)
	first := hevcTemporalID(nalu) == 0
	switch {
	case isIRAP(typ), typ == h265.NALUType_VPS_NUT, typ == h265.NALUType_SPS_NUT:
		return first
	case typ >= h265.NALUType_TSA_N && typ <= h265.NALUType_TSA_R:
		return !first
	}
	return typ <= h265.NALUType_RASL_R || typ >= h265.NALUType_PPS_NUT && typ <= h265.NALUType_SUFFIX_SEI_NUT
}

// recognizeOBUs checks that a unit is a temporal unit of AV1.
func recognizeOBUs(unit []byte) (Codec, error) {
	var (
		seen    []string
		headers int
		fault   error
	)
	for pos, n := 0, 0; pos < len(unit); n++ {
		o, next, err := nextOBU(unit, pos)
		if err != nil {
			fault = err
			break
		}
		if o.Raw[0]&bitstream.OBUHasSize == 0 && next == len(unit) && n == 0 {
			fault = fmt.Errorf("%w: the first OBU has no size", ErrBadFrame)
			break
		}
		if n < maxSeen {
			seen = append(seen, fmt.Sprint(o.Typ))
		}
		if o.Typ == bitstream.OBUSequenceHeader {
			if _, fault = parseAV1Sequence(o); fault != nil {
				break
			}
			headers++
		}
		pos = next
	}
	if fault == nil && (headers > 0 || unit[0]>>3 == bitstream.OBUTemporalDelimiter) {
		return AV1, nil
	}
	return NoCodec, fmt.Errorf("%w; seen: %d bytes that begin with % x, like AV1 OBUs of types %s, but: %w",
		ErrUnknownCodec, len(unit), unit[:min(len(unit), maxSeen)], strings.Join(seen, ", "), fault)
}

// RecognizeAudio returns the codec of an audio track from its first frame: AAC by ADTS frames, MP3, AC-3 and E-AC-3 by the header of the
// frame; and from a configuration: Opus by an OpusHead, FLAC by "fLaC". Raw frames of AAC, Opus, FLAC and G.711 cannot be told apart. The
// error, which wraps ErrUnknownCodec, says what was seen.
func RecognizeAudio(frame []byte) (Codec, error) {
	switch {
	case len(frame) == 0:
		return NoCodec, fmt.Errorf("%w; the frame is empty", ErrUnknownCodec)
	case strings.HasPrefix(string(frame[:min(len(frame), len(opusMagic))]), opusMagic):
		return Opus, nil
	case strings.HasPrefix(string(frame[:min(len(frame), len(flacMagic))]), flacMagic):
		return FLAC, nil
	}
	if IsADTS(frame) {
		if _, _, err := SplitADTS(nil, frame); err == nil {
			return AAC, nil
		}
	}
	for _, c := range []struct {
		codec Codec
		read  func([]byte) (audioFrame, error)
	}{{MP3, readMP3}, {AC3, readAC3}, {EAC3, readEAC3}} {
		f, err := c.read(frame)
		if err == nil && f.fits(c.codec, frame, c.read) {
			return c.codec, nil
		}
	}
	return NoCodec, fmt.Errorf("%w; seen: %d bytes that begin with % x, and no header of ADTS, MP3, AC-3 or E-AC-3; "+
		"raw AAC, Opus, FLAC and G.711 have none", ErrUnknownCodec, len(frame), frame[:min(len(frame), maxSeen)])
}

// fits reports whether a frame is as long as its header says, or another header follows it.
func (f audioFrame) fits(c Codec, frame []byte, read func([]byte) (audioFrame, error)) bool {
	if f.size >= len(frame) {
		return f.size == len(frame)
	}
	if c == EAC3 { // what follows may be a dependent substream
		return checkAC3Sync(c, frame[f.size:]) == nil
	}
	_, err := read(frame[f.size:])
	return err == nil
}
