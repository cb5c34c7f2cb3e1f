package core

import (
	"luatrtmp/core/message"
)

// serve deals with what has happened while media flows, and lets others take over from the connection when the server wants
// that. nil means that the end is wanted, errRests that there is nothing to do.
func (s *session) serve() error {
	for {
		if s.shutdown.Err() != nil {
			return nil
		}
		s.tick()
		if s.source.ended && !s.awaitsSuccessor() {
			return s.sourceEnded(s.source.err)
		}
		s.obey()
		outDone, commands, news := s.watched()
		select {
		case err := <-s.sourceOver():
			s.source.ended, s.source.err = true, err
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
		default:
			return errRests
		}
	}
}

// awaitsSuccessor reports whether media waits for a connection that is to take over, because the one before has ended.
func (s *session) awaitsSuccessor() bool { return s.move != nil && (s.now == nil || s.lost != nil) }

// watched returns what serve waits for beside its own: nil for what is not there.
func (s *session) watched() (outDone <-chan struct{}, commands <-chan *message.Command, news <-chan moveNews) {
	if s.now != nil && s.lost == nil {
		outDone, commands = s.now.out.done, s.now.in.heard()
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
	s.p.log.Info("the server ended the connection before the one that it asked for was ready", "why", why)
	if s.p.muxer.SendsTo(s.now.out) {
		// A source that has met the broken connection goes no further by itself.
		s.p.feeder.Interrupt(func() { s.p.muxer.Park(s.now.out, s.newParking()) })
	}
	close(s.move.lost)
	return nil
}
