package flv

import (
	"bytes"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

// aacTrack holds the AudioSpecificConfig of an AAC track.
type aacTrack struct {
	config []byte
	info   AudioInfo
	core   mpeg4audio.AudioSpecificConfig
}

func (*aacTrack) Codec() Codec { return AAC }

// SetConfig takes an AudioSpecificConfig. One of AAC SSR becomes one of LC. The error wraps ErrBadAudioConfig.
func (t *aacTrack) SetConfig(config []byte) error {
	if t.config != nil && bytes.Equal(config, t.config) {
		return nil
	}
	info, err := ParseASC(config)
	if err != nil {
		return err
	}
	core, err := parseASC(config)
	if err != nil {
		return err
	}
	info.Codec = AAC
	t.config, t.info, t.core = sentASC(config), info, core
	return nil
}

// Take checks one raw frame, without ADTS header. The error wraps ErrBadFrame.
func (t *aacTrack) Take(frame []byte) error {
	switch {
	case len(frame) == 0:
		return errEmptyFrame(AAC)
	case IsADTS(frame):
		return fmt.Errorf("%w: AAC with its ADTS header, expected a raw frame", ErrBadFrame)
	}
	return nil
}

func (t *aacTrack) Ready() bool     { return t.config != nil }
func (t *aacTrack) Record() []byte  { return t.config }
func (t *aacTrack) Info() AudioInfo { return t.info }

func (t *aacTrack) Samples([]byte) (n, rate int) {
	n = SamplesPerFrame
	if t.core.FrameLengthFlag {
		n = shortSamplesPerFrame
	}
	return n, t.core.SampleRate
}

// shortSamplesPerFrame is SamplesPerFrame with frameLengthFlag: ISO/IEC 14496-3, 4.4.1.
const shortSamplesPerFrame = 960

func errEmptyFrame(c Codec) error { return fmt.Errorf("%w: %v frame of 0 bytes", ErrBadFrame, c) }

// selfDescribing is a track of a codec each of whose frames says how to decode it.
type selfDescribing struct {
	codec Codec
	read  func(frame []byte) (audioFrame, error)
	info  AudioInfo
}

func (t *selfDescribing) Codec() Codec { return t.codec }

// SetConfig accepts no configuration but an empty one. The error wraps ErrBadConfig.
func (t *selfDescribing) SetConfig(config []byte) error { return noConfig(t.codec, config) }

func noConfig(c Codec, config []byte) error {
	if len(config) > 0 {
		return fmt.Errorf("%w: %d bytes for %v, which has none", ErrBadConfig, len(config), c)
	}
	return nil
}

// Take reads the header of one frame. The error wraps ErrBadFrame.
func (t *selfDescribing) Take(frame []byte) error {
	f, err := t.read(frame)
	if err != nil {
		return err
	}
	t.info = AudioInfo{Codec: t.codec, SampleRate: f.rate, Channels: f.channels}
	return nil
}

func (t *selfDescribing) Ready() bool     { return t.info.SampleRate > 0 }
func (t *selfDescribing) Record() []byte  { return nil }
func (t *selfDescribing) Info() AudioInfo { return t.info }

func (t *selfDescribing) Samples(frame []byte) (n, rate int) {
	f, err := t.read(frame)
	if err != nil {
		return 0, t.info.SampleRate
	}
	return f.samples, f.rate
}

// g711Track is a track of G.711, which FLV has with 8 kHz only.
type g711Track struct {
	codec    Codec
	channels int
}

// G711Rate is the only sample rate in Hz with which G.711 can be sent.
const G711Rate = 8000

// G711Config returns the AccessUnit.Config for G.711 with a number of channels, 1 or 2: one byte. Without a configuration it is mono. The
// error, which wraps ErrUnsupportedCodec, says what cannot be sent.
func G711Config(sampleRate, channels int) ([]byte, error) {
	if sampleRate != G711Rate || channels < 1 || channels > 2 {
		return nil, fmt.Errorf("%w: G.711 with %d Hz and %d channels, RTMP has it with %d Hz and 1 or 2",
			ErrUnsupportedCodec, sampleRate, channels, G711Rate)
	}
	return []byte{byte(channels)}, nil
}

func (t *g711Track) Codec() Codec { return t.codec }

// SetConfig takes what G711Config returns. The error wraps ErrBadConfig.
func (t *g711Track) SetConfig(config []byte) error {
	switch {
	case len(config) == 0:
		t.channels = 1
	case len(config) == 1 && (config[0] == 1 || config[0] == 2):
		t.channels = int(config[0])
	default:
		return fmt.Errorf("%w: % x for G.711, expected one byte, the number of channels", ErrBadConfig, config[:min(len(config), 8)])
	}
	return nil
}

// Take checks one frame: any number of samples. The error wraps ErrBadFrame.
func (t *g711Track) Take(frame []byte) error {
	switch {
	case len(frame) == 0:
		return errEmptyFrame(t.codec)
	case len(frame)%t.channels != 0:
		return fmt.Errorf("%w: %v of %d bytes and %d channels", ErrBadFrame, t.codec, len(frame), t.channels)
	}
	return nil
}

func (t *g711Track) Ready() bool    { return true }
func (t *g711Track) Record() []byte { return nil }

func (t *g711Track) Info() AudioInfo {
	return AudioInfo{Codec: t.codec, SampleRate: G711Rate, Channels: t.channels}
}

func (t *g711Track) Samples(frame []byte) (n, rate int) { return len(frame) / t.channels, G711Rate }
