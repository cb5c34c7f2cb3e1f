package annexb

import (
	"bytes"
	"io"
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

// FindFormat looks for a byte stream in a file that begins with something else, as pieces of recordings
// do, which begin inside a NAL unit. It is recognised by its parameter sets, and by NAL unit headers that
// are possible: MPEG program streams, for one, have the same start codes.
func FindFormat(in *media.Input) (media.Format, bool) {
	head := make([]byte, min(in.Size, maxLeadIn))
	if n, err := in.ReadAt(head, 0); err != nil && err != io.EOF {
		head = head[:n]
	}
	if _, next := flv.NextStartCode(head, 0); next >= 0 {
		head = head[next-3:]
	}
	nalus, err := flv.SplitAnnexB(nil, head)
	if err != nil || len(nalus) < 2 {
		return media.Format{}, false
	}
	nalus = nalus[:len(nalus)-1] // the last one may be cut
	for _, format := range []media.Format{HEVC, H264} {
		if hasSets(format.Name == HEVC.Name, nalus) {
			return format, true
		}
	}
	return media.Format{}, false
}

// hasSets reports whether NAL units are those of a codec, and whether there is a configuration among them.
func hasSets(hevc bool, nalus [][]byte) bool {
	codec := flv.H264
	if hevc {
		codec = flv.HEVC
	}
	for _, nalu := range nalus {
		if nalu[0]&0x80 != 0 || hevc && len(nalu) >= HEVCHeaderSize && nalu[1]&7 == 0 { // forbidden_zero_bit, nuh_temporal_id_plus1
			return false
		}
	}
	track, err := flv.NewVideoTrack(codec)
	if err != nil {
		return false
	}
	_, _ = track.Take(nalus) // what is wrong with some of them does not matter
	record := track.Record()
	return record != nil && (hevc || bytes.IndexByte(avcProfiles, record[1]) >= 0)
}

// avcProfiles are the values of profile_idc that there are. H.264, annex A, F and G.
var avcProfiles = []byte{44, 66, 77, 83, 86, 88, 100, 110, 118, 122, 128, 134, 135, 138, 139, 144, 244}

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
