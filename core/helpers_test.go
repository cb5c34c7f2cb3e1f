package core

import (
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/options"
	"luatrtmp/tests/script"
)

const patience = script.Patience

// watch records the events of a Publisher.
type watch struct {
	t      *testing.T
	mu     sync.Mutex
	events []Event
	seen   int
	more   chan struct{}
}

func (w *watch) take(e Event) {
	w.mu.Lock()
	w.events = append(w.events, e)
	w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
}

// until waits for the next event that enters a state.
func (w *watch) until(s State) Event {
	w.t.Helper()
	limit := time.After(patience)
	for {
		w.mu.Lock()
		for w.seen < len(w.events) {
			e := w.events[w.seen]
			w.seen++
			if e.New == s {
				w.mu.Unlock()
				return e
			}
		}
		w.mu.Unlock()
		select {
		case <-w.more:
		case <-limit:
			require.FailNow(w.t, "state not reached", "%v; so far %v", s, w.states())
		}
	}
}

// states returns the states so far, and checks that each event leaves the state that the one before entered.
func (w *watch) states() []State {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []State
	for i, e := range w.events {
		if i > 0 {
			require.Equal(w.t, w.events[i-1].New, e.Old)
		}
		require.True(w.t, e.Old.mayBecome(e.New), "%v to %v", e.Old, e.New)
		require.Equal(w.t, e.New == StateError, e.Err != nil)
		all = append(all, e.New)
	}
	return all
}

// forget forgets the events so far.
func (w *watch) forget() {
	w.mu.Lock()
	w.events, w.seen = nil, 0
	w.mu.Unlock()
}

// newPublisher returns a Publisher with pairs of options, which is closed when the test ends.
func newPublisher(t *testing.T, url string, options ...string) (*Publisher, *watch) {
	t.Helper()
	return newLoggingPublisher(t, quietLog(), url, options...)
}

func newLoggingPublisher(t *testing.T, log *slog.Logger, url string, options ...string) (*Publisher, *watch) {
	t.Helper()
	p := New(log)
	t.Cleanup(p.Close)
	require.NoError(t, p.SetURL(url))
	require.NoError(t, p.SetSource("none"))
	for i := 0; i < len(options); i += 2 {
		require.NoError(t, p.SetOption(options[i], options[i+1]))
	}
	w := &watch{t: t, more: make(chan struct{}, 1)}
	p.Notify(w.take)
	return p, w
}

// publishing returns a Publisher that is connected to a scripted server.
func publishing(t *testing.T, options ...string) (*Publisher, *watch, *script.Conn) {
	t.Helper()
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/stream"), options...)
	require.NoError(t, p.Connect())
	conn := s.Accept()
	conn.Accept()
	w.until(StatePublishing)
	return p, w, conn
}

// noLeak fails when the test, cleanup included, leaves goroutines behind.
func noLeak(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		limit := time.Now().Add(patience)
		for runtime.NumGoroutine() > before {
			if time.Now().After(limit) {
				stacks := make([]byte, 64<<10)
				require.FailNow(t, "goroutines are left", "%s", stacks[:runtime.Stack(stacks, true)])
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// defaults returns options that nobody has set.
func defaults() *options.Options {
	o := options.Default()
	return &o
}

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }
