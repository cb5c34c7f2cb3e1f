package flv

import (
	"bytes"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

// SamplesPerFrame is the number of samples, at the core sample rate, in an AAC frame.
const SamplesPerFrame = mpeg4audio.SamplesPerAccessUnit

// ParseASC reads an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) of AAC LC, Main or LTP, or of HE-AAC. For HE-AAC that is signalled in it, sample rate and
// channels are those of the output. Channels is 0 where only the stream itself says it. The error wraps ErrBadAudioConfig.
func ParseASC(config []byte) (AudioInfo, error) {
	asc, err := parseASC(config)
	if err != nil {
		return AudioInfo{}, err
	}
	info := AudioInfo{SampleRate: asc.SampleRate, Channels: asc.ChannelCount}
	switch asc.ExtensionType {
	case mpeg4audio.ObjectTypeSBR:
		info.SampleRate = asc.ExtensionSampleRate
	case mpeg4audio.ObjectTypePS: // parametric stereo makes two channels of one
		info.SampleRate = asc.ExtensionSampleRate
		info.Channels = 2
	}
	return info, nil
}

// CoreSampleRate returns the rate in Hz at which an AAC frame has SamplesPerFrame samples: for HE-AAC the rate of its core, which gives the
// duration of a frame. The error wraps ErrBadAudioConfig.
func CoreSampleRate(config []byte) (int, error) {
	asc, err := parseASC(config)
	if err != nil {
		return 0, err
	}
	return asc.SampleRate, nil
}

func parseASC(config []byte) (mpeg4audio.AudioSpecificConfig, error) {
	var asc mpeg4audio.AudioSpecificConfig
	if err := asc.Unmarshal(asLC(config)); err != nil {
		return asc, fmt.Errorf("%w: % x (AAC LC, Main, LTP and HE-AAC are supported): %w", ErrBadAudioConfig, config[:min(len(config), 8)], err)
	}
	if asc.SampleRate <= 0 || asc.ExtensionType != 0 && asc.ExtensionSampleRate <= 0 {
		return asc, fmt.Errorf("%w: % x: sample rate 0", ErrBadAudioConfig, config[:min(len(config), 8)])
	}
	return asc, nil
}

// Object types, ISO/IEC 14496-3, table 1.17.
const (
	objectTypeMain = 1
	objectTypeLC   = 2
	objectTypeLTP  = 4
)

// asLC returns an AudioSpecificConfig of AAC Main or LTP as that of AAC LC, which has the same fields; mediacommon reads only the latter.
// Other configurations stay as they are.
func asLC(config []byte) []byte {
	if len(config) == 0 || config[0]>>3 != objectTypeMain && config[0]>>3 != objectTypeLTP {
		return config
	}
	config = bytes.Clone(config)
	config[0] = objectTypeLC<<3 | config[0]&7
	return config
}
