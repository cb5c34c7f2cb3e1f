package mux

import (
	"time"
)

const (
	// maxReorder: a timestamp that goes back by less is taken for a small disorder and lifted to
	// the one before.
	maxReorder = time.Second

	// maxStep: a timestamp that goes forward by more, while less time really passed, is a jump of
	// the sender's clock.
	maxStep = 10 * time.Second
)

// timeline maps the timestamps of one track, modulo 2^32 ms and from any origin, to those of one
// connection. Time never goes back within a track, and jumps of the sender's clock are repaired,
// not forwarded.
type timeline struct {
	started bool
	offset  uint32 // what is added to an input timestamp
	lastOut uint32 // also where a track may begin that is not started
	step    uint32 // between the two timestamps before
	lastNow time.Time
}

// start begins the track with input timestamp in. The first track of a connection begins at
// elapsed, the time since the connection's first media; another one keeps its distance to the first
// track whose timestamps may come from the same clock. If there is none it begins where the others
// are.
func (t *timeline) start(in, elapsed uint32, now time.Time, others ...*timeline) {
	out := later(t.lastOut, elapsed)
	offset := out - in
	if latest, shared := t.reference(in, others); shared != nil {
		out, offset = in+shared.offset, shared.offset
		if sinceThen(out, shared.lastOut) < 0 && sinceThen(t.lastOut, out) > 0 {
			out = t.lastOut // it waits there until it is in step
		}
	} else if latest != nil {
		out, offset = latest.lastOut, latest.lastOut-in
	}
	*t = timeline{started: true, offset: offset, lastOut: out, lastNow: now}
}

// reference returns the track that is furthest, and the one whose clock an input timestamp may be
// of; nil if there is none.
func (t *timeline) reference(in uint32, others []*timeline) (latest, shared *timeline) {
	for _, o := range others {
		if !o.started {
			continue
		}
		if latest == nil || sinceThen(o.lastOut, latest.lastOut) > 0 {
			latest = o
		}
		out := in + o.offset
		ahead, early := sinceThen(out, o.lastOut), sinceThen(t.lastOut, out)
		if shared == nil && ahead.Abs() <= maxStep && (ahead >= 0 || early <= maxReorder) {
			shared = o
		}
	}
	return latest, shared
}

// next maps one timestamp.
func (t *timeline) next(in uint32, now time.Time) uint32 {
	delta := sinceThen(in+t.offset, t.lastOut)
	passed := now.Sub(t.lastNow)
	if delta < -maxReorder || delta > maxStep && delta > passed+maxStep {
		t.offset = t.lastOut + t.step - in // the track goes on as if nothing had happened
	}
	out := later(t.lastOut, in+t.offset)
	if delta > 0 && delta <= maxReorder {
		t.step = out - t.lastOut
	}
	t.lastOut, t.lastNow = out, now
	return out
}

// sinceThen is the time from then to timestamp, which are less than half of 2^32 ms apart.
func sinceThen(timestamp, then uint32) time.Duration {
	return time.Duration(int32(timestamp-then)) * time.Millisecond
}

// later returns the later one of two timestamps that are less than half of 2^32 ms apart.
func later(a, b uint32) uint32 {
	if int32(b-a) > 0 {
		return b
	}
	return a
}
