package rtp

import "time"

const (
	// maxJump: where a timestamp and its arrival advance so differently, the sender's clock jumped, or the sender paused without its clock.
	maxJump = 3 * time.Second

	// slewShare: a clock that is off is corrected by at most this part (1/n) of the time that passes. It never stands still or goes back.
	slewShare = 20

	// transitWindow is over how long the shortest way of a packet is looked for.
	transitWindow = 10 * time.Second
)

// clock turns the RTP timestamps of one medium into media time. Media time is that of the arrivals: it begins with the first packet of a
// medium, and then goes as the timestamps go.
type clock struct {
	rate    int64
	started bool
	last    uint32 // the latest timestamp
	ext     int64  // the same without wrapping, in ticks
	offset  time.Duration
	arrival time.Duration // of that timestamp

	target    time.Duration // what offset should be
	hasTarget bool
	anchor    time.Duration // offset after the start or the latest jump

	renew   bool // the next timestamp is of another sender's clock
	report  report
	transit transit
}

// report is a sender report, RFC 3550, 6.4.1: one moment in the sender's wall clock and in ticks of the RTP clock.
type report struct {
	waits bool // it came, perhaps before the first packet
	known bool // ext is known
	ssrc  uint32
	ntp   uint64
	rtp   uint32
	ext   int64
}

// settle takes note of a report that waits, once there is a timestamp of the same sender.
func (c *clock) settle(ssrc uint32) {
	if r := &c.report; r.waits && c.started && !c.renew && r.ssrc == ssrc {
		r.waits, r.known = false, true
		r.ext = c.extend(r.rtp)
	}
}

// duration converts ticks, rounding towards zero.
func (c *clock) duration(ticks int64) time.Duration {
	return time.Duration(ticks/c.rate)*time.Second + time.Duration(ticks%c.rate*int64(time.Second)/c.rate)
}

// time returns the media time of an unwrapped timestamp.
func (c *clock) time(ext int64) time.Duration { return c.duration(ext) + c.offset }

// extend returns a timestamp without wrapping, near the latest one.
func (c *clock) extend(timestamp uint32) int64 { return c.ext + int64(int32(timestamp-c.last)) }

// take notes the timestamp of an access unit, whose first packet arrived at arrival, and returns it without wrapping. step: the clock is
// set and not slewed, because nobody has seen its time yet. jumped: the times before have nothing to do with those from here on.
func (c *clock) take(timestamp uint32, arrival time.Duration, step bool) (ext int64, jumped bool) {
	if !c.started {
		c.started = true
		c.last, c.ext, c.arrival = timestamp, int64(timestamp), arrival
		c.offset = arrival - c.duration(c.ext)
		c.anchor, c.renew = c.offset, false
		c.transit.take(arrival-c.duration(c.ext), arrival)
		return c.ext, false
	}
	ext = c.extend(timestamp)
	advance, passed := c.duration(ext-c.ext), arrival-c.arrival
	if jumped = c.renew || (advance-passed).Abs() > maxJump; jumped {
		c.renew = false
		c.offset = c.time(c.ext) + max(passed, 0) - c.duration(ext)
		c.anchor = c.offset
		c.hasTarget, c.report.known = false, false
		c.transit = transit{}
	} else {
		c.slew(advance, step)
	}
	c.last, c.ext, c.arrival = timestamp, ext, arrival
	c.transit.take(arrival-c.duration(ext), arrival)
	return ext, jumped
}

// step sets the clock, for times that nobody has seen yet.
func (c *clock) step() {
	if c.hasTarget {
		c.offset = c.target
	}
}

// slew moves the offset towards its target.
func (c *clock) slew(advance time.Duration, step bool) {
	if !c.hasTarget {
		return
	}
	d := c.target - c.offset
	if !step {
		most := max(advance, 0) / slewShare
		d = min(max(d, -most), most)
	}
	c.offset += d
}

// aim sets what the offset should be.
func (c *clock) aim(target time.Duration) { c.target, c.hasTarget = target, true }

// transit watches how long packets take from the sender, up to a constant that nobody knows: the shortest time in each window. How it
// changes measures how the sender's clock drifts from that of the arrivals.
type transit struct {
	running bool
	begin   time.Duration
	least   time.Duration

	windows     int
	base, level time.Duration // of the first and the latest window
}

func (t *transit) take(way, now time.Duration) {
	if t.running && now-t.begin >= transitWindow {
		if t.windows == 0 {
			t.base = t.least
		}
		t.level = t.least
		t.windows++
		t.running = false
	}
	if !t.running {
		t.running, t.begin, t.least = true, now, way
	}
	t.least = min(t.least, way)
}

// drift returns how much the way has become longer; false: not known yet.
func (t *transit) drift() (time.Duration, bool) { return t.level - t.base, t.windows > 0 }
