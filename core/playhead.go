package core

import (
	"log/slog"
	"sync"

	"luatrtmp/core/flv"
	"luatrtmp/core/mux"
	"luatrtmp/core/source"
	"luatrtmp/core/source/rtp"
	"luatrtmp/internal/brief"
)

// playhead is a source and the place that has been reached in it. It takes back the unit that was read last: what a feeder
// that is stopped could not send yet must not be missing when the next one goes on.
//
// One goroutine at a time uses it. Opening, reading and closing a file may hang for as long as its file system does. Nobody
// waits for that: whoever has to go on leaves the goroutine behind with the playhead, which nobody else uses from then on.
type playhead struct {
	source.Source // nil until it is opened, and if it is live
	held          *flv.AccessUnit
	used          bool // something was read

	spec source.Spec
	live *live // nil if it is read

	endless bool // it plays for ever

	mu     sync.Mutex
	inside bool // a goroutine is in a call that may hang
	left   bool // that goroutine was left behind
}

// openSource opens what a spec names.
func (p *Publisher) openSource(spec source.Spec) (*playhead, error) {
	h := &playhead{spec: spec}
	return h, h.open(p)
}

// open opens the source, unless it is open.
func (h *playhead) open(p *Publisher) (err error) {
	if h.Source != nil || h.live != nil {
		return nil
	}
	if err := roomForAnother(); err != nil {
		return err
	}
	h.enter()
	if h.spec.Live() {
		live, failed := openLive(h.spec, p.log)
		h.mu.Lock()
		h.live, err = live, failed
		h.mu.Unlock()
	} else {
		spec := h.spec
		spec.Warn = func(text string) { p.log.Warn("a fault in the source", "what", text) }
		h.Source, err = p.open(spec)
		h.endless = h.spec.Loop || h.spec.Path == source.Clip
	}
	if !h.exit() {
		return errStopped
	}
	if err == nil {
		for _, skipped := range brief.List(h.Info().Skipped) {
			p.log.Warn("a track of the source is not sent", "track", skipped)
		}
	}
	return err
}

// received returns what receives a live source that is open, else nil. Any goroutine may call it.
func (h *playhead) received() *live {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.live
}

// overlaps reports whether another source would receive at one of the ports that are open.
func (h *playhead) overlaps(d *rtp.Description) bool {
	l := h.received()
	return l != nil && l.overlaps(d)
}

// Info implements source.Source.
func (h *playhead) Info() source.Info {
	if h.live != nil {
		return h.live.info()
	}
	return h.Source.Info()
}

// expectationOf returns what a source says of its tracks; nothing if there is none.
func expectationOf(h *playhead) mux.Expectation {
	if h == nil {
		return mux.Expectation{}
	}
	info := h.Info()
	e := mux.Expectation{
		Video: info.Video, Audio: info.Audio, VideoConfig: info.VideoConfig, AudioConfig: info.AudioConfig,
		VideoRate: info.VideoRate, AudioRate: info.AudioRate,
	}
	if !h.endless {
		e.Duration = info.Duration
	}
	return e
}

// Next implements source.Source. The error is errStopped if the caller was left behind meanwhile.
func (h *playhead) Next() (*flv.AccessUnit, error) {
	if unit := h.held; unit != nil {
		h.held = nil
		return unit, nil
	}
	h.enter()
	unit, err := h.Source.Next()
	if !h.exit() {
		return nil, errStopped
	}
	return unit, err
}

// back goes back to the last key frame that was reached, if there is one.
func (h *playhead) back() error {
	h.held = nil
	h.enter()
	err := h.Source.Back()
	if !h.exit() {
		return errStopped
	}
	return err
}

// enter begins a call that may hang.
func (h *playhead) enter() {
	h.mu.Lock()
	h.inside = true
	h.mu.Unlock()
}

// exit ends it. It returns false if the caller was left behind: then the source is closed, and the caller's goroutine must end.
func (h *playhead) exit() bool {
	h.mu.Lock()
	h.inside = false
	left := h.left
	h.mu.Unlock()
	if left {
		h.shut()
		leftBehind.Add(-1)
	}
	return !left
}

// leaveBehind leaves the goroutine behind that is in a call. It returns false if none is.
func (h *playhead) leaveBehind(log *slog.Logger) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.left:
		return true
	case !h.inside:
		return false
	}
	h.left = true
	noteLeftBehind(log)
	return true
}

// close closes the source, and waits a moment for that. What was left behind closes itself.
func (h *playhead) close(log *slog.Logger) {
	h.mu.Lock()
	left := h.left
	h.mu.Unlock()
	switch {
	case left:
	case h.live != nil:
		h.live.close()
	case h.Source != nil:
		closed := make(chan struct{})
		h.enter()
		go func() {
			defer close(closed)
			h.shut()
			h.exit()
		}()
		for !waitFor(closed, hangPatience) && !h.leaveBehind(log) {
		}
	}
}

// shut closes what is open.
func (h *playhead) shut() {
	switch {
	case h.live != nil:
		h.live.close()
	case h.Source != nil:
		h.Source.Close()
	}
}

func (p *Publisher) closeSource(h *playhead) {
	if h != nil {
		h.close(p.log)
	}
}
