package mux

import (
	"time"
)

// This file has how the muxer goes from one connection to another without losing a frame or sending
// one twice: it decides under its lock, frame by frame, on which connection each goes.
//
// Where there is no connection for a while, media is parked. The connection that comes next adopts
// what waits in the parking place, whose sequence headers and clock it goes on with.

// switchover is what becomes of the media at the next key frame or, without video, at the next audio
// frame.
type switchover struct {
	prepared bool // else there is none
	to       Destination
	done     chan struct{} // closed when it has happened
}

// Prepare lets another connection take over at the next key frame. The returned channel is closed
// when it has.
func (m *Muxer) Prepare(to Destination) (taken <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next = switchover{prepared: true, to: to, done: make(chan struct{})}
	return m.next.done
}

// PrepareParking lets media be parked from the next key frame on.
func (m *Muxer) PrepareParking(at *Parking) (taken <-chan struct{}) {
	return m.Prepare(Destination{Out: at})
}

// TakeOver does what is prepared now, if it has not happened yet.
func (m *Muxer) TakeOver() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.switchOver()
}

// Dismiss calls off what prepare began; taken: it is too late for that.
func (m *Muxer) Dismiss() (taken bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken = !m.next.prepared
	m.next = switchover{}
	return taken
}

// SendsTo reports whether media goes to an output.
func (m *Muxer) SendsTo(out Output) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.Out == out
}

// Park parks media from now on, unless it goes to another output than from already.
func (m *Muxer) Park(from Output, at *Parking) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Out == from {
		m.beginAt(Destination{Out: at})
	}
}

// switchOver does what is prepared, if something is; m.mu must be held.
func (m *Muxer) switchOver() {
	next := m.next
	if !next.prepared {
		return
	}
	m.next = switchover{}
	if parked, ok := m.Out.(*Parking); ok {
		next.to.Out.Adopt(parked.media, next.to.StreamID)
		m.Destination = next.to
		for _, t := range m.tracks {
			t.admitted, t.leftOut = false, false
		}
	} else {
		m.beginAt(next.to)
	}
	close(next.done)
}

// beginAt goes on at another output while media flows: all is sent anew there, with timestamps from
// 0. A parking place takes what the connection before it took; m.mu must be held.
func (m *Muxer) beginAt(to Destination) {
	if parked, ok := to.Out.(*Parking); ok {
		to = m.Destination
		to.Out, to.StreamID = parked, 0
	} else {
		m.endSequences()
	}
	m.reset(outlet{Destination: to, expect: m.expect, origin: m.origin})
}

// Waiting returns the media that waits for the network.
func (m *Muxer) Waiting() (media time.Duration, bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.Out.Waiting()
}

// Output returns where media goes.
func (m *Muxer) Output() Output {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.Out
}
