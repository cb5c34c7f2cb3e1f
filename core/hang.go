package core

import (
	"log/slog"
	"sync/atomic"
	"time"

	"luatrtmp/core/rtmperr"
)

// A file system that stops answering - a network drive, a dying disk - holds every call to it, for minutes or for ever, and
// nothing can call such a call off. So nobody whom the host waits for makes one, and a goroutine that hangs in one is left
// behind. It ends by itself once its call returns.

const (
	// hangPatience is how long whoever stops a source waits for a call that reads it. A goodbye has to come behind it, within
	// closeTimeout.
	hangPatience = closeTimeout / 2

	// slowPatience is how long a session waits for that which is to go on with the source on another connection.
	slowPatience = 10 * time.Second

	// openPatience is how long a call that opens a file for its caller may take: a table of some 100 MB from a slow card.
	openPatience = 30 * time.Second

	// maxLeftBehind bounds the goroutines that are left behind. Each has a thread of the system.
	maxLeftBehind = 256
)

// leftBehind counts the goroutines of this process that are left behind now.
var leftBehind atomic.Int64

func noteLeftBehind(log *slog.Logger) {
	log.Warn("the file system does not answer: the thread that hangs in it is left behind", "hanging", leftBehind.Add(1))
}

// roomForAnother returns an error when so many goroutines hang that no further one may be risked.
func roomForAnother() error {
	if n := leftBehind.Load(); n >= maxLeftBehind {
		return rtmperr.New(rtmperr.ErrTimeout, "the file system does not answer: %d threads hang in it already", n)
	}
	return nil
}

// patiently returns what f returns, or ErrTimeout when that takes longer than openPatience. What f returns later is discarded.
func patiently[T any](log *slog.Logger, f func() (T, error), discard func(T)) (result T, err error) {
	if err := roomForAnother(); err != nil {
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
	timer := time.NewTimer(openPatience)
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
	return result, rtmperr.New(rtmperr.ErrTimeout, "the file system did not answer within %v", openPatience)
}

// waitFor waits until a channel is closed, and returns false if that takes longer than limit.
func waitFor(closed <-chan struct{}, limit time.Duration) bool {
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
