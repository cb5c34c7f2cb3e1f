package core

import (
	"time"
)

const (
	bitratePeriod    = time.Second            // between two looks
	bitrateCongested = 200 * time.Millisecond // more waiting media than this: the target falls
	bitrateClear     = 50 * time.Millisecond  // less: the network keeps up
	bitrateStable    = 5                      // looks in a row before the target rises by bitrateStep
	bitrateStep      = 0.10                   // of what was sent before the congestion
	bitrateMargin    = 0.80                   // of the measured rate: what waits has to go out too
)

// bitrateSteer derives a target for the encoder from what waits and from what the network took. It knows no clock: look
// is called once every bitratePeriod. It outlives connections: what an encoder was told before an outage holds after it.
type bitrateSteer struct {
	floor  uint32 // kbit/s, the least target
	target uint32 // kbit/s; 0: no congestion so far
	full   uint32 // kbit/s that is sent without congestion
	known  bool   // full was measured without congestion; else it is the most that the network took
	clear  int    // looks in a row without congestion
}

// look takes the media time that waits and the rate of the last period; changed reports whether there is a new target.
func (b *bitrateSteer) look(waiting time.Duration, kbps uint32) (target uint32, changed bool) {
	if waiting > bitrateCongested {
		b.clear = 0
		b.learn(kbps)
		next := max(b.floor, uint32(float64(kbps)*bitrateMargin))
		if b.target != 0 && next >= b.target || b.target == 0 && b.known && next >= b.full {
			return b.target, false // nothing less than what it sends already
		}
		b.target = next
		return next, true
	}
	if b.target == 0 {
		b.full = max(kbps, b.full-b.full/8) // a single look may hit a pause
		b.known = b.full > 0
		return 0, false
	}
	b.learn(kbps)
	if waiting > bitrateClear {
		b.clear = 0
		return b.target, false
	}
	if b.clear++; b.clear < bitrateStable {
		return b.target, false
	}
	b.clear = 0
	b.target += max(1, uint32(float64(b.full)*bitrateStep))
	if b.target < b.full {
		return b.target, true
	}
	if !b.known {
		b.full = b.target
	}
	b.target = 0 // told once more, then there is nothing left to steer
	return max(b.floor, b.full), true
}

func (b *bitrateSteer) learn(kbps uint32) {
	if !b.known {
		b.full = max(b.full, kbps)
	}
}

// bitrateMeter measures how much the network takes from one look to the next, and tells the owner of another target for the
// encoder when there is one.
type bitrateMeter struct {
	sent uint64 // bytes, as of the latest look
}

func (m *bitrateMeter) begin(p *Publisher) { m.sent = p.counters.Snapshot().BytesSent }

func (m *bitrateMeter) look(p *Publisher) {
	sent := p.counters.Snapshot().BytesSent
	waiting, _ := p.muxer.Waiting()
	kbps := uint32((sent - m.sent) * 8 / 1000)
	m.sent = sent
	if target, changed := p.steering.look(waiting, kbps); changed {
		p.events.add(notice{kbps: max(1, target), waiting: waiting})
		p.events.deliver()
	}
}
