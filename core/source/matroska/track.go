package matroska

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/internal/brief"
)

// Types of tracks. RFC 9559, 5.1.4.1.3.
const (
	typeVideo    = 1
	typeAudio    = 2
	typeComplex  = 3
	typeLogo     = 16
	typeSubtitle = 17
	typeButtons  = 18
	typeControl  = 32
	typeMetadata = 33
)

var typeNames = map[uint64]string{
	typeVideo: "video", typeAudio: "audio", typeComplex: "complex", typeLogo: "logo", typeSubtitle: "subtitles", typeButtons: "buttons",
	typeControl: "control", typeMetadata: "metadata",
}

// codecIDs are the names of codecs that can be sent. A name may go on behind a slash.
var codecIDs = map[string]flv.Codec{
	"V_MPEG4/ISO/AVC": flv.H264, "V_MPEGH/ISO/HEVC": flv.HEVC, "V_AV1": flv.AV1, "V_VP9": flv.VP9, "V_VP8": flv.VP8,
	"A_AAC": flv.AAC, "A_OPUS": flv.Opus, "A_FLAC": flv.FLAC, "A_AC3": flv.AC3, "A_EAC3": flv.EAC3, "A_MPEG/L3": flv.MP3,
}

// otherCodecs are readable names of codecs that cannot be sent.
var otherCodecs = []struct{ prefix, name string }{
	{"A_MPEG/L2", media.MP2}, {"A_MPEG/L1", media.MP2}, {"A_VORBIS", "vorbis"}, {"A_PCM", "pcm"}, {"A_DTS", "dts"},
	{"A_TRUEHD", "truehd"}, {"A_MLP", "mlp"}, {"A_ALAC", "alac"}, {"A_WAVPACK4", "wavpack"}, {"A_REAL", "realaudio"}, {"A_TTA1", "tta"},
	{"V_MPEG4/ISO", "mpeg4 part 2"}, {"V_MPEG4/MS", "ms mpeg4"}, {"V_MPEG1", "mpeg1 video"}, {"V_MPEG2", "mpeg2 video"},
	{"V_MPEGI/ISO/VVC", "vvc"}, {"V_THEORA", "theora"}, {"V_PRORES", "prores"}, {"V_FFV1", "ffv1"}, {"V_MJPEG", "mjpeg"},
	{"V_UNCOMPRESSED", "raw video"}, {"V_REAL", "realvideo"}, {"S_TEXT", "text"}, {"S_VOBSUB", "vobsub"}, {"S_HDMV/PGS", "pgs"},
}

// acmCodecs are the format tags of A_MS/ACM, those of WAV.
var acmCodecs = map[uint16]flv.Codec{0x06: flv.PCMA, 0x07: flv.PCMU, 0x55: flv.MP3, 0xFF: flv.AAC, 0x2000: flv.AC3}

// otherACM names those that cannot be sent.
var otherACM = map[uint16]string{0x01: "pcm", 0x02: "adpcm", 0x11: "adpcm", 0x50: media.MP2, 0x161: "wma", 0x2001: "dts"}

const (
	acmHeader = 16 // of WAVEFORMATEX, up to the bits of a sample
	acmExtra  = 18 // where what the codec has begins
	vfwFourCC = 16 // of BITMAPINFOHEADER
)

// errCodec is a codec that cannot be sent; the rest of the file may be good.
type errCodec struct{ text string }

func (e *errCodec) Error() string { return e.text }

// track is what the headers of a file say of a track. It does not change.
type track struct {
	number    uint64
	kind      flv.Kind // 0: neither video nor audio
	codec     flv.Codec
	config    []byte   // nil: the codec has none, or only the media has it
	sets      [][]byte // parameter sets of H.264 and HEVC that are no configuration
	length    int      // size of the lengths of NAL units
	private   int      // size of the private data of the codec
	encodings encodings
	delay     int64   // of the codec, in ns
	scale     float64 // factor of the times in blocks
	frame     int64   // duration of a frame in ns; 0: unknown
	reorder   int     // frames that a decoder holds back, as the configuration says
	color     colour

	video flv.VideoInfo
	audio flv.AudioInfo
}

// newTrack makes a track of its entry. warn is called with what is wrong with a track that can be read. The error is an errCodec if the track
// holds what cannot be sent; number and kind are known even then.
func newTrack(e *trackEntry, warn func(format string, args ...any)) (*track, error) {
	t := &track{number: e.Number, length: 4, scale: e.Scale, color: e.Video.Colour}
	switch e.Type {
	case typeVideo:
		t.kind = flv.Video
	case typeAudio:
		t.kind = flv.Audio
	}
	if !(t.scale >= 0.01 && t.scale <= 100) { // FFmpeg's bounds; 0 stands for 1
		t.scale = 1
	}
	t.delay = int64(min(e.CodecDelay, uint64(time.Minute)))
	t.frame = int64(e.DefaultDuration)
	if e.DefaultDuration > uint64(time.Hour) {
		t.frame = 0
	}
	var err error
	if t.encodings, err = newEncodings(e.Encodings.All); err != nil {
		return t, err
	}
	private, err := t.encodings.undo(e.CodecPrivate, scopePrivate, maxEntry)
	if err != nil {
		return t, &errCodec{err.Error()}
	}
	t.private = len(private)
	if t.codec, private, err = t.findCodec(e, private); err != nil {
		return t, err
	}
	if t.kind == flv.Video {
		return t, t.setVideo(e, private, warn)
	}
	return t, t.setAudio(e, private)
}

// name is the track in words.
func (t *track) name(typ uint64) string {
	if name := typeNames[typ]; name != "" {
		return fmt.Sprintf("track %d (%s)", t.number, name)
	}
	return fmt.Sprintf("track %d (type %d)", t.number, typ)
}

// findCodec returns the codec of an entry, and what it has as the codec's private data.
func (t *track) findCodec(e *trackEntry, private []byte) (flv.Codec, []byte, error) {
	id := strings.TrimRight(e.CodecID, "\x00 ")
	for name := id; name != ""; {
		if c, ok := codecIDs[name]; ok && c.Kind() == t.kind {
			return c, private, nil
		}
		cut := strings.LastIndexByte(name, '/')
		name = name[:max(cut, 0)]
	}
	switch {
	case id == "A_MS/ACM" && t.kind == flv.Audio && len(private) >= acmHeader:
		tag := binary.LittleEndian.Uint16(private)
		if c, ok := acmCodecs[tag]; ok {
			return c, private[min(acmExtra, len(private)):], nil
		}
		return 0, nil, &errCodec{fmt.Sprintf("%s (A_MS/ACM with format 0x%04x)", cmp.Or(otherACM[tag], "unknown"), tag)}
	case id == "V_MS/VFW/FOURCC" && len(private) >= vfwFourCC+4:
		return 0, nil, &errCodec{fmt.Sprintf("V_MS/VFW/FOURCC with %q, which has no presentation times", private[vfwFourCC:vfwFourCC+4])}
	}
	for _, c := range otherCodecs {
		if strings.HasPrefix(id, c.prefix) {
			return 0, nil, &errCodec{fmt.Sprintf("%s (%s)", c.name, brief.Text(id))}
		}
	}
	return 0, nil, &errCodec{fmt.Sprintf("%q", brief.Text(id))}
}

// setVideo reads the configuration of video. One that cannot be read is left out, with a warning: the media may have another.
func (t *track) setVideo(e *trackEntry, private []byte, warn func(format string, args ...any)) error {
	v, err := flv.NewVideoTrack(t.codec)
	if err != nil {
		return &errCodec{err.Error()}
	}
	startCode := func(b []byte) bool {
		return bytes.HasPrefix(b, []byte{0, 0, 1}) || bytes.HasPrefix(b, []byte{0, 0, 0, 1})
	}
	switch {
	case len(private) == 0, t.codec == flv.VP8, t.codec == flv.VP9: // what VP9 has there is no configuration record
	case t.codec.HasNALUs() && startCode(private):
		t.sets, _ = flv.SplitAnnexB(nil, private)
		t.reorder = reorderOf(t.codec, t.sets)
	default:
		err := v.SetConfig(private)
		if err == nil && t.codec.HasNALUs() {
			t.length, err = flv.LengthSize(t.codec, private)
		}
		if err != nil {
			t.length = 4
			warn("track %d (video): its configuration is left out: %v", t.number, err)
			v, _ = flv.NewVideoTrack(t.codec)
			break
		}
		t.config = private
		t.reorder = reorderOf(t.codec, setsOf(t.codec, private))
	}
	t.video = v.Info()
	t.video.Codec = t.codec
	if t.video.Width == 0 {
		t.video.Width, t.video.Height = int(min(e.Video.Width, math.MaxInt32)), int(min(e.Video.Height, math.MaxInt32))
	}
	t.finishVideo(&t.video)
	return nil
}

// finishVideo puts what the headers of the file say in the place of what the media says.
func (t *track) finishVideo(v *flv.VideoInfo) {
	if t.frame > 0 {
		if rate := float64(time.Second) / float64(t.frame); rate <= media.MaxFPS {
			v.FrameRate = rate
		}
	}
	v.Color = t.color.over(v.Color)
}

// setAudio reads the configuration of audio, and makes the one that old files do not have.
func (t *track) setAudio(e *trackEntry, private []byte) error {
	rate, channels := int(min(max(e.Audio.Rate, 0), 1<<20)), int(min(e.Audio.Channels, 255))
	if rate <= 0 { // nothing is said, or no number
		rate = 8000
	}
	channels = max(channels, 1)
	switch t.codec {
	case flv.AAC:
		if len(private) == 0 {
			private = oldAAC(e, rate, channels)
		}
		t.config = private
	case flv.FLAC:
		t.config = private
	case flv.Opus:
		if len(private) == 0 && channels <= 2 {
			private = flv.OpusHead(channels)
		}
		t.config = private
	case flv.PCMA, flv.PCMU:
		var err error
		if t.config, err = flv.G711Config(rate, channels); err != nil {
			return &errCodec{err.Error()}
		}
	}
	t.audio = flv.AudioInfo{Codec: t.codec, SampleRate: rate, Channels: channels}
	if t.config == nil && t.needsConfig() {
		return &errCodec{fmt.Sprintf("%v without its configuration", t.codec)}
	}
	if t.config != nil {
		a, err := flv.NewAudioTrack(t.codec)
		if err == nil {
			err = a.SetConfig(t.config)
		}
		if err != nil {
			return &errCodec{fmt.Sprintf("%v: %v", t.codec, err)}
		}
		if t.audio = a.Info(); a.Record() != nil {
			t.config = a.Record() // without what others have in it
		}
	}
	return nil
}

func (t *track) needsConfig() bool {
	return t.codec == flv.AAC || t.codec == flv.Opus || t.codec == flv.FLAC
}

// oldAAC makes the configuration of AAC from the old names of the codec, as in A_AAC/MPEG4/LC/SBR, nil if that cannot be.
func oldAAC(e *trackEntry, rate, channels int) []byte {
	c := mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: rate}
	if channels > 8 || channels == 7 {
		return nil
	}
	c.ChannelConfig = uint8(min(channels, 7)) // 8 channels have the number 7
	if strings.HasSuffix(e.CodecID, "/SBR") {
		c.ExtensionType, c.ExtensionSampleRate = mpeg4audio.ObjectTypeSBR, 2*rate
		if e.Audio.OutputRate > 0 {
			c.ExtensionSampleRate = int(min(e.Audio.OutputRate, 1<<20))
		}
	}
	b, err := c.Marshal()
	if err != nil {
		return nil
	}
	return b
}
