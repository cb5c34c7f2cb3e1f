package core

import (
	"context"
	"slices"
	"sync"
	"time"
)

// cancellation is a context.Context that somebody ends. context.WithCancel makes one too, with a map for what depends on it, which
// each session would keep for nothing.
type cancellation struct {
	mu    sync.Mutex
	over  bool
	done  chan struct{} // nil: nobody has asked for it
	calls []*func()     // when it is over
}

// end ends it. It may be called several times.
func (c *cancellation) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	c.over = true
	if c.done != nil {
		close(c.done)
	}
	for _, f := range c.calls {
		go (*f)()
	}
	c.calls = nil
}

// AfterFunc is what package context uses instead of a goroutine that waits: f is called in a goroutine of its own when c is over.
// stop calls that off, and returns false when it is too late.
func (c *cancellation) AfterFunc(f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		go f()
		return func() bool { return false }
	}
	call := &f
	c.calls = append(c.calls, call)
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		i := slices.Index(c.calls, call)
		if i >= 0 {
			c.calls = slices.Delete(c.calls, i, i+1)
		}
		return i >= 0
	}
}

// Done implements context.Context.
func (c *cancellation) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.over {
			close(c.done)
		}
	}
	return c.done
}

// Err implements context.Context.
func (c *cancellation) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return context.Canceled
	}
	return nil
}

// Deadline implements context.Context: there is none.
func (c *cancellation) Deadline() (at time.Time, known bool) { return at, false }

// Value implements context.Context: there are none.
func (c *cancellation) Value(any) any { return nil }
