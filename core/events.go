package core

import (
	"runtime"
	"sync"
	"time"
)

// Event is a change of state.
type Event struct {
	Old, New State
	Err      error // why, when New is StateError
}

// notice is what the owner is told: a change of state or, with kbps, a target for the encoder.
type notice struct {
	event   Event
	kbps    uint32
	waiting time.Duration
}

// events delivers notices to the owner's functions: in order, one at a time, and never under a lock of this package,
// so that they may call the Publisher. Whoever adds a notice delivers, unless another goroutine is at it: then that
// one goes on with it.
type events struct {
	mu         sync.Mutex
	state      func(Event)
	bitrate    func(kbps uint32, waiting time.Duration)
	pending    []notice
	delivering bool
	thread     int   // that runs a function of the owner; 0: none does
	failure    error // of the event that it is told
	idle       sync.Cond
	closed     bool
}

// add queues a notice. It may be called under other locks; deliver must follow without them.
func (e *events) add(n notice) {
	e.mu.Lock()
	if !e.closed && (n.kbps == 0 && e.state != nil || n.kbps != 0 && e.bitrate != nil) {
		e.pending = append(e.pending, n)
	}
	e.mu.Unlock()
}

func (e *events) deliver() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.delivering {
		return
	}
	e.delivering = true
	for len(e.pending) > 0 {
		n := e.pending[0]
		e.pending = e.pending[1:]
		e.call(n)
	}
	e.delivering = false
	e.idle.Broadcast()
}

// call tells the owner; e.mu is held, and released meanwhile. The thread is noted because the owner's function may end
// the Publisher, which must not wait for itself.
func (e *events) call(n notice) {
	state, bitrate := e.state, e.bitrate
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	e.thread, e.failure = threadID(), n.event.Err
	e.mu.Unlock()
	switch {
	case n.kbps == 0 && state != nil:
		state(n.event)
	case n.kbps != 0 && bitrate != nil:
		bitrate(n.kbps, n.waiting)
	}
	e.mu.Lock()
	e.thread, e.failure = 0, nil
}

// inside tells whether the caller runs in a function of the owner.
func (e *events) inside() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.thread != 0 && e.thread == threadID()
}

// current returns the failure of the event in whose function the caller runs.
func (e *events) current() (failure error, inside bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failure, e.failure != nil && e.thread == threadID()
}

// busy tells whether something is still to be delivered, or being delivered.
func (e *events) busy() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.delivering || len(e.pending) > 0
}

// settle returns when everything is delivered and no function of the owner runs, the caller's own excepted.
func (e *events) settle() {
	e.deliver()
	e.mu.Lock()
	for e.delivering && (e.thread == 0 || e.thread != threadID()) {
		e.idle.Wait()
	}
	e.mu.Unlock()
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

func (e *events) wantsBitrate() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.bitrate != nil
}

// close makes sure that nothing is delivered any more, and that no function of the owner runs, the caller's own excepted.
func (e *events) close() {
	e.mu.Lock()
	e.closed, e.pending, e.state, e.bitrate = true, nil, nil, nil
	e.mu.Unlock()
	e.settle()
}
