package flv

import (
	"fmt"
	"luatrtmp/core/flv/bitstream"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

// SilentAAC returns the AudioSpecificConfig of AAC LC, and one raw frame of SamplesPerFrame samples of silence, for a sample rate that AAC
// has a number for, and 1 or 2 channels. The error, which wraps ErrBadAudioConfig, says what is wrong with the arguments.
//
// The frame is raw_data_block of ISO/IEC 14496-3, 4.4.2.1, with nothing in it: a single_channel_element, or a channel_pair_element without
// common window, whose channels have max_sfb 0 and so neither sections nor spectral data; then END.
func SilentAAC(sampleRate, channels int) (config, frame []byte, err error) {
	if channels != 1 && channels != 2 {
		return nil, nil, fmt.Errorf("%w: silence with %d channels, 1 or 2 are possible", ErrBadAudioConfig, channels)
	}
	asc := mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: sampleRate, ChannelConfig: uint8(channels)}
	config, err = asc.Marshal()
	if err != nil || len(config) != 2 { // a rate without a number makes the configuration longer
		return nil, nil, fmt.Errorf("%w: silence with %d Hz, which is not a sample rate of AAC", ErrBadAudioConfig, sampleRate)
	}
	const (
		idSCE, idCPE, idEND = 0, 1, 7
		// individual_channel_stream: global_gain 8 bits, ics_info, and no pulse data, noise shaping or gain control, 1 bit each. ics_info:
		// reserved bit, window_sequence 2 bits, window_shape, max_sfb 6 bits, predictor_data_present.
		channelBits = 8 + (1 + 2 + 1 + 6 + 1) + 3
	)
	element, bits := uint32(idSCE)<<4, 3+4 // with element_instance_tag,
	if channels == 2 {
		element, bits = idCPE<<5, 3+4+1 // and common_window
	}
	var w bitstream.Writer
	w.Put(element, bits)
	for range channels {
		w.Put(0, channelBits)
	}
	w.Put(idEND, 3)
	return config, w.Buf, nil
}
