package core

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/stats"
)

// session is what Connect begins: an attempt to connect and, if it succeeds, the publishing that follows, over one
// connection or over several that take over from each other. With Options.Reconnect it is as many attempts as it takes.
// One goroutine at a time goes on with it, and while media flows and nothing else happens none does; see rest.go.
type session struct {
	p *Publisher
	o *options.Options // of the attempt; nobody changes them

	shutdown      context.Context // done: end as the protocol wants it
	abort         context.Context // done: end at once; shutdown is its child
	beginShutdown context.CancelFunc
	beginAbort    context.CancelFunc
	done          chan struct{} // closed when it has ended
	wantSteer     atomic.Bool   // see steer
	hurry         chan struct{} // the user wants the next attempt now; holds one; nil: no attempt has failed yet
	answered      chan struct{} // told when a fresh URL is set; nil: nobody waits for one; p.mu

	home     *endpoint.Endpoint // of the URL; p.mu
	to       *endpoint.Endpoint // of the connection that media flows to; p.mu
	unwanted bool               // the user has asked for the end; p.mu

	rests    rests
	finished chan error // the source is at its end, nil: without a fault; nil: no source has been; rests.mu

	// used by who goes on with the session alone
	now  *connection // that media flows to; nil: there is none, or none any more
	lost error       // why now broke although another connection may still take over from it
	move *handover   // that is under way

	source struct { // of the feeder
		ended bool
		err   error // why, if the source failed
	}
	before stats.Stats // as of the beginning of the attempt

	hops *hops // nil: no server has sent the stream elsewhere

	ticks ticks

	retries    *retries  // nil: no attempt has failed yet
	flowedFrom time.Time // since when media flows in this attempt; zero: it has not come to that
	published  bool      // in this attempt or in one before
	outage     outage    // since the latest failure

	leaving   sync.WaitGroup // connections that were left
	leftEarly atomic.Bool    // one of them ended before everything was sent
}

func newSession(p *Publisher, to *endpoint.Endpoint, o *options.Options) *session {
	s := &session{p: p, home: to, to: to, o: o, done: make(chan struct{})}
	s.abort, s.beginAbort = context.WithCancel(context.Background())
	s.shutdown, s.beginShutdown = context.WithCancel(s.abort)
	return s
}

// close ends the session, politely within closeTimeout, then by force.
func (s *session) close() {
	s.beginShutdown()
	s.wake()
	limit := time.NewTimer(closeTimeout)
	defer limit.Stop()
	select {
	case <-s.done:
		return
	case <-limit.C:
	}
	s.beginAbort()
	limit.Reset(closeTimeout / 4)
	select {
	case <-s.done:
	case <-limit.C:
	}
}

// run begins the session.
func (s *session) run() {
	s.p.events.deliver() // what Connect has added
	s.goOn(s.begin)
}

// goOn takes the session a step further, and from there to its end, or until it rests.
func (s *session) goOn(step func() error) {
	err := rtmperr.Guard(step)
	for {
		for err == errRests {
			if s.rest() {
				return
			}
			err = rtmperr.Guard(s.serve)
		}
		if err = s.windUp(err); !s.retry(err) {
			break
		}
		err = rtmperr.Guard(s.begin)
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

// advance moves the Publisher on; false when the user has asked for the end meanwhile.
func (s *session) advance(next State) bool {
	s.p.mu.Lock()
	ok := s.p.session == s && s.p.setState(next, nil)
	if ok && next == StatePublishing {
		s.p.enduring.Store(s.o.Reconnect.On) // before anybody sees the state
	}
	s.p.mu.Unlock()
	if ok && next == StateConnected {
		s.p.log.Info("connected", "server", s.now.to.Address)
	}
	s.p.events.deliver()
	return ok
}

// begin brings a connection up, and lets media flow.
func (s *session) begin() error {
	s.flowedFrom, s.lost = time.Time{}, nil
	s.p.leftOutTold.Store(false)
	s.before = s.p.counters.Snapshot()
	s.p.log.Info("connecting", "server", s.to.Address)
	s.now = newConnection(s.p, s.to, s.o, s.shutdown, s.abort, s.wake)
	if err := s.now.bringUp(s.advance); err != nil {
		return err
	}
	s.p.feeder.Attach(feederStream{maxLate: s.o.QueueMedia, ended: s.finish}) // before frames that are pushed get through
	s.p.muxer.Attach(s.now.destination())
	if s.published {
		s.p.reconnects.Add(1) // before anybody sees the state
	}
	if !s.advance(StatePublishing) {
		s.now.goodbye(s.abort, s.shutdown)
		return rtmperr.ErrEnded
	}
	s.flows()
	s.logPublishing()
	s.steer()
	s.p.feeder.Begin()
	s.p.steering.floor = s.o.BitrateFloor
	s.reportTicks()
	return s.serve()
}

// windUp ends what begin has begun, and says goodbye unless the connection is of no use any more. err says why; what it
// returns does so too.
func (s *session) windUp(err error) error {
	failed := rtmperr.Guard(func() error {
		defer s.endNow()
		defer s.p.muxer.Detach()
		s.ticks.stop()
		s.endMove()
		s.p.feeder.Detach(s.shutdown.Done())
		if s.flowedFrom.IsZero() {
			return nil
		}
		if err != nil && !errors.Is(err, errSourceFault) {
			return nil
		}
		var nothing error
		if s.now == nil && s.atEnd() {
			return rtmperr.New(rtmperr.ErrNetwork, "the source is at its end, but the server has not got all of it: the connection was lost")
		}
		s.p.muxer.Detach()
		if s.now == nil {
			return nil
		}
		if err == nil && s.atEnd() {
			switch err := s.now.deliver(s.abort, s.shutdown, s.before.DroppedFrames); {
			case err == nil:
				nothing = s.nothingSent(s.p.feeder.Fault())
			case !errors.Is(err, rtmperr.ErrEnded):
				return err
			}
		}
		s.now.goodbye(s.abort, s.shutdown)
		return nothing
	})
	if err == nil {
		err = failed
	}
	return err
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

// flows takes note that an attempt has succeeded.
func (s *session) flows() {
	s.flowedFrom = time.Now()
	s.published = true
	s.p.mu.Lock()
	s.p.failed = nil
	s.p.mu.Unlock()
}

// endNow ends the connection that is up.
func (s *session) endNow() {
	if s.now != nil {
		s.now.end()
		s.now = nil
	}
}

// steer makes serve look whether somebody wants to know how much the network takes.
func (s *session) steer() {
	s.wantSteer.Store(true)
	s.wake()
}

// finish tells the session that its source is at its end; nil: without a fault.
func (s *session) finish(err error) {
	s.rests.mu.Lock()
	if s.finished == nil {
		s.finished = make(chan error, 1)
	}
	select {
	case s.finished <- err:
	default: // it knows already
	}
	s.rests.mu.Unlock()
	s.wake()
}

// sourceOver returns what tells that the source is at its end.
func (s *session) sourceOver() <-chan error {
	s.rests.mu.Lock()
	defer s.rests.mu.Unlock()
	return s.finished
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
