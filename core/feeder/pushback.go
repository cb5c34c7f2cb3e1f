package feeder

import (
	"log/slog"
	"slices"
	"sync"

	"luatrtmp/core/flv"
	"luatrtmp/core/hang"
	"luatrtmp/core/source"
	"luatrtmp/internal/brief"
)

// pushback is a source and the place that has been reached in it. It takes back the unit that was read last: what a run that
// is stopped could not send yet must not be missing when the next one goes on.
//
// One goroutine at a time uses it. Opening, reading and closing a file may hang for as long as its file system does. Nobody
// waits for that: whoever has to go on leaves the goroutine behind with the pushback, which nobody else uses from then on.
type pushback struct {
	spec   source.Spec
	Source source.Source   // of one that is read; nil until it is opened
	held   *flv.AccessUnit // what was taken back; nil: nothing
	used   bool            // something was read

	calls hang.Calls

	mu   sync.Mutex
	live Live // of one that is received; nil until it is opened
}

// Live is a source that is received: its units come when they come.
type Live interface {
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

// newPushback returns a source that is not open yet.
func newPushback(spec source.Spec) *pushback { return &pushback{spec: spec} }

// open opens the source, unless it is open.
func (h *pushback) open(with *Config) (err error) {
	if h.Source != nil || h.received() != nil {
		return nil
	}
	if err := hang.Room(); err != nil {
		return err
	}
	h.calls.Enter()
	if h.spec.Live() {
		var live Live
		if live, err = with.OpenLive(h.spec, with.Log); err == nil {
			h.mu.Lock()
			h.live = live
			h.mu.Unlock()
		}
	} else {
		spec := h.spec
		spec.Warn = func(text string) { with.Log.Warn("a fault in the source", "what", text) }
		h.Source, err = with.Open(spec)
	}
	if !h.calls.Exit(h.shut) {
		return errStopped
	}
	if err == nil {
		for _, skipped := range brief.List(h.Info().Skipped) {
			with.Log.Warn("a track of the source is not sent", "track", skipped)
		}
	}
	return err
}

// received returns what receives a live source that is open, else nil. Any goroutine may call it.
func (h *pushback) received() Live {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.live
}

// usesAny reports whether the source receives at one of these ports.
func (h *pushback) usesAny(ports []uint16) bool {
	live := h.received()
	return live != nil && slices.ContainsFunc(live.Ports(), func(port uint16) bool { return slices.Contains(ports, port) })
}

// kind returns what the source is for the log, which paths and addresses are not for.
func (h *pushback) kind() string {
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
func (h *pushback) Info() source.Info {
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
func (h *pushback) Next() (*flv.AccessUnit, error) {
	if unit := h.held; unit != nil {
		h.held = nil
		return unit, nil
	}
	h.calls.Enter()
	unit, err := h.Source.Next()
	if !h.calls.Exit(h.shut) {
		return nil, errStopped
	}
	return unit, err
}

// back goes back to the last key frame that was reached, if there is one.
func (h *pushback) back() error {
	h.held = nil
	h.calls.Enter()
	err := h.Source.Back()
	if !h.calls.Exit(h.shut) {
		return errStopped
	}
	return err
}

// close closes the source, and waits a moment for that. What was left behind closes itself.
func (h *pushback) close(log *slog.Logger) {
	live := h.received()
	switch {
	case h.calls.Left():
	case live != nil:
		live.Close()
	case h.Source != nil:
		closed := make(chan struct{})
		h.calls.Enter()
		go func() {
			defer close(closed)
			h.shut()
			h.calls.Exit(h.shut)
		}()
		for !hang.Wait(closed, hang.StopPatience) && !h.calls.LeaveBehind(log) {
		}
	}
}

// shut closes what is open.
func (h *pushback) shut() {
	if live := h.received(); live != nil {
		live.Close()
	} else if h.Source != nil {
		h.Source.Close()
	}
}
