package flv

import "github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

// IsKey tells whether an H.264 access unit is a key frame: an IDR picture, at which decoding can begin.
func IsKey(nalus [][]byte) bool {
	for _, nalu := range nalus {
		if len(nalu) > 0 && h264.NALUType(nalu[0]&0x1F) == h264.NALUTypeIDR {
			return true
		}
	}
	return false
}
