package flv

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"luatrtmp/core/flv/bitstream"
)

// IsKey reports whether an H.264 access unit is a key frame, at which decoding can begin: an IDR picture or a recovery point.
func IsKey(nalus [][]byte) bool { return H264.IsKey(nalus) }

// IsKey reports whether decoding can begin at an access unit, as VideoTrack.Take does, but without knowledge of what came before: for H.264
// an IDR picture or a recovery point; for HEVC a BLA, IDR or CRA picture; for AV1 a shown key frame; for VP9 and VP8 a key frame. parts are those of
// VideoTrack.Take. It is false for what cannot be read, and for audio.
func (c Codec) IsKey(parts [][]byte) bool {
	recovery := false
	for _, part := range parts {
		switch {
		case len(part) == 0, c.HasNALUs() && part[0]&forbiddenZeroBit != 0:
		case c == H264:
			switch typ := h264.NALUType(part[0] & 0x1F); typ {
			case h264.NALUTypeSEI:
				recovery = recovery || hasRecoveryPoint(part)
			case h264.NALUTypeNonIDR, h264.NALUTypeDataPartitionA, h264.NALUTypeIDR:
				if recovery || typ == h264.NALUTypeIDR {
					return true
				}
			}
		case c == HEVC && len(part) >= hevcHeaderSize && hevcLayer(part) == 0 && isIRAP(hevcType(part)):
			return true
		case c == AV1:
			return isAV1Key(part)
		case c == VP9:
			f, err := readVP9(part)
			return err == nil && f.key
		case c == VP8:
			f, err := readVP8(part)
			return err == nil && f.key
		}
	}
	return false
}

// isAV1Key looks at the first frame of a temporal unit.
func isAV1Key(unit []byte) bool {
	for pos := 0; pos < len(unit); {
		o, next, err := nextOBU(unit, pos)
		if err != nil {
			return false
		}
		if o.Typ == bitstream.OBUFrame || o.Typ == bitstream.OBUFrameHeader {
			return bitstream.ReadAV1Frame(o.Payload, false).Key
		}
		pos = next
	}
	return false
}
