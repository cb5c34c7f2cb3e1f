package source

import (
	"bytes"
	"fmt"
	"slices"

	"luatrtmp/core/source/annexb"
	"luatrtmp/core/source/audioframes"
	"luatrtmp/core/source/flvfile"
	"luatrtmp/core/source/ivf"
	"luatrtmp/core/source/matroska"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mp4"
	"luatrtmp/core/source/mpegts"
	"luatrtmp/core/source/ogg"
	"luatrtmp/core/source/wav"
)

// formats are the formats that are read, in the order in which they are looked for: the more certain a
// format is recognised, the earlier it stands.
var formats = slices.Concat(
	[]media.Format{mpegts.Format, flvfile.Format, mp4.Format, matroska.Format, ivf.Format, ogg.Format, wav.Format, mpegts.PieceFormat},
	audioframes.Formats,
	[]media.Format{annexb.HEVC, annexb.H264},
)

// unreadable are known formats that are not read, by their first bytes.
var unreadable = []struct{ magic, name, advice string }{
	{"fLaC", "native FLAC", media.FLACAdvice},
	{"\x00\x00\x01\xBA", "MPEG program stream", media.VideoAdvice},
	{"\x30\x26\xB2\x75", "ASF", media.VideoAdvice},
	{"caff", "CAF", media.SoundAdvice},
	{"#!AMR", "AMR", media.SoundAdvice},
	{"FORM", "AIFF", media.SoundAdvice},
	{"\x00\x00\x01\xB3", "MPEG-1 and MPEG-2 video", media.VideoAdvice},
	{".RMF", "RealMedia", media.VideoAdvice},
	{"YUV4MPEG2", "Y4M", media.VideoAdvice},
	{"\xFF\xD8\xFF", "JPEG", media.StillAdvice},
	{"\x89PNG", "PNG", media.StillAdvice},
	{"GIF8", "GIF", media.VideoAdvice},
	{"BM", "BMP", media.StillAdvice},
	{"#EXTM3U", "M3U8", media.ListAdvice},
	{"\xEF\xBB\xBF#EXTM3U", "M3U8", media.ListAdvice},
	{"v=0", "SDP", "give the file a name that ends in .sdp"},
}

// shownBytes is how many of the first bytes of an unknown file an error shows.
const shownBytes = 16

// recognise returns the format of a file that begins with head. The error wraps ErrBadMedia if none is known.
func recognise(name string, head []byte) (media.Format, error) {
	for _, o := range unreadable {
		if bytes.HasPrefix(head, []byte(o.magic)) {
			return media.Format{}, fmt.Errorf("%s files are %w; %s", o.name, media.ErrUnsupported, o.advice)
		}
	}
	if err := checkRIFF(head); err != nil {
		return media.Format{}, err
	}
	for _, format := range formats {
		if format.Recognise(name, head) {
			return format, nil
		}
	}
	if audioframes.IsMP2File(head) {
		return media.Format{}, fmt.Errorf("%w: %s; %s", media.ErrUnsupported, media.MP2, media.SoundAdvice)
	}
	first := head[:min(len(head), shownBytes)]
	return media.Format{}, fmt.Errorf("%w: it begins with % x (%+q), which is none of the formats that are read: FLV, MP4, Matroska, MPEG-TS, IVF, "+
		"Ogg, WAV, H.264 or HEVC with start codes, ADTS, MP3, AC-3", media.ErrBadMedia, first, first)
}

// checkRIFF refuses RIFF files that are not read.
func checkRIFF(head []byte) error {
	if !bytes.HasPrefix(head, []byte("RIFF")) {
		return nil
	}
	switch kind := wav.RIFFKind(head); kind {
	case "":
		return fmt.Errorf("%w: %d bytes of a RIFF header", media.ErrTruncated, len(head))
	case "WAVE":
		return nil
	case "AVI ":
		return fmt.Errorf("AVI files are %w; %s", media.ErrUnsupported, media.VideoAdvice)
	case "WEBP":
		return fmt.Errorf("WebP files are %w; %s", media.ErrUnsupported, media.StillAdvice)
	default:
		return fmt.Errorf("RIFF files of the kind %q are %w; %s", kind, media.ErrUnsupported, media.VideoAdvice)
	}
}
