package flv

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// JoinUnits appends to dst the parts of an access unit and, in front of them, NAL units or OBUs that
// came before it without a frame, in an order that decoders take: what ends a sequence first, then one
// access unit delimiter, then all others.
func (c Codec) JoinUnits(dst, earlier, parts [][]byte) [][]byte {
	for _, p := range earlier {
		if c.endsSequence(p) {
			dst = append(dst, p)
		}
	}
	delimited := len(parts) > 0 && c.isDelimiter(parts[0])
	if delimited {
		dst = append(dst, parts[0])
		parts = parts[1:]
	}
	for _, p := range earlier {
		if !delimited && c.isDelimiter(p) {
			dst = append(dst, p)
			delimited = true
		}
	}
	for _, p := range earlier {
		if !c.endsSequence(p) && !c.isDelimiter(p) {
			dst = append(dst, p)
		}
	}
	return append(dst, parts...)
}

// isDelimiter reports whether a NAL unit is an access unit delimiter.
func (c Codec) isDelimiter(nalu []byte) bool {
	switch {
	case len(nalu) == 0:
		return false
	case c == H264:
		return h264.NALUType(nalu[0]&0x1F) == h264.NALUTypeAccessUnitDelimiter
	}
	return c == HEVC && hevcType(nalu) == h265.NALUType_AUD_NUT
}

// endsSequence reports whether a NAL unit ends a coded video sequence or the bitstream.
func (c Codec) endsSequence(nalu []byte) bool {
	switch {
	case len(nalu) == 0:
		return false
	case c == H264:
		typ := h264.NALUType(nalu[0] & 0x1F)
		return typ == h264.NALUTypeEndOfSequence || typ == h264.NALUTypeEndOfStream
	}
	return c == HEVC && (hevcType(nalu) == h265.NALUType_EOS_NUT || hevcType(nalu) == h265.NALUType_EOB_NUT)
}
