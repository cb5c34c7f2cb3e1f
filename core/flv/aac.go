package flv

import (
	"bytes"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

// SamplesPerFrame is the number of samples, at the core sample rate, in an AAC frame.
const SamplesPerFrame = mpeg4audio.SamplesPerAccessUnit

// ParseASC reads an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) of AAC LC, Main or LTP, or of HE-AAC; SSR is taken for LC. For HE-AAC that
// is signalled in it, sample rate and channels are those of the output. Channels is 0 where only the stream itself says it. The error wraps
// ErrBadAudioConfig.
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
		if name := objectTypes[objectType(config)]; name != "" {
			return asc, fmt.Errorf("%w: it is %s, of AAC only LC, HE-AAC, Main and LTP can be sent", ErrBadAudioConfig, name)
		}
		return asc, fmt.Errorf("%w: % x (AAC LC, HE-AAC, Main and LTP are supported): %w", ErrBadAudioConfig, config[:min(len(config), 8)], err)
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
	objectTypeSSR  = 3
	objectTypeLTP  = 4
)

// objectTypes names those that are in use and cannot be sent.
var objectTypes = map[int]string{
	6: "scalable AAC", 17: "AAC LC with error resilience", 19: "AAC LTP with error resilience", 20: "scalable AAC with error resilience",
	23: "AAC-LD", 32: "MPEG audio of layer 1", 33: "MPEG audio of layer 2", 34: "MP3", 36: "ALS", 37: "SLS", 39: "AAC-ELD", 42: "xHE-AAC (USAC)",
}

// objectType returns the object type of an AudioSpecificConfig, 0 if it is too short to say it. ISO/IEC 14496-3, 1.6.2.1.
func objectType(config []byte) int {
	const escape = 31
	switch {
	case len(config) < 2:
		return 0
	case config[0]>>3 == escape:
		return escape + 1 + int(config[0]&7<<3|config[1]>>5)
	}
	return int(config[0] >> 3)
}

// asLC returns an AudioSpecificConfig of AAC Main, LTP or SSR as that of AAC LC, which has the same fields; mediacommon reads only the
// latter. Other configurations stay as they are.
func asLC(config []byte) []byte {
	switch objectType(config) {
	case objectTypeMain, objectTypeSSR, objectTypeLTP:
		config = bytes.Clone(config)
		config[0] = objectTypeLC<<3 | config[0]&7
	}
	return config
}

// sentASC returns an AudioSpecificConfig as it is sent: AAC SSR as LC. Encoders that mean LC write SSR by mistake, and there is no
// other use of it that a decoder would know.
func sentASC(config []byte) []byte {
	if objectType(config) == objectTypeSSR {
		return asLC(config)
	}
	return bytes.Clone(config)
}
