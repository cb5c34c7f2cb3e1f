package core

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"luatrtmp/core/client"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/feeder"
	"luatrtmp/core/hang"
	"luatrtmp/core/message"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/stats"
)

// session is what Connect begins: an attempt to connect and, if it succeeds, the publishing that follows, over one
// connection or over several that take over from each other. With the option reconnect it is as many attempts as it takes.
//
// One goroutine goes through it: run, which brings a connection up, serves it, winds it up and waits for the next attempt.
// Others tell it what has happened by a send on a channel that holds one, which they may do under any lock.
type session struct {
	p *Publisher
	o *options.Options // of the attempt; nobody changes them

	shutdown      context.Context // done: end as the protocol wants it
	abort         context.Context // done: end at once; shutdown is its child
	beginShutdown context.CancelFunc
	beginAbort    context.CancelFunc
	done          chan struct{} // closed when it has ended

	finished chan error    // the source is at its end, nil: without a fault; holds one
	steering chan struct{} // somebody begins, or ends, to want to know how much the network takes; holds one
	hurry    chan struct{} // the user wants the next attempt now; holds one
	answered chan struct{} // the latest question for a fresh URL is answered; holds one; p.mu

	home     *endpoint.Endpoint // of the URL; p.mu
	to       *endpoint.Endpoint // of the connection that media flows to; p.mu
	unwanted bool               // the user has asked for the end; p.mu

	// used by run's goroutine alone
	line     line
	now      *client.Connection // that media flows to, unless line is lineNone
	lost     error              // why now broke, if line is lineLost
	moving   bool               // move is under way
	move     *handover
	hops     hops
	retries  retries
	outage   outage
	sending  bitrateMeter
	before   stats.Stats // as of the beginning of the attempt
	flows    bool        // media has begun to flow in this attempt
	flowing  time.Time   // since when
	accepted bool        // media has flowed, in this attempt or in one before

	source struct { // of the feeder
		ended bool
		err   error // why, if the source failed
	}

	leaving   sync.WaitGroup // connections that were left
	leftEarly atomic.Bool    // one of them ended before everything was sent
}

// line is what becomes of the media of a session.
type line uint8

const (
	lineNone line = iota // there is no connection: none is up yet, or it was left and media is parked
	lineUp               // media flows to a connection
	lineLost             // that connection is of no use any more, but another is to take over from it
)

func newSession(p *Publisher, to *endpoint.Endpoint, o *options.Options) *session {
	s := &session{
		p: p, home: to, to: to, o: o, retries: newRetries(),
		done: make(chan struct{}), finished: make(chan error, 1),
		steering: make(chan struct{}, 1), hurry: make(chan struct{}, 1), answered: make(chan struct{}, 1),
	}
	s.abort, s.beginAbort = context.WithCancel(context.Background())
	s.shutdown, s.beginShutdown = context.WithCancel(s.abort)
	return s
}

// close ends the session, as the protocol wants it within closeTimeout, then at once.
func (s *session) close() {
	s.beginShutdown()
	if hang.Wait(s.done, closeTimeout) {
		return
	}
	s.beginAbort()
	hang.Wait(s.done, closeTimeout/4)
}

// run is the life of the session.
func (s *session) run() {
	s.p.events.deliver() // what Connect has added
	var err error
	for {
		if err = rtmperr.Guard(s.bringUp); err == nil {
			err = rtmperr.Guard(s.serve)
		}
		err = s.windUp(err)
		if !s.retry(err) {
			break
		}
	}
	if err != nil {
		s.beginAbort()
	}
	s.leaving.Wait()
	if err == nil && s.atEnd() && s.leftEarly.Load() {
		err = rtmperr.New(rtmperr.ErrNetwork, "the source is at its end, but the server has not got all of it: the connection that was left for another ended early")
	}
	s.p.sessionEnded(s, err)
	s.beginAbort()
	close(s.done)
}

// reached shows how far bringing a connection up has come; false when the user has asked for the end meanwhile.
func (s *session) reached(p client.Phase) bool {
	if p == client.PhaseHandshaking {
		return s.advance(StateHandshaking)
	}
	return s.advance(StateConnected)
}

// advance moves the Publisher on; false when the user has asked for the end meanwhile.
func (s *session) advance(next State) bool {
	s.p.mu.Lock()
	ok := s.p.session == s && s.p.setState(next, nil)
	if ok && next == StatePublishing {
		s.p.enduring.Store(s.o.Reconnect.On) // before anybody sees the state
	}
	s.p.mu.Unlock()
	if ok && next == StateConnected {
		s.p.log.Info("connected", "server", s.now.To.Address)
	}
	s.p.events.deliver()
	return ok
}

// bringUp brings a connection up, and lets media flow.
func (s *session) bringUp() error {
	s.flows = false
	s.p.leftOutTold.Store(false)
	s.before = s.p.counters.Snapshot()
	s.p.log.Info("connecting", "server", s.to.Address)
	s.line, s.now = lineUp, client.New(s.p.clientConfig(), s.to, s.o, s.shutdown, s.abort)
	if err := s.now.BringUp(s.reached); err != nil {
		return err
	}
	s.p.feeder.Attach(feeder.Stream{MaxLate: s.o.QueueMedia, Ended: s.finish}) // before frames that are pushed get through
	s.p.muxer.Attach(destination(s.now, s.o))
	if s.accepted {
		s.p.reconnects.Add(1) // before anybody sees the state
	}
	if !s.advance(StatePublishing) {
		s.now.Goodbye(s.abort, s.shutdown)
		return rtmperr.ErrEnded
	}
	s.flows, s.flowing, s.accepted = true, time.Now(), true
	s.p.mu.Lock()
	s.p.failed = nil
	s.p.mu.Unlock()
	s.outage.publishing(s.p.log, s.now.To.Address)
	s.p.feeder.Begin()
	return nil
}

// serve deals with what happens while media flows, and lets others take over from the connection when the server wants
// that. nil means that the end is wanted.
func (s *session) serve() error {
	report := stoppedTicker()
	defer report.Stop()
	if s.p.log.Enabled(context.Background(), LevelReport) {
		report.Reset(s.o.StatsInterval)
	}
	look := stoppedTicker()
	defer look.Stop()
	s.p.steering.floor = s.o.BitrateFloor
	s.steer()
	for {
		if s.shutdown.Err() != nil {
			return nil
		}
		if s.source.ended && !s.awaitsSuccessor() {
			return s.sourceEnded(s.source.err)
		}
		s.obey()
		broken, commands, news := s.watched()
		var err error
		select {
		case <-s.shutdown.Done():
			return nil
		case s.source.err = <-s.finished:
			s.source.ended = true
		case <-broken:
			err = s.broken(s.now.WhyBroken())
		case c, more := <-commands:
			err = s.heard(c, more)
		case n := <-news:
			err = s.moved(n)
		case <-s.steering:
			look.Stop()
			if s.p.events.wantsBitrate() {
				s.sending.begin(s.p)
				look.Reset(bitratePeriod)
			}
		case <-look.C:
			s.sending.look(s.p)
		case <-report.C:
			s.p.logStats()
		}
		if err != nil {
			return err
		}
	}
}

// stoppedTicker returns a ticker that ticks once it is reset.
func stoppedTicker() *time.Ticker {
	t := time.NewTicker(time.Hour)
	t.Stop()
	return t
}

// awaitsSuccessor reports whether media waits for a connection that is to take over, because the one before has ended.
func (s *session) awaitsSuccessor() bool { return s.moving && s.line != lineUp }

// watched returns what serve waits for beside its own: channels on which nothing comes for what is not there.
func (s *session) watched() (broken <-chan struct{}, commands <-chan *message.Command, news <-chan moveNews) {
	if s.line == lineUp {
		broken, commands = s.now.Out.Done(), s.now.Commands()
	}
	if s.moving {
		news = s.move.news
	}
	return broken, commands, news
}

// heard takes a command of the server, or with more false the end of them.
func (s *session) heard(c *message.Command, more bool) error {
	var why error
	if more {
		why = s.now.Heard(c)
	} else {
		why = s.now.WhyClosed()
	}
	if why != nil {
		return s.broken(why)
	}
	return nil
}

// broken takes note that the connection is of no use any more. While another one is to take over from it that is no
// reason to end; else it returns why.
func (s *session) broken(why error) error {
	if !s.moving {
		return why
	}
	s.line, s.lost = lineLost, why
	s.p.log.Info("the server ended the connection before the one that it asked for was ready", "why", why)
	if s.p.muxer.SendsTo(s.now.Out) {
		// A source that has met the broken connection goes no further by itself.
		s.p.feeder.Interrupt(func() { s.p.muxer.Park(s.now.Out, s.newParking()) })
	}
	close(s.move.lost)
	return nil
}

// windUp ends what bringUp has begun, and says goodbye unless the connection is of no use any more. err says why; what it
// returns does so too.
func (s *session) windUp(err error) error {
	defer s.closeConnection()
	defer s.p.muxer.Detach()
	failed := rtmperr.Guard(func() error {
		s.endMove()
		s.p.feeder.Detach(s.shutdown.Done())
		if !s.flows {
			return nil
		}
		if err != nil && !errors.Is(err, errSourceFault) {
			return nil
		}
		return s.deliverAndLeave(err == nil && s.atEnd())
	})
	if err == nil {
		err = failed
	}
	return err
}

// deliverAndLeave says goodbye to the server. With all it waits before until the server has got everything, and returns
// what is missing.
func (s *session) deliverAndLeave(all bool) error {
	s.p.muxer.Detach()
	if s.line == lineNone {
		if all {
			return rtmperr.New(rtmperr.ErrNetwork, "the source is at its end, but the server has not got all of it: the connection was lost")
		}
		return nil
	}
	var nothing error
	if all {
		switch err := s.now.Deliver(s.abort, s.shutdown, s.before.DroppedFrames); {
		case err == nil:
			nothing = s.nothingSent(s.p.feeder.Fault())
		case !errors.Is(err, rtmperr.ErrEnded):
			return err
		}
	}
	s.now.Goodbye(s.abort, s.shutdown)
	return nothing
}

// closeConnection ends the connection that is up, or was to be.
func (s *session) closeConnection() {
	if s.line != lineNone {
		s.now.End()
		s.line = lineNone
	}
}

// nothingSent returns an error if the source is at its end and not a single frame of it was sent. fault is why the latest one
// was left out, "" if none was.
func (s *session) nothingSent(fault string) error {
	now := s.p.counters.Snapshot()
	dropped := now.DroppedFrames - s.before.DroppedFrames
	switch {
	case now.VideoFramesSent+now.AudioFramesSent != s.before.VideoFramesSent+s.before.AudioFramesSent:
		return nil
	case fault != "":
		return rtmperr.New(rtmperr.ErrInvalid, "the source is at its end, and nothing of it could be sent: %s", fault)
	case dropped > 0:
		return rtmperr.New(rtmperr.ErrInvalid, "the source is at its end, and nothing of it could be sent: none of its %d frames could be decoded "+
			"without the key frame before", dropped)
	}
	return rtmperr.New(rtmperr.ErrInvalid, "the source is at its end, and it had no frame")
}

// atEnd reports whether the session ends because its source is at its end, and not because the user wants that.
func (s *session) atEnd() bool {
	return s.source.ended && s.source.err == nil && s.shutdown.Err() == nil
}

// steer lets serve look whether somebody wants to know how much the network takes.
func (s *session) steer() { answer(s.steering) }

// finish tells the session that its source is at its end; nil: without a fault.
func (s *session) finish(err error) {
	select {
	case s.finished <- err:
	default: // it knows already
	}
}

// logEnd logs the end of the session. err is why it failed, nil if it ended as it should.
func (s *session) logEnd(err error) {
	switch {
	case err == nil:
		s.p.log.Info("ended")
	case errors.Is(err, errSourceFault):
		s.p.log.Warn("the stream has ended because its source failed", "why", err)
	case !s.flows:
		s.p.log.Warn("connecting failed", "why", err)
	default:
		s.p.log.Warn("the connection is lost", "why", err)
	}
}

// errSourceFault ends a session whose source failed after good media.
var errSourceFault = errors.New("source failed")

// sourceEnded makes the end of the source visible before what waits is sent.
func (s *session) sourceEnded(err error) error {
	if err != nil {
		return &sourceError{err}
	}
	s.advance(StateDisconnecting)
	return nil
}

type sourceError struct{ err error }

func (e *sourceError) Error() string   { return "source: " + e.err.Error() }
func (e *sourceError) Unwrap() []error { return []error{errSourceFault, rtmperr.ErrInvalid} }
