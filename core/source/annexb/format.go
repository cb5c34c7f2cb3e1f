package annexb

import (
	"path/filepath"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// HEVC is HEVC in byte stream format, ITU-T H.265, annex B.
var HEVC = media.Format{
	Name:      "HEVC byte stream",
	Recognise: isHEVC,
	Open:      func(in *media.Input) (media.Reader, error) { return Open(in, flv.HEVC, in.FPS) },
	TakesFPS:  true,
}

// H264 is H.264 in byte stream format, ITU-T H.264, annex B. What begins with a start code and is not
// HEVC is taken for it.
var H264 = media.Format{
	Name:      "H.264 byte stream",
	Recognise: func(_ string, head []byte) bool { _, err := flv.SplitAnnexB(nil, head); return err == nil },
	Open:      func(in *media.Input) (media.Reader, error) { return Open(in, flv.H264, in.FPS) },
	TakesFPS:  true,
}

// isHEVC looks for the parameter sets. Each codec's would be something undefined in the other: a VPS,
// 40 01, is of the unspecified type 0 in H.264, and the SPS of H.264 of a reserved type in HEVC. Where
// there are none, the name decides.
func isHEVC(name string, head []byte) bool {
	nalus, err := flv.SplitAnnexB(nil, head)
	if err != nil {
		return false
	}
	for _, nalu := range nalus {
		switch {
		case len(nalu) >= 2 && h265.NALUType(nalu[0]>>1) == h265.NALUType_VPS_NUT && nalu[1] == 1:
			return true
		case h264.NALUType(nalu[0]&0x9F) == h264.NALUTypeSPS && nalu[0]&0x60 != 0:
			return false
		}
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".h265", ".265", ".hevc":
		return true
	}
	return false
}
