package core

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A goroutine that waits for something that hardly ever happens costs more memory than all the rest of a context that sends
// nothing. So none waits while media flows: who lets something happen that serve has to see - the server says something, the
// connection breaks, the source or the user ends it, a handover has news - wakes the session, which begins a goroutine that
// looks at all of it and ends again.

// errRests: there is nothing to do.
var errRests = errors.New("nothing to do")

// rests reports whether a goroutine goes on with a session.
type rests struct {
	mu   sync.Mutex
	now  bool // none does
	look bool // else: something has happened that it may not have seen
}

// rest begins a rest, unless something has happened since serve has looked. From true on the session is not the caller's any more.
func (s *session) rest() bool {
	s.rests.mu.Lock()
	defer s.rests.mu.Unlock()
	s.rests.now = !s.rests.look
	s.rests.look = false
	return s.rests.now
}

// wake makes serve look at what has happened. It may be called by anybody, under any lock.
func (s *session) wake() {
	s.rests.mu.Lock()
	defer s.rests.mu.Unlock()
	if s.rests.now {
		s.rests.now = false
		go s.goOn(s.serve)
		return
	}
	s.rests.look = true
}

// ticks are what a session does from time to time. Their timers are there only when somebody wants to know.
type ticks struct {
	report, look       *time.Timer // nil: nobody does
	reportDue, lookDue atomic.Bool
	bytes              uint64 // that had been sent at the latest look
}

// reportTicks makes the statistics be logged, unless nobody would see that.
func (s *session) reportTicks() {
	if s.p.log.Enabled(context.Background(), LevelReport) {
		s.ticks.report = s.after(s.o.StatsInterval, &s.ticks.reportDue)
	}
}

// after makes something due.
func (s *session) after(d time.Duration, due *atomic.Bool) *time.Timer {
	return time.AfterFunc(d, func() {
		due.Store(true)
		s.wake()
	})
}

// tick does what is due.
func (s *session) tick() {
	if s.wantSteer.Swap(false) {
		s.lookTicks()
	}
	if s.ticks.report != nil && s.ticks.reportDue.Swap(false) {
		s.ticks.report.Reset(s.o.StatsInterval)
		s.p.logStats()
	}
	if s.ticks.look != nil && s.ticks.lookDue.Swap(false) {
		s.ticks.look.Reset(bitratePeriod)
		s.steerBitrate()
	}
}

// lookTicks begins to look how much the network takes, or ends that.
func (s *session) lookTicks() {
	if s.ticks.look != nil {
		s.ticks.look.Stop()
		s.ticks.look = nil
		s.ticks.lookDue.Store(false)
	}
	if s.p.events.wantsBitrate() {
		s.ticks.bytes = s.p.counters.Snapshot().BytesSent
		s.ticks.look = s.after(bitratePeriod, &s.ticks.lookDue)
	}
}

// steerBitrate tells the owner of another target for the encoder, if there is one.
func (s *session) steerBitrate() {
	sent := s.p.counters.Snapshot().BytesSent
	waiting, _ := s.p.muxer.Waiting()
	kbps := uint32((sent - s.ticks.bytes) * 8 / 1000)
	s.ticks.bytes = sent
	if target, changed := s.p.steering.look(waiting, kbps); changed {
		s.p.events.add(notice{kbps: max(1, target), waiting: waiting})
		s.p.events.deliver()
	}
}

// stop ends all of them.
func (t *ticks) stop() {
	for _, timer := range []*time.Timer{t.report, t.look} {
		if timer != nil {
			timer.Stop()
		}
	}
	t.report, t.look = nil, nil
	t.reportDue.Store(false)
	t.lookDue.Store(false)
}
