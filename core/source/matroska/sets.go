package matroska

import (
	"encoding/binary"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"luatrtmp/core/flv"
)

// reorderOf returns how many frames a decoder holds back according to parameter sets, 0 if they do not say.
func reorderOf(codec flv.Codec, nalus [][]byte) (most int) {
	for _, nalu := range nalus {
		switch {
		case len(nalu) == 0:
		case codec == flv.H264 && h264.NALUType(nalu[0]&0x1F) == h264.NALUTypeSPS:
			var sps h264.SPS
			if sps.Unmarshal(nalu) == nil && sps.VUI != nil && sps.VUI.BitstreamRestriction != nil {
				most = max(most, int(min(sps.VUI.BitstreamRestriction.MaxNumReorderFrames, maxReorder)))
			}
		case codec == flv.HEVC && h265.NALUType(nalu[0]>>1&0x3F) == h265.NALUType_SPS_NUT:
			var sps h265.SPS
			if sps.Unmarshal(nalu) == nil && len(sps.MaxNumReorderPics) > 0 {
				most = max(most, int(min(slices.Max(sps.MaxNumReorderPics), maxReorder)))
			}
		}
	}
	return most
}

// setsOf returns the parameter sets of a decoder configuration record: ISO/IEC 14496-15, 5.2.4.1 and 8.3.3.1.
func setsOf(codec flv.Codec, record []byte) (sets [][]byte) {
	const avcSets, hevcArrays = 5, 22
	take := func(b []byte, count int) []byte {
		for ; count > 0 && len(b) >= 2; count-- {
			n := int(binary.BigEndian.Uint16(b))
			if n > len(b)-2 {
				return nil
			}
			sets = append(sets, b[2:2+n])
			b = b[2+n:]
		}
		return b
	}
	switch {
	case codec == flv.H264 && len(record) > avcSets:
		take(record[avcSets+1:], int(record[avcSets]&0x1F))
	case codec == flv.HEVC && len(record) > hevcArrays:
		b := record[hevcArrays+1:]
		for range record[hevcArrays] {
			if len(b) < 3 {
				break
			}
			b = take(b[3:], int(binary.BigEndian.Uint16(b[1:])))
		}
	}
	return sets
}
