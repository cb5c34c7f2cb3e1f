package core

import (
	"time"

	"luatrtmp/core/message"
)

// serve watches the connection while media flows, and lets others take over from it when the server wants that. nil
// means that the end is wanted.
func (s *session) serve() error {
	look := time.NewTicker(time.Hour)
	defer look.Stop()
	report := time.NewTicker(s.o.StatsInterval)
	defer report.Stop()
	if isTerse(s.p.log) {
		report.Stop() // nobody wakes for nothing
	}
	defer s.endMove()
	s.p.steering.floor = s.o.BitrateFloor
	var before uint64
	for {
		s.obey()
		outDone, commands, news := s.watched()
		select {
		case <-s.polite.Done():
			return nil
		case err := <-s.finished:
			return s.sourceEnded(err)
		case <-outDone:
			if err := s.broken(s.now.whyBroken(s.now.whyClosed)); err != nil {
				return err
			}
		case c, ok := <-commands:
			if err := s.heard(c, ok); err != nil {
				return err
			}
		case n := <-news:
			if err := s.moved(n); err != nil {
				return err
			}
		case <-s.wantSteer:
			if s.p.events.wantsBitrate() {
				look.Reset(bitratePeriod)
			} else {
				look.Reset(time.Hour)
			}
			before = s.p.counters.snapshot().BytesSent
		case <-report.C:
			s.p.logStats()
		case <-look.C:
			sent := s.p.counters.snapshot().BytesSent
			waiting := s.p.muxer.waiting()
			kbps := uint32((sent - before) * 8 / 1000)
			before = sent
			if target, changed := s.p.steering.look(waiting, kbps); changed {
				s.p.events.add(notice{kbps: max(1, target), waiting: waiting})
				s.p.events.deliver()
			}
		}
	}
}

// watched returns what serve waits for beside its own: nil for what is not there.
func (s *session) watched() (outDone <-chan struct{}, commands <-chan *message.Command, news <-chan moveNews) {
	if s.now != nil && s.lost == nil {
		outDone, commands = s.now.out.done, s.now.in.commands
	}
	if s.move != nil {
		news = s.move.news
	}
	return outDone, commands, news
}

// heard takes a command of the server, or with ok false the end of them.
func (s *session) heard(c *message.Command, ok bool) error {
	err := error(nil)
	if ok {
		err = s.now.heard(c)
	} else {
		err = s.now.whyClosed()
	}
	if err != nil {
		return s.broken(err)
	}
	return nil
}

// broken takes note that the connection is of no use any more. While another one is to take over from it that is no
// reason to end; else it returns why.
func (s *session) broken(why error) error {
	if s.move == nil {
		return why
	}
	s.lost = why
	s.p.log.Info("the server ended the connection before its successor had taken over", "why", why)
	if s.p.muxer.sendsTo(s.now.out) {
		s.p.stopFeeder() // it may have met the broken connection, and then goes no further
		s.p.muxer.park(s.now.out, newWriter(nil, &s.o, &s.p.counters))
		s.p.startFeeder(s)
	}
	close(s.move.lost)
	return nil
}
