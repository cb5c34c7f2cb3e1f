package core

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Event is a change of state.
type Event struct {
	Old, New State
	Err      error // why, when New is StateError
}

// notice is what the owner is told: a change of state or, with kbps, a target for the encoder; or, with answered, what it
// is asked: for a fresh URL.
type notice struct {
	event   Event
	kbps    uint32
	waiting time.Duration

	answered chan struct{} // told when there is no need to wait for a URL; holds one
}

// events delivers notices to the owner's functions: in order, one at a time, and never under a lock of this package,
// so that they may call the Publisher. Whoever adds a notice delivers, unless another goroutine is at it: then that
// one goes on with it. The owner's functions run in goroutines of this package only: the owner may hold, in its calls, a
// lock that they take.
type events struct {
	mu         sync.Mutex
	state      func(Event)
	bitrate    func(kbps uint32, waiting time.Duration)
	url        func() (later bool)
	pending    []notice
	delivering bool
	closed     bool
	thread     atomic.Int64 // that runs a function of the owner; 0: none does
	New        error        // of the event that it is told
	idle       *sync.Cond   // nil: nobody has waited yet
}

// add queues a notice. It may be called under other locks; deliver must follow without them.
func (e *events) add(n notice) {
	e.mu.Lock()
	wanted := e.state != nil
	switch {
	case n.answered != nil:
		wanted = e.url != nil
	case n.kbps != 0:
		wanted = e.bitrate != nil
	}
	if !e.closed && wanted {
		e.pending = append(e.pending, n)
	}
	e.mu.Unlock()
}

// deliver delivers in the caller's goroutine, which is one of this package.
func (e *events) deliver() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.delivering {
		e.delivering = true
		e.run()
	}
}

// deliverApart delivers what is pending in a goroutine of its own.
func (e *events) deliverApart() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.delivering && len(e.pending) > 0 {
		e.delivering = true
		go func() {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.run()
		}()
	}
}

// run delivers all; e.mu is held, and released while a function of the owner runs.
func (e *events) run() {
	for len(e.pending) > 0 {
		n := e.pending[0]
		e.pending = e.pending[1:]
		e.call(n)
	}
	e.pending = nil // and its memory
	e.delivering = false
	e.tellIdle()
}

// call tells the owner; e.mu is held, and released meanwhile. The thread is noted because the owner's function may end
// the Publisher, which must not wait for itself.
func (e *events) call(n notice) {
	state, bitrate, url := e.state, e.bitrate, e.url
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	thread := threadID()
	e.New = n.event.Err
	e.thread.Store(int64(thread))
	beginCallback(thread)
	e.mu.Unlock()
	switch {
	case n.answered != nil:
		if url == nil || !url() {
			answer(n.answered)
		}
	case n.kbps != 0:
		if bitrate != nil {
			bitrate(n.kbps, n.waiting)
		}
	case state != nil:
		state(n.event)
	}
	e.mu.Lock()
	endCallback(thread)
	e.thread.Store(0)
	e.New = nil
}

// inside reports whether the caller runs in a function of the owner.
func (e *events) inside() bool {
	thread := e.thread.Load()
	return thread != 0 && thread == int64(threadID())
}

// current returns the failure of the event in whose function the caller runs.
func (e *events) current() (failure error, inside bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.New, e.New != nil && e.inside()
}

// busy reports whether something is still to be delivered, or being delivered.
func (e *events) busy() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.delivering || len(e.pending) > 0
}

// settle returns when everything is delivered, no function of the owner runs and the session, if there is one, is over.
// From inside a function that these would have to wait for it returns at once, and false.
func (e *events) settle(s *session) bool {
	e.deliverApart()
	thread := threadID()
	if !e.await(thread) {
		return false
	}
	e.mu.Lock()
	if e.idle == nil {
		e.idle = sync.NewCond(&e.mu)
	}
	for e.delivering || s != nil && !s.over() {
		e.idle.Wait()
	}
	e.mu.Unlock()
	awaited(thread)
	return true
}

// sessionOver wakes settle.
func (e *events) sessionOver() {
	e.mu.Lock()
	e.tellIdle()
	e.mu.Unlock()
}

// tellIdle wakes settle too; e.mu is held.
func (e *events) tellIdle() {
	if e.idle != nil {
		e.idle.Broadcast()
	}
}

func (e *events) setState(f func(Event)) {
	e.mu.Lock()
	e.state = f
	e.mu.Unlock()
}

func (e *events) setBitrate(f func(uint32, time.Duration)) {
	e.mu.Lock()
	e.bitrate = f
	e.mu.Unlock()
}

func (e *events) setURL(f func() (later bool)) {
	e.mu.Lock()
	e.url = f
	e.mu.Unlock()
}

func (e *events) wantsURL() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.url != nil
}

func (e *events) wantsBitrate() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.bitrate != nil
}

// close makes sure that nothing is delivered any more, and that no function of the owner runs. It returns false when the
// caller is inside one, or inside one that it waits for.
func (e *events) close() bool {
	e.mu.Lock()
	e.closed, e.pending, e.state, e.bitrate, e.url = true, nil, nil, nil, nil
	e.mu.Unlock()
	return e.settle(nil)
}
