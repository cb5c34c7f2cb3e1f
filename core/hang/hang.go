package hang

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"luatrtmp/core/rtmperr"
)

const (
	// StopPatience is how long whoever ends something waits for a call that hangs. It is half of what
	// Disconnect and Close may take:
	// a goodbye has to come behind it.
	StopPatience = 200 * time.Millisecond

	// OpenPatience is how long a call that opens a file for its caller may take: a table of some 100 MB from a slow card.
	OpenPatience = 30 * time.Second

	// maxLeftBehind bounds the goroutines that are left behind. Each has a thread of the system.
	maxLeftBehind = 256
)

// leftBehind counts the goroutines that are left behind now. It is one for the whole process, whose threads it bounds.
var leftBehind atomic.Int64

// Hanging returns how many goroutines of this process are left behind now.
func Hanging() int { return int(leftBehind.Load()) }

func noteLeftBehind(log *slog.Logger) {
	log.Warn("the file system does not answer: the thread that hangs in it is left behind", "hanging", leftBehind.Add(1))
}

// Room returns an error when so many goroutines hang that no further one may be risked.
func Room() error {
	if n := leftBehind.Load(); n >= maxLeftBehind {
		return rtmperr.New(rtmperr.ErrTimeout, "the file system does not answer: %d threads hang in it already", n)
	}
	return nil
}

// Call returns what f returns, or ErrTimeout when that takes longer than OpenPatience. What f returns later is discarded.
func Call[T any](log *slog.Logger, f func() (T, error), discard func(T)) (result T, err error) {
	if err := Room(); err != nil {
		return result, err
	}
	type outcome struct {
		result T
		err    error
	}
	var given atomic.Bool // somebody has decided what becomes of the outcome
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		o.err = rtmperr.Guard(func() (err error) {
			o.result, err = f()
			return err
		})
		if given.CompareAndSwap(false, true) {
			done <- o
			return
		}
		if o.err == nil {
			discard(o.result)
		}
		leftBehind.Add(-1)
	}()
	timer := time.NewTimer(OpenPatience)
	defer timer.Stop()
	select {
	case o := <-done:
		return o.result, o.err
	case <-timer.C:
	}
	if !given.CompareAndSwap(false, true) {
		o := <-done
		return o.result, o.err
	}
	noteLeftBehind(log)
	return result, rtmperr.New(rtmperr.ErrTimeout, "the file system did not answer within %v", OpenPatience)
}

// Wait waits until a channel is closed, and returns false if that takes longer than limit.
func Wait(closed <-chan struct{}, limit time.Duration) bool {
	select {
	case <-closed:
		return true
	default:
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-closed:
		return true
	case <-timer.C:
		return false
	}
}

// Calls are calls of one goroutine that may hang.
type Calls struct {
	mu     sync.Mutex
	inside bool // the goroutine is in one
	left   bool // it was left behind
}

// Enter begins a call.
func (c *Calls) Enter() {
	c.mu.Lock()
	c.inside = true
	c.mu.Unlock()
}

// Exit ends it. It returns false if the goroutine was left behind, which must end then: discard, which throws away what it
// used, has been called.
func (c *Calls) Exit(discard func()) bool {
	c.mu.Lock()
	c.inside = false
	left := c.left
	c.mu.Unlock()
	if left {
		discard()
		leftBehind.Add(-1)
	}
	return !left
}

// LeaveBehind leaves the goroutine behind that is in a call. It returns false if none is.
func (c *Calls) LeaveBehind(log *slog.Logger) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.left:
		return true
	case !c.inside:
		return false
	}
	c.left = true
	noteLeftBehind(log)
	return true
}

// Left reports whether the goroutine was left behind.
func (c *Calls) Left() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left
}
