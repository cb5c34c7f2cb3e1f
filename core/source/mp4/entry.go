package mp4

import (
	"fmt"
	"slices"
	"strings"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// Sizes of the fixed parts of sample entries. ISO/IEC 14496-12, 8.5.2 and 12; QuickTime File Format, "Sound Sample Description".
const (
	stsdHeader           = 8
	visualEntry          = 78
	audioEntry           = 28
	audioVersion         = 8 // offset of the version, which is 0 in MP4
	audioEntryChannels   = 16
	audioEntryRate       = 24 // in Hz, the integer part of a 16.16 number
	audioEntryRateV2     = 32 // in Hz, a double
	audioEntryChannelsV2 = 40 // of 32 bits
	audioEntryV1         = audioEntry + 16
	audioEntryV2         = audioEntry + 36
	fullBoxHeader        = 4
	handlerTypeAt        = 8
	maxEntries           = 256
	maxWaveDepth         = 1

	// Object types, ISO/IEC 14496-1, 7.2.6.6.2, and the register at mp4ra.org.
	objectTypeAAC   = 0x40
	objectTypeAAC2  = 0x66 // MPEG-2 AAC: main, low complexity, scalable sampling rate
	objectTypeAAC2L = 0x68
	objectTypeMP3LS = 0x69 // MPEG-2 layer III, at half the sample rates
	objectTypeMP3   = 0x6B
	objectTypeAC3   = 0xA5
	objectTypeEAC3  = 0xA6
)

// sampleEntry is how the samples of a track are coded.
type sampleEntry struct {
	codec      flv.Codec
	config     []byte // nil where the codec has none, or only the media has it
	lengthSize int    // H.264 and HEVC
	frame      sampleFrame
}

// sampleFrame is what the entry says of the picture or sound.
type sampleFrame struct {
	video flv.VideoInfo
	audio flv.AudioInfo
}

// handlerNames are readable names of tracks that are neither video nor audio.
var handlerNames = map[string]string{"sbtl": "subtitles", "subt": "subtitles", "text": "subtitles", "clcp": "subtitles", "tmcd": "time code", "meta": "metadata"}

// codecNames are readable names of sample entries that cannot be sent.
var codecNames = []struct{ fourCCs, name string }{
	{"dvh1 dvhe", "hevc, Dolby Vision"}, {"dvav dva1", "h264, Dolby Vision"}, {"dav1", "av1, Dolby Vision"},
	{"vvc1 vvi1", "vvc"}, {"mp4v", "mpeg4 part 2 or mpeg2 video"}, {"jpeg mjpa", "mjpeg"}, {"s263", "h263"}, {"apcn apch apcs apco ap4h", "prores"},
	{"ac-4", "ac4"}, {"dtsc", "dts"}, {"mlpa", "truehd"}, {"alac", "alac"}, {"samr sawb", "amr"}, {"sowt twos lpcm ipcm fpcm in24", "pcm"},
	{".mp2 ms\x00\x50", media.MP2},
}

func codecName(fourCC string) string {
	for _, c := range codecNames {
		if slices.Contains(strings.Fields(c.fourCCs), fourCC) {
			return c.name + " (" + fourCC + ")"
		}
	}
	return fmt.Sprintf("%q", fourCC)
}

// errCodec is a codec that cannot be sent; the rest of the file may be good.
type errCodec struct{ text string }

func (e *errCodec) Error() string { return e.text }

// visualCodecs are the sample entries of video, with the box that has the configuration.
var visualCodecs = []visualCodec{
	{"avc1", flv.H264, "avcC"}, {"avc2", flv.H264, "avcC"}, {"avc3", flv.H264, "avcC"}, {"avc4", flv.H264, "avcC"},
	{"hvc1", flv.HEVC, "hvcC"}, {"hev1", flv.HEVC, "hvcC"},
	{"av01", flv.AV1, "av1C"}, {"vp09", flv.VP9, "vpcC"}, {"vp08", flv.VP8, "vpcC"},
}

type visualCodec struct {
	typ    string // of the sample entry
	codec  flv.Codec
	config string
}

// parseEntry reads one entry of stsd.
func parseEntry(kind flv.Kind, b box) (e sampleEntry, err error) {
	if b.typ == "encv" || b.typ == "enca" {
		return e, fmt.Errorf("encrypted media (%s at offset %d) is %w", b.typ, b.offset, media.ErrUnsupported)
	}
	switch kind {
	case flv.Video:
		for i := range visualCodecs {
			if known := &visualCodecs[i]; known.typ == b.typ {
				return parseVisualEntry(b, known)
			}
		}
	case flv.Audio:
		switch b.typ {
		case "mp4a", ".mp3", "ms\x00\x55", "alaw", "ulaw", "ms\x00\x06", "ms\x00\x07", "ac-3", "ec-3", "Opus", "fLaC":
			return parseAudioEntry(b)
		}
	}
	return e, &errCodec{codecName(b.typ)}
}

func parseVisualEntry(b box, known *visualCodec) (e sampleEntry, err error) {
	e.codec = known.codec
	children, err := b.skip(visualEntry)
	if err != nil {
		return e, err
	}
	var colors colorBoxes
	err = children.each(func(c box) error {
		if c.typ == known.config {
			e.config = c.payload
		}
		return colors.take(c)
	})
	if err != nil {
		return e, err
	}
	if err = e.setConfig(b, known.config); err != nil {
		return e, err
	}
	e.frame.video.Codec = e.codec
	if e.frame.video.Width == 0 { // avc3 and hev1 may have their sets in the samples only
		e.frame.video.Width = int(b.payload[24])<<8 | int(b.payload[25])
		e.frame.video.Height = int(b.payload[26])<<8 | int(b.payload[27])
	}
	e.frame.video.Color = colors.over(e.frame.video.Color)
	return e, nil
}

// setConfig reads the configuration of video. Where that of AV1, VP9 or VP8 is missing or says nothing, the media says it: then config is nil.
func (e *sampleEntry) setConfig(b box, name string) error {
	track, err := flv.NewVideoTrack(e.codec)
	if err != nil {
		return &errCodec{err.Error()}
	}
	if e.config != nil {
		err = track.SetConfig(e.config)
	}
	switch {
	case e.codec.HasNALUs() && e.config == nil:
		return fmt.Errorf("%w: %s at offset %d has no %s", media.ErrBadMedia, b.typ, b.offset, name)
	case e.codec.HasNALUs() && err != nil:
		return fmt.Errorf("%w: %s in %s at offset %d: %w", media.ErrBadMedia, name, b.typ, b.offset, err)
	case e.codec.HasNALUs():
		if e.lengthSize, err = flv.LengthSize(e.codec, e.config); err != nil {
			return fmt.Errorf("%w: %s in %s at offset %d: %w", media.ErrBadMedia, name, b.typ, b.offset, err)
		}
	case err != nil:
		e.config = nil
	}
	e.frame.video = track.Info()
	return nil
}
