package core

import (
	"luatrtmp/core/flv"
	"luatrtmp/core/source"
)

// playhead is a source that takes back the unit that was read last: what a feeder that is stopped could not send yet
// must not be missing when the next one goes on.
type playhead struct {
	source.Source // nil if it is live
	held          *flv.AccessUnit

	live *live // nil if it is read

	endless bool // it plays for ever
}

// openSource opens what a spec names.
func (p *Publisher) openSource(spec source.Spec) (*playhead, error) {
	if spec.Live() {
		l, err := openLive(spec, p.log)
		if err != nil {
			return nil, err
		}
		return &playhead{live: l}, nil
	}
	opened, err := source.Open(spec)
	if err != nil {
		return nil, err
	}
	return &playhead{Source: opened, endless: spec.Loop || spec.Path == source.Clip}, nil
}

// Info implements source.Source.
func (h *playhead) Info() source.Info {
	if h.live != nil {
		return h.live.info()
	}
	return h.Source.Info()
}

// expectationOf returns what a source says of its tracks; nothing if there is none.
func expectationOf(h *playhead) expectation {
	if h == nil {
		return expectation{}
	}
	info := h.Info()
	e := expectation{
		video: info.Video, audio: info.Audio, videoConfig: info.VideoConfig, audioConfig: info.AudioConfig,
		videoRate: info.VideoRate, audioRate: info.AudioRate,
	}
	if !h.endless {
		e.duration = info.Duration
	}
	return e
}

// Close implements source.Source.
func (h *playhead) Close() error {
	if h.live != nil {
		h.live.close()
		return nil
	}
	return h.Source.Close()
}

// Next implements source.Source.
func (h *playhead) Next() (*flv.AccessUnit, error) {
	if unit := h.held; unit != nil {
		h.held = nil
		return unit, nil
	}
	return h.Source.Next()
}

func closeSource(s *playhead) {
	if s != nil {
		s.Close()
	}
}
