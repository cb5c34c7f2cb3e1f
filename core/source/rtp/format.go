package rtp

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"luatrtmp/core/flv"
	"luatrtmp/internal/brief"
)

const videoClockRate = 90000 // of all video payload formats here

// format is what SDP says of a payload type: rtpmap and fmtp (RFC 8866, 6.6 and 6.15).
type format struct {
	payloadType int
	encoding    string            // in upper case
	rate        int               // 0: not given
	channels    int               // 0: not given
	params      map[string]string // names in lower case
	lenient     bool              // parameter sets that cannot be read are left out: the sender may repeat them in the stream
}

// encodings has the payload formats by their names in SDP, which the registry of RTP payload formats fixes.
var encodings = []struct {
	name  string
	codec flv.Codec
	apply func(*Medium, *format) error
}{
	{"H264", flv.H264, applyH264},
	{"H265", flv.HEVC, applyHEVC},
	{"AV1", flv.AV1, applyVideo},
	{"VP8", flv.VP8, applyVideo},
	{"VP9", flv.VP9, applyVideo},
	{"OPUS", flv.Opus, applyOpus},
	{"PCMA", flv.PCMA, applyG711},
	{"PCMU", flv.PCMU, applyG711},
	{"MPEG4-GENERIC", flv.AAC, applyGeneric}, // what AAC is sent in when a URL does not say
	{"MP4A-LATM", flv.AAC, applyLATM},
	{"MPA", flv.MP3, applyMPA},
	{"AC3", flv.AC3, applyAC3},
}

// apply fills in the medium.
func (f *format) apply(m *Medium) error {
	for i := range encodings {
		known := &encodings[i]
		if known.name != f.encoding {
			continue
		}
		m.Codec, m.PayloadType, m.ClockRate, m.Channels = known.codec, f.payloadType, f.rate, f.channels
		if err := known.apply(m, f); err != nil {
			return fmt.Errorf("%s: %w", f.encoding, err)
		}
		return nil
	}
	return fmt.Errorf("%w: payload format %s", ErrUnsupported, brief.Text(f.encoding))
}

func applyVideo(m *Medium, _ *format) error {
	if m.ClockRate == 0 {
		m.ClockRate = videoClockRate
	}
	m.Channels = 0
	return nil
}

// applyH264: RFC 6184, 8.1.
func applyH264(m *Medium, f *format) error {
	switch f.params["packetization-mode"] {
	case "", "0", "1":
	default:
		return fmt.Errorf("%w: packetization-mode (interleaved); make the sender use 1", ErrUnsupported)
	}
	sets, err := m.parameterSets(f, "sprop-parameter-sets")
	if err != nil {
		return err
	}
	for _, set := range sets {
		switch typ := h264.NALUType(set[0] & 0x1F); typ {
		case h264.NALUTypeSPS, h264.NALUTypePPS:
			m.Sets = append(m.Sets, set)
		}
	}
	return applyVideo(m, f)
}

// applyHEVC: RFC 7798, 7.1.
func applyHEVC(m *Medium, f *format) error {
	if diff := f.params["sprop-max-don-diff"]; diff != "" && diff != "0" {
		return fmt.Errorf("%w: sprop-max-don-diff above 0 (interleaved)", ErrUnsupported)
	}
	for _, name := range []string{"sprop-vps", "sprop-sps", "sprop-pps"} {
		sets, err := m.parameterSets(f, name)
		if err != nil {
			return err
		}
		for _, set := range sets {
			switch typ := h265.NALUType(set[0] >> 1 & 0x3F); typ {
			case h265.NALUType_VPS_NUT, h265.NALUType_SPS_NUT, h265.NALUType_PPS_NUT:
				m.Sets = append(m.Sets, set)
			}
		}
	}
	return applyVideo(m, f)
}

// parameterSets reads NAL units in base64 with commas between them. Padding may be missing.
func (m *Medium) parameterSets(f *format, name string) ([][]byte, error) {
	var sets [][]byte
	for _, text := range strings.Split(f.params[name], ",") {
		if text = strings.TrimRight(strings.TrimSpace(text), "="); text == "" {
			continue
		}
		set, err := base64.RawStdEncoding.DecodeString(text)
		if err == nil && f.lenient {
			err = checkSet(m.Codec, set)
		}
		switch {
		case err == nil:
			sets = append(sets, set)
		case f.lenient:
			m.ignored = name
		default:
			return nil, fmt.Errorf("%w: %s: %w", ErrBadDescription, name, err)
		}
	}
	return sets, nil
}

// checkSet returns what is wrong with a parameter set.
func checkSet(codec flv.Codec, set []byte) error {
	track, err := flv.NewVideoTrack(codec)
	if err == nil {
		_, err = track.Take([][]byte{set})
	}
	return err
}

// applyOpus: RFC 7587, 7: always 48000 Hz and two channels, whatever is coded. There is no configuration in RTP: no samples are to be
// skipped, and the mapping family is 0.
func applyOpus(m *Medium, f *format) error {
	const rate, channels = 48000, 2
	if m.ClockRate != 0 && m.ClockRate != rate {
		return fmt.Errorf("%w: clock rate %d, Opus has %d", ErrBadDescription, m.ClockRate, rate)
	}
	if m.Channels > channels {
		return fmt.Errorf("%w: %d channels, at most %d", ErrUnsupported, m.Channels, channels)
	}
	m.ClockRate, m.SampleRate, m.Channels = rate, rate, channels
	m.Config = flv.OpusHead(channels)
	return nil
}

// applyMPA: RFC 3551, 4.5.13. The clock has nothing to do with the sample rate, which the frames tell. So they do whether it is MP3.
func applyMPA(m *Medium, _ *format) error {
	const rate = 90000
	if m.ClockRate != 0 && m.ClockRate != rate {
		return fmt.Errorf("%w: clock rate %d, MPA has %d", ErrBadDescription, m.ClockRate, rate)
	}
	m.ClockRate, m.Channels = rate, 0
	return nil
}

// applyAC3: RFC 4184, 5.1.
func applyAC3(m *Medium, _ *format) error {
	if m.ClockRate == 0 {
		m.ClockRate = 48000
	}
	switch m.ClockRate {
	case 32000, 44100, 48000:
	default:
		return fmt.Errorf("%w: clock rate %d, AC-3 has 32000, 44100 or 48000", ErrBadDescription, m.ClockRate)
	}
	m.SampleRate, m.Channels = m.ClockRate, 0 // the frames tell the channels
	return nil
}

// applyG711: RFC 3551, 4.5.14. RTMP has no place for another sample rate.
func applyG711(m *Medium, _ *format) error {
	const rate = 8000
	if m.ClockRate != 0 && m.ClockRate != rate {
		return fmt.Errorf("%w: clock rate %d; RTMP carries G.711 at %d Hz only", ErrUnsupported, m.ClockRate, rate)
	}
	m.ClockRate, m.SampleRate, m.Channels = rate, rate, max(m.Channels, 1)
	if m.Channels > 2 {
		return fmt.Errorf("%w: %d channels, at most 2", ErrUnsupported, m.Channels)
	}
	return nil
}

// setAAC takes an AudioSpecificConfig, or makes that of AAC-LC from rate and channels.
func (m *Medium) setAAC(config []byte) error {
	if config == nil {
		if m.ClockRate == 0 || m.Channels == 0 {
			return fmt.Errorf("%w: config is missing: the AudioSpecificConfig in hexadecimal; for AAC-LC clock rate and channels do as well",
				ErrBadDescription)
		}
		made, err := mpeg4audio.AudioSpecificConfig{
			Type: mpeg4audio.ObjectTypeAACLC, SampleRate: m.ClockRate, ChannelConfig: channelConfig(m.Channels), ChannelCount: m.Channels,
		}.Marshal()
		if err != nil {
			return fmt.Errorf("%w: AAC with %d Hz and %d channels: %w", ErrBadDescription, m.ClockRate, m.Channels, err)
		}
		config = made
	}
	info, err := flv.ParseASC(config)
	if err != nil {
		return fmt.Errorf("%w: config: %w", ErrBadDescription, err)
	}
	m.Config, m.SampleRate, m.Channels = config, info.SampleRate, info.Channels
	if m.ClockRate == 0 {
		m.ClockRate = info.SampleRate
	}
	return nil
}

// channelConfig: ISO/IEC 14496-3, table 1.19.
func channelConfig(channels int) uint8 {
	if channels == 8 {
		return 7
	}
	return uint8(min(channels, 7))
}

// hexParam reads a parameter in hexadecimal; nil if it is not there.
func (f *format) hexParam(name string) ([]byte, error) {
	text := strings.Trim(f.params[name], `"`)
	if text == "" {
		return nil, nil
	}
	data, err := hex.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: expected hexadecimal digits", ErrBadDescription, name)
	}
	return data, nil
}

// intParam reads a parameter that is a number from 0 to most; 0 if it is not there.
func (f *format) intParam(name string, most int) (int, error) {
	text := f.params[name]
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("%w: %s: expected a number from 0 to %d", ErrBadDescription, name, most)
	}
	return n, nil
}
