package core

import (
	"log/slog"
	"slices"
	"sync"

	"luatrtmp/core/flv"
	"luatrtmp/core/source"
	"luatrtmp/internal/brief"
)

// playhead is a source and the place that has been reached in it. It takes back the unit that was read last: what a run that
// is stopped could not send yet must not be missing when the next one goes on.
//
// One goroutine at a time uses it. Opening, reading and closing a file may hang for as long as its file system does. Nobody
// waits for that: whoever has to go on leaves the goroutine behind with the playhead, which nobody else uses from then on.
type playhead struct {
	spec   source.Spec
	Source source.Source   // of one that is read; nil until it is opened
	held   *flv.AccessUnit // what was taken back; nil: nothing
	used   bool            // something was read

	mu     sync.Mutex
	live   liveSource // of one that is received; nil until it is opened
	inside bool       // a goroutine is in a call that may hang
	left   bool       // that goroutine was left behind
}

// liveSource is a source that is received: its units come when they come.
type liveSource interface {
	Info() source.Info

	// Ports returns the UDP ports at which it receives.
	Ports() []uint16

	// Play lets units go to take from now on, and the numbers of frames that were lost to drop; Pause ends that, and nothing
	// is being taken when it returns.
	Play(take func(*flv.AccessUnit), drop func(frames, size int))
	Pause()

	// Failed returns what tells why nothing comes any more.
	Failed() <-chan error

	// Look returns why no unit has come since it was called before, nil if one has; and whether the log has that already.
	Look() (why error, logged bool)

	Close()
}

// newPlayhead returns a source that is not open yet.
func newPlayhead(spec source.Spec) *playhead { return &playhead{spec: spec} }

// open opens the source, unless it is open.
func (h *playhead) open(with *feederConfig) (err error) {
	if h.Source != nil || h.received() != nil {
		return nil
	}
	if err := roomForAnother(); err != nil {
		return err
	}
	h.enter()
	if h.spec.Live() {
		var live liveSource
		if live, err = with.openLive(h.spec, with.log); err == nil {
			h.mu.Lock()
			h.live = live
			h.mu.Unlock()
		}
	} else {
		spec := h.spec
		spec.Warn = func(text string) { with.log.Warn("a fault in the source", "what", text) }
		h.Source, err = with.open(spec)
	}
	if !h.exit() {
		return errStopped
	}
	if err == nil {
		for _, skipped := range brief.List(h.Info().Skipped) {
			with.log.Warn("a track of the source is not sent", "track", skipped)
		}
	}
	return err
}

// received returns what receives a live source that is open, else nil. Any goroutine may call it.
func (h *playhead) received() liveSource {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.live
}

// usesAny reports whether the source receives at one of these ports.
func (h *playhead) usesAny(ports []uint16) bool {
	live := h.received()
	return live != nil && slices.ContainsFunc(live.Ports(), func(port uint16) bool { return slices.Contains(ports, port) })
}

// kind returns what the source is for the log, which paths and addresses are not for.
func (h *playhead) kind() string {
	switch {
	case h.spec.Path == source.Clip:
		return "built-in clip"
	case h.spec.Path == source.None:
		return "none"
	case h.spec.Live():
		return "live"
	}
	return "file"
}

// Info returns what the source says of its tracks; nothing if it is not open. What plays for ever has no duration.
func (h *playhead) Info() source.Info {
	if live := h.received(); live != nil {
		return live.Info()
	}
	if h.Source == nil {
		return source.Info{}
	}
	info := h.Source.Info()
	if h.spec.Loop || h.spec.Path == source.Clip {
		info.Duration = 0
	}
	return info
}

// Next returns the next unit of a source that is read. The error is errStopped if the caller was left behind meanwhile.
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

// exit ends it. It returns false if the caller was left behind: then the source is closed, and the caller's goroutine must
// end.
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
	left, live := h.left, h.live
	h.mu.Unlock()
	switch {
	case left:
	case live != nil:
		live.Close()
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
	if live := h.received(); live != nil {
		live.Close()
	} else if h.Source != nil {
		h.Source.Close()
	}
}
