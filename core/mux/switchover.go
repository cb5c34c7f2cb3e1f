package mux

// This file has how a Muxer goes from one connection to another without losing a frame or sending
// one twice: it decides under its lock, frame by frame, on which connection each goes.
//
// Where there is no connection for a while, media is parked. The connection that comes next adopts
// what waits in the parking place, whose sequence headers and clock it goes on with.

// switchover is what becomes of the media at the next key frame or, without video, at the next
// audio frame.
type switchover struct {
	prepared bool // else there is none, and the rest has no meaning
	to       Destination
	done     chan struct{} // closed when it has happened
}

// PrepareSwitch lets another connection take over at the next key frame. The returned channel is
// closed when it has.
func (m *Muxer) PrepareSwitch(to Destination) (done <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next = switchover{prepared: true, to: to, done: make(chan struct{})}
	return m.next.done
}

// PrepareParking lets media be parked from the next key frame on.
func (m *Muxer) PrepareParking(at *Parking) (done <-chan struct{}) {
	return m.PrepareSwitch(Destination{Out: at})
}

// SwitchNow does what is prepared now, if it has not happened yet.
func (m *Muxer) SwitchNow() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.switchLocked()
}

// CancelSwitch calls off what is prepared, and returns false if that is too late: it has happened.
func (m *Muxer) CancelSwitch() (inTime bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	inTime = m.next.prepared
	m.next = switchover{}
	return inTime
}

// Park parks media from now on, unless it goes to another output than from already.
func (m *Muxer) Park(from Output, at *Parking) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.outlet.Out == from {
		m.outlet.park(at)
	}
}

// switchLocked does what is prepared, if something is. It must be called with m.mu held.
func (m *Muxer) switchLocked() {
	if !m.next.prepared {
		return
	}
	next := m.next
	m.next = switchover{}
	parked, wasParked := m.outlet.Out.(*Parking)
	switch at, parks := next.to.Out.(*Parking); {
	case wasParked:
		next.to.Out.Adopt(parked.media, next.to.StreamID)
		m.outlet.goOn(next.to)
	case parks:
		m.outlet.park(at)
	default:
		m.outlet.endSequences()
		m.outlet.begin(next.to)
	}
	close(next.done)
}
