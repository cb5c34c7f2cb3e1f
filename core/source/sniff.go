package source

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"luatrtmp/core/flv"
)

// sniffSize is how much of a file tells its format: two packets of a transport stream, or the parameter sets in front of a byte stream.
const sniffSize = 1024

// shownBytes is how many of the first bytes of an unknown file an error shows.
const shownBytes = 16

// others are known formats that cannot be read, by their first bytes.
var others = []struct{ magic, name, advice string }{
	{"\x1A\x45\xDF\xA3", "Matroska or WebM", remuxAdvice},
	{"fLaC", "native FLAC", flacAdvice},
	{"\x00\x00\x01\xBA", "MPEG program stream", videoAdvice},
	{"\x30\x26\xB2\x75", "ASF", videoAdvice},
	{"caff", "CAF", soundAdvice},
	{"#!AMR", "AMR", soundAdvice},
	{"FORM", "AIFF", soundAdvice},
	{"\x00\x00\x01\xB3", "MPEG-1 and MPEG-2 video", videoAdvice},
	{".RMF", "RealMedia", videoAdvice},
	{"YUV4MPEG2", "Y4M", videoAdvice},
	{"\xFF\xD8\xFF", "JPEG", stillAdvice},
	{"\x89PNG", "PNG", stillAdvice},
	{"GIF8", "GIF", videoAdvice},
	{"BM", "BMP", stillAdvice},
	{"#EXTM3U", "M3U8", listAdvice},
	{"\xEF\xBB\xBF#EXTM3U", "M3U8", listAdvice},
	{"v=0", "SDP", "give the file a name that ends in .sdp"},
}

// format is a way to read a file.
type format struct {
	name string
	open func(in *input, fps float64) (medium, error)
	raw  bool // has no times: takes a frame rate
}

// plain is the format of a reader that takes no frame rate.
func plain(name string, open func(in *input) (medium, error)) format {
	return format{name: name, open: func(in *input, _ float64) (medium, error) { return open(in) }}
}

func framed(how framing) format {
	return plain(how.name, func(in *input) (medium, error) { return openFrames(in, how) })
}

// byteStream is H.264 or HEVC with start codes.
func byteStream(codec flv.Codec) format {
	name := "H.264"
	if codec == flv.HEVC {
		name = "HEVC"
	}
	return format{name: name + " byte stream", raw: true, open: func(in *input, fps float64) (medium, error) { return openAnnexB(in, codec, fps) }}
}

// sniff tells the format by the first bytes of a file, behind a tag with metadata if there is one. The name decides only between raw HEVC and
// raw H.264, where the content does not.
func sniff(name string, head []byte) (format, error) {
	for _, o := range others {
		if bytes.HasPrefix(head, []byte(o.magic)) {
			return format{}, fmt.Errorf("%s files are %w; %s", o.name, ErrUnsupported, o.advice)
		}
	}
	if start, stride, ok := tsLayout(head); ok {
		return plain("MPEG transport stream", func(in *input) (medium, error) { return openTS(in, start, stride) }), nil
	}
	switch {
	case bytes.HasPrefix(head, []byte("FLV")):
		return plain("FLV", openFLV), nil
	case isMP4(head):
		return plain("MP4", openMP4), nil
	case bytes.HasPrefix(head, []byte(ivfMagic)):
		return plain("IVF", openIVF), nil
	case bytes.HasPrefix(head, []byte(oggMagic)):
		return plain("Ogg", openOgg), nil
	case bytes.HasPrefix(head, []byte("RIFF")):
		return sniffRIFF(head)
	}
	if start, stride, ok := tsLayoutInside(head); ok {
		return plain("MPEG transport stream", func(in *input) (medium, error) {
			in.warnf("the file begins inside a packet, %d bytes of which are left out", start)
			return openTS(in, start, stride)
		}), nil
	}
	switch {
	case flv.IsADTS(head):
		return framed(adtsFraming), nil
	case findOtherLayer(head[:min(len(head), flv.FrameHeaderSize)]):
		return format{}, fmt.Errorf("%w: %s; %s", ErrUnsupported, otherLayer, soundAdvice)
	case isMPEGAudio(head):
		return framed(mp3Framing), nil
	}
	if how, ok := isAC3(head); ok {
		return framed(how), nil
	}
	nalus, err := flv.SplitAnnexB(nil, head)
	if err != nil {
		first := head[:min(len(head), shownBytes)]
		return format{}, fmt.Errorf("%w: it begins with % x (%+q), which is none of the formats that are read: FLV, MP4, MPEG-TS, IVF, Ogg, "+
			"WAV, H.264 or HEVC with start codes, ADTS, MP3, AC-3", ErrBadMedia, first, first)
	}
	if isHEVC(name, nalus) {
		return byteStream(flv.HEVC), nil
	}
	return byteStream(flv.H264), nil
}

func sniffRIFF(head []byte) (format, error) {
	if len(head) < riffHeaderSize {
		return format{}, fmt.Errorf("%w: %d bytes of a RIFF header", ErrTruncated, len(head))
	}
	switch kind := string(head[8:riffHeaderSize]); kind {
	case "WAVE":
		return plain("WAV", openWAV), nil
	case "AVI ":
		return format{}, fmt.Errorf("AVI files are %w; %s", ErrUnsupported, videoAdvice)
	case "WEBP":
		return format{}, fmt.Errorf("WebP files are %w; %s", ErrUnsupported, stillAdvice)
	default:
		return format{}, fmt.Errorf("RIFF files of the kind %q are %w; %s", kind, ErrUnsupported, videoAdvice)
	}
}

// isMP4 looks for a box that may open a file.
func isMP4(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	switch string(head[4:8]) {
	case "ftyp", "moov", "mdat", "moof", "styp", "sidx", "free", "skip", "wide", "pnot", "uuid":
		return true
	}
	return false
}

// isHEVC looks for the parameter sets. Each codec's would be something undefined in the other: a VPS, 40 01, is of the unspecified type 0 in
// H.264, and the SPS of H.264 of a reserved type in HEVC.
func isHEVC(name string, nalus [][]byte) bool {
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
