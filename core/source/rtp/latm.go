package rtp

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"luatrtmp/core/flv"
)

// applyLATM: RFC 6416, 7.3.
func applyLATM(m *Medium, f *format) error {
	m.latm = true
	config, err := f.hexParam("config")
	if err != nil {
		return err
	}
	if config == nil {
		if f.params["cpresent"] == "0" {
			return fmt.Errorf("%w: cpresent=0 without config", ErrBadDescription)
		}
		if m.ClockRate == 0 {
			return fmt.Errorf("%w: clock rate is missing", ErrBadDescription)
		}
		m.SampleRate = m.ClockRate
		return nil
	}
	var mux mpeg4audio.StreamMuxConfig
	if err := mux.Unmarshal(config); err != nil {
		return fmt.Errorf("%w: config: %w", ErrBadDescription, err)
	}
	asc, err := ascOf(&mux)
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	if f.params["cpresent"] == "0" {
		m.mux = &mux
	}
	return m.setAAC(asc)
}

// ascOf returns the AudioSpecificConfig of the only layer.
func ascOf(mux *mpeg4audio.StreamMuxConfig) ([]byte, error) {
	if len(mux.Programs) != 1 || len(mux.Programs[0].Layers) != 1 {
		return nil, fmt.Errorf("%w: MP4A-LATM with several programs or layers", ErrUnsupported)
	}
	layer := mux.Programs[0].Layers[0]
	if layer.AudioSpecificConfig == nil || layer.FrameLengthType != 0 {
		return nil, fmt.Errorf("%w: MP4A-LATM that is not AAC", ErrUnsupported)
	}
	return layer.AudioSpecificConfig.Marshal()
}

// latm takes AAC out of MP4A-LATM packets, RFC 6416, 6: an audioMuxElement, over several packets if it is long. The marker ends it.
type latm struct {
	mux     *mpeg4audio.StreamMuxConfig // nil: none yet
	inband  bool
	asc     []byte
	rate    int64
	element []byte
	at      int64
}

func (l *latm) reset() { l.element = l.element[:0] }

func (l *latm) config() []byte { return l.asc }

func (l *latm) add(payload []byte, marker bool, at int64, emit func([]byte, int64)) error {
	if len(l.element) > 0 && at != l.at {
		l.reset() // the end of that element did not come
	}
	l.at = at
	if len(l.element)+len(payload) > maxLATMElement {
		l.reset()
		return fmt.Errorf("%w: an audioMuxElement of more than %d bytes", errBadPayload, maxLATMElement)
	}
	l.element = append(l.element, payload...)
	if !marker {
		return nil
	}
	defer l.reset()
	e := mpeg4audio.AudioMuxElement{MuxConfigPresent: l.inband, StreamMuxConfig: l.mux}
	if l.inband && l.mux == nil && l.element[0]&0x80 != 0 {
		return nil // useSameStreamMux, and what is meant has not come yet
	}
	if err := e.Unmarshal(l.element); err != nil {
		return fmt.Errorf("%w: audioMuxElement: %w", errBadPayload, err)
	}
	if l.inband && !e.UseSameStreamMux {
		if err := l.setMux(e.StreamMuxConfig); err != nil {
			return err
		}
	}
	rate, err := flv.CoreSampleRate(l.asc)
	if err != nil {
		return err
	}
	for i, programs := range e.Payloads {
		if frame := programs[0][0]; len(frame) > 0 {
			emit(frame, at+int64(i)*mpeg4audio.SamplesPerAccessUnit*l.rate/int64(rate))
		}
	}
	return nil
}

// maxLATMElement: 64 frames of 6144 bits for each of 8 channels.
const maxLATMElement = 64 * 8 * 6144 / 8

// setMux takes a configuration from the stream.
func (l *latm) setMux(mux *mpeg4audio.StreamMuxConfig) error {
	asc, err := ascOf(mux)
	if err != nil {
		return fmt.Errorf("%w: %w", errBadPayload, err)
	}
	if _, err := flv.ParseASC(asc); err != nil {
		return fmt.Errorf("%w: %w", errBadPayload, err)
	}
	l.mux, l.asc = mux, asc
	return nil
}
