package core

import (
	"sync"
	"time"

	"luatrtmp/core/notify"
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

// events has the owner's functions, and tells them; see package notify.
type events struct {
	calls *notify.Queue

	mu      sync.Mutex // never held while a function of the owner runs
	state   func(Event)
	bitrate func(kbps uint32, waiting time.Duration)
	url     func() (later bool)
	failure error // of the event that the owner is told at this moment
}

func newEvents() events { return events{calls: notify.NewQueue()} }

// add queues a notice if a function is set for it. It may be called under other locks; deliver must follow without them.
func (e *events) add(n notice) {
	e.mu.Lock()
	defer e.mu.Unlock()
	wanted := e.state != nil
	switch {
	case n.answered != nil:
		wanted = e.url != nil
	case n.kbps != 0:
		wanted = e.bitrate != nil
	}
	if wanted {
		e.calls.Add(func() { e.tell(n) })
	}
}

// tell tells the function that is set now.
func (e *events) tell(n notice) {
	e.mu.Lock()
	state, bitrate, url := e.state, e.bitrate, e.url
	e.failure = n.event.Err
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
	e.failure = nil
	e.mu.Unlock()
}

func (e *events) deliver()      { e.calls.Deliver() }
func (e *events) deliverApart() { e.calls.DeliverApart() }
func (e *events) inside() bool  { return e.calls.Inside() }
func (e *events) busy() bool    { return e.calls.Busy() }

// current returns the failure of the event in whose function the caller runs.
func (e *events) current() (failure error, inside bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failure, e.failure != nil && e.inside()
}

// settle returns when everything is told, no function of the owner runs and the session, if there is one, is over. From
// inside a function that these would have to wait for it returns at once, and false.
func (e *events) settle(s *session) bool {
	if s == nil {
		return e.calls.Settle()
	}
	return e.calls.Settle(s.done)
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

// close makes sure that nothing is told any more, and that no function of the owner runs. It returns false when the caller
// is inside one, or inside one that it waits for.
func (e *events) close() bool {
	e.mu.Lock()
	e.state, e.bitrate, e.url = nil, nil, nil
	e.mu.Unlock()
	return e.calls.Close()
}
