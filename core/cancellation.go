package core

import (
	"context"
	"sync"
	"time"
)

// cancellation is a context.Context that somebody ends. context.WithCancel makes one too, with a map for what depends on it, which
// each session would keep for nothing.
type cancellation struct {
	mu    sync.Mutex
	over  error         // context.Canceled, or context.DeadlineExceeded
	done  chan struct{} // nil: nobody has asked for it
	calls *call         // the first of those to be made when it is over
}

// call is a function that is called when a cancellation is over.
type call struct {
	of   *cancellation
	f    func()
	next *call
}

// end ends it. It may be called several times.
func (c *cancellation) end() { c.endAs(context.Canceled) }

func (c *cancellation) endAs(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over != nil {
		return
	}
	c.over = why
	if c.done != nil {
		close(c.done)
	}
	for call := c.calls; call != nil; call = call.next {
		go call.f()
	}
	c.calls = nil
}

// after lets f be called in a goroutine of its own when c is over.
func (c *cancellation) after(f func()) *call {
	c.mu.Lock()
	defer c.mu.Unlock()
	made := &call{of: c, f: f}
	if c.over != nil {
		go f()
		return made
	}
	made.next, c.calls = c.calls, made
	return made
}

// stop calls it off, and returns false when it is too late. A nil call is off.
func (a *call) stop() bool {
	if a == nil {
		return true
	}
	a.of.mu.Lock()
	defer a.of.mu.Unlock()
	for at := &a.of.calls; *at != nil; at = &(*at).next {
		if *at == a {
			*at = a.next
			return true
		}
	}
	return false
}

// AfterFunc is after as package context uses it, instead of a goroutine that waits.
func (c *cancellation) AfterFunc(f func()) (stop func() bool) { return c.after(f).stop }

// child returns a cancellation that is over with c, or when end is called, which must follow.
func (c *cancellation) child() (child *cancellation, end func()) {
	child = &cancellation{}
	ends := c.after(child.end)
	return child, func() {
		ends.stop()
		child.end()
	}
}

// Done implements context.Context.
func (c *cancellation) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.over != nil {
			close(c.done)
		}
	}
	return c.done
}

// Err implements context.Context.
func (c *cancellation) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

// Deadline implements context.Context: there is none.
func (c *cancellation) Deadline() (at time.Time, known bool) { return at, false }

// Value implements context.Context: there are none.
func (c *cancellation) Value(any) any { return nil }

// limited is a cancellation that is also over at a certain time.
type limited struct {
	cancellation
	at    time.Time
	with  *call // its end with another one
	timer *time.Timer
}

// within returns a cancellation that is over with c, or after a time, or when release is called, which must follow.
func (c *cancellation) within(d time.Duration) *limited {
	l := &limited{at: time.Now().Add(d)}
	l.with = c.after(l.end)
	l.timer = time.AfterFunc(d, l.late)
	return l
}

func (l *limited) late() { l.endAs(context.DeadlineExceeded) }

// release ends it.
func (l *limited) release() {
	l.with.stop()
	l.timer.Stop()
	l.end()
}

// Deadline implements context.Context.
func (l *limited) Deadline() (at time.Time, known bool) { return l.at, true }
