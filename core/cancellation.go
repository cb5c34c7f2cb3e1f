package core

import (
	"context"
	"slices"
	"sync"
	"time"
)

// cancellation is a context.Context that somebody ends. context.WithCancel makes one too, with a map for what depends on it, which each
// session would keep for nothing.
type cancellation struct {
	done chan struct{}

	mu    sync.Mutex
	over  bool
	calls []*func() // when it is over
}

func newCancellation() *cancellation { return &cancellation{done: make(chan struct{})} }

// end ends it. It may be called several times.
func (e *cancellation) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return
	}
	e.over = true
	close(e.done)
	for _, f := range e.calls {
		go (*f)()
	}
	e.calls = nil
}

// AfterFunc is what package context uses instead of a goroutine that waits: f is called in a goroutine of its own when e is over.
// stop calls that off, and returns false when it is too late.
func (e *cancellation) AfterFunc(f func()) (stop func() bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		go f()
		return func() bool { return false }
	}
	call := &f
	e.calls = append(e.calls, call)
	return func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		i := slices.Index(e.calls, call)
		if i >= 0 {
			e.calls = slices.Delete(e.calls, i, i+1)
		}
		return i >= 0
	}
}

// Done implements context.Context.
func (e *cancellation) Done() <-chan struct{} { return e.done }

// Err implements context.Context.
func (e *cancellation) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return context.Canceled
	}
	return nil
}

// Deadline implements context.Context: there is none.
func (e *cancellation) Deadline() (at time.Time, known bool) { return at, false }

// Value implements context.Context: there are none.
func (e *cancellation) Value(any) any { return nil }
