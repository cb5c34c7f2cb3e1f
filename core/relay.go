package core

import (
	"time"
)

// This file has how the muxer goes from one connection to another without a picture lost or sent twice: it decides under
// its lock, picture by picture, on which connection each goes. What waits there for a key frame is a successor.
//
// Where there is no connection for a while, media can be parked: it goes to a writer that has none, whose queue keeps its
// rules, and the connection that comes next adopts what waits there.

// successor is what takes over at the next key frame.
type successor struct {
	out      *writer
	streamID uint32
	taken    chan struct{} // closed when it has taken over
}

// prepare lets a writer take over at the next key frame or, without video, at the next audio frame. The returned channel
// is closed when it has.
func (m *muxer) prepare(out *writer, streamID uint32) (taken <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next = &successor{out: out, streamID: streamID, taken: make(chan struct{})}
	return m.next.taken
}

// takeOver lets the prepared writer take over now, if it has not yet.
func (m *muxer) takeOver() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.switchOver()
}

// dismiss calls off what prepare began; taken: too late, it has taken over.
func (m *muxer) dismiss() (taken bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken = m.next == nil
	m.next = nil
	return taken
}

// sendsTo reports whether media goes to a writer.
func (m *muxer) sendsTo(out *writer) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.out == out
}

// park sends media to a writer without a connection, unless it goes to another one than from already.
func (m *muxer) park(from, parking *writer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.out == from {
		m.renew(parking, 0)
	}
}

// switchOver lets what is prepared take over, if something is; m.mu is held.
func (m *muxer) switchOver() {
	next := m.next
	if next == nil {
		return
	}
	m.next = nil
	if m.out != nil && m.out.wire == nil {
		next.out.adopt(m.out, next.streamID)
		m.out, m.terms, m.streamID = next.out, next.out.terms, next.streamID
		for _, t := range m.tracks {
			t.admitted, t.leftOut = false, false
		}
	} else {
		m.renew(next.out, next.streamID)
	}
	close(next.taken)
}

// renew begins a connection while media flows: everything is sent anew on it, with timestamps from 0. A writer without a
// connection has the terms of the one before; m.mu is held.
func (m *muxer) renew(out *writer, streamID uint32) {
	to := outlet{out: out, terms: out.terms, streamID: streamID, expect: m.expect, origin: m.origin}
	if out.wire == nil {
		to.terms = m.terms
	} else {
		m.endSequences()
	}
	m.reset(to)
}

// waiting is the media time that waits for the network.
func (m *muxer) waiting() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.out == nil {
		return 0
	}
	media, _ := m.out.waiting()
	return media
}

// adopt queues what waits in a writer without a connection, under another message stream ID.
func (w *writer) adopt(parked *writer, streamID uint32) {
	parked.mu.Lock()
	from := parked.media
	parked.media = newQueue(from.maxBytes, from.maxMedia)
	parked.mu.Unlock()
	for _, e := range from.entries {
		e.header.StreamID = streamID
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range from.entries {
		w.media.add(e)
	}
	w.media.bytes += from.bytes
	w.media.disposable += from.disposable
	w.media.awaitKey, w.media.cut, w.media.tailCut = from.awaitKey, from.cut, from.tailCut
	w.beginDrain()
}
