package core

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
	to       destination
	done     chan struct{} // closed when it has happened
}

// prepare lets another connection take over at the next key frame. The returned channel is closed
// when it has.
func (m *muxer) prepare(to destination) (taken <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next = switchover{prepared: true, to: to, done: make(chan struct{})}
	return m.next.done
}

// prepareParking lets media be parked from the next key frame on.
func (m *muxer) prepareParking(at *parking) (taken <-chan struct{}) {
	return m.prepare(destination{out: at})
}

// takeOver does what is prepared now, if it has not happened yet.
func (m *muxer) takeOver() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.switchOver()
}

// dismiss calls off what prepare began; taken: it is too late for that.
func (m *muxer) dismiss() (taken bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken = !m.next.prepared
	m.next = switchover{}
	return taken
}

// sendsTo reports whether media goes to an output.
func (m *muxer) sendsTo(out output) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.out == out
}

// park parks media from now on, unless it goes to another output than from already.
func (m *muxer) park(from output, at *parking) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.out == from {
		m.beginAt(destination{out: at})
	}
}

// switchOver does what is prepared, if something is; m.mu must be held.
func (m *muxer) switchOver() {
	next := m.next
	if !next.prepared {
		return
	}
	m.next = switchover{}
	if parked, ok := m.out.(*parking); ok {
		next.to.out.Adopt(parked.media, next.to.streamID)
		m.destination = next.to
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
func (m *muxer) beginAt(to destination) {
	if parked, ok := to.out.(*parking); ok {
		to = m.destination
		to.out, to.streamID = parked, 0
	} else {
		m.endSequences()
	}
	m.reset(outlet{destination: to, expect: m.expect, origin: m.origin})
}

// waiting returns the media that waits for the network.
func (m *muxer) waiting() (media time.Duration, bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.out.Waiting()
}

// output returns where media goes.
func (m *muxer) output() output {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.out
}
