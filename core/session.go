package core

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"

	"luatrtmp/core/handshake"
)

// session is one attempt to connect and, if it succeeds, the connection. Its goroutine goes in a straight line through
// run; the reading and the writing goroutine end before it does.
type session struct {
	p  *Publisher
	to *target
	o  Options

	polite     context.Context // done: end as the protocol wants it
	askToEnd   context.CancelFunc
	hard       context.Context // done: end at once
	forceToEnd context.CancelFunc
	finished   chan error // the source is at its end; nil: without a fault
	done       chan struct{}
	wantSteer  chan struct{} // see steer

	conn       net.Conn
	out        *writer
	in         *reader
	outDone    chan struct{}
	outErr     error // why writing ended; valid after outDone
	streamID   uint32
	mediaStart time.Time // when media could flow
	ended      bool      // media flows no more; p.mu
}

func newSession(p *Publisher, to *target, o Options) *session {
	s := &session{p: p, to: to, o: o, finished: make(chan error, 1), done: make(chan struct{}), outDone: make(chan struct{})}
	s.wantSteer = make(chan struct{}, 1)
	s.hard, s.forceToEnd = context.WithCancel(context.Background())
	s.polite, s.askToEnd = context.WithCancel(s.hard)
	return s
}

// close ends the session, politely within closeTimeout, then by force.
func (s *session) close() {
	s.askToEnd()
	limit := time.NewTimer(closeTimeout)
	defer limit.Stop()
	select {
	case <-s.done:
		return
	case <-limit.C:
	}
	s.forceToEnd()
	limit.Reset(closeTimeout / 4)
	select {
	case <-s.done:
	case <-limit.C:
	}
}

// over tells whether the session has ended, and with it all that it had to tell.
func (s *session) over() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

func (s *session) run() {
	defer s.p.events.sessionOver()
	defer close(s.done)
	defer s.forceToEnd()
	s.p.sessionEnded(s, guard(func() error {
		s.p.events.deliver() // what Connect has added
		if err := s.connect(); err != nil {
			return err
		}
		return s.publish()
	}))
}

// advance moves the Publisher on; false when the user has asked for the end meanwhile.
func (s *session) advance(next State) bool {
	s.p.mu.Lock()
	ok := s.p.session == s && s.p.setState(next, nil)
	s.p.mu.Unlock()
	s.p.events.deliver()
	return ok
}

// errEnded ends a session whose user has asked for the end.
var errEnded = errors.New("ended by the user")

// connect dials and shakes hands.
func (s *session) connect() error {
	conn, err := dial(s.polite, s.to.address, s.o.Timeout)
	if err != nil {
		return err
	}
	s.conn = conn
	context.AfterFunc(s.hard, func() { conn.Close() })
	if !s.advance(StateHandshaking) {
		return errEnded
	}
	if err := conn.SetDeadline(time.Now().Add(s.o.Timeout)); err != nil {
		return failure(ErrNetwork, "handshake: %v", reason(err))
	}
	stop := context.AfterFunc(s.polite, func() { conn.SetDeadline(time.Unix(1, 0)) })
	echoed, err := handshake.Client(conn, rand.Reader)
	if !stop() {
		return errEnded
	}
	if err != nil {
		return handshakeFailure(err, s.o.Timeout)
	}
	if !echoed {
		s.p.log.Warn("the server's S2 does not echo C1; going on", "server", s.to.address)
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return failure(ErrNetwork, "handshake: %v", reason(err))
	}
	return nil
}

func handshakeFailure(err error, timeout time.Duration) error {
	switch {
	case isTimeout(err):
		return failure(ErrTimeout, "the server did not complete the handshake within %v", timeout)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), isReset(err):
		return failure(ErrHandshake, "the server closed the connection during the handshake: is it an RTMP server? (%v)", reason(err))
	}
	return failure(ErrHandshake, "%v", err)
}

// publish goes through the dialogue, lets media flow until the end, and says goodbye.
func (s *session) publish() error {
	s.out = newWriter(s.conn, &s.o, &s.p.counters)
	s.in = newReader(s.conn, s.out, s.hard, s.p.log)
	go func() {
		s.outErr = guard(s.out.run)
		close(s.outDone)
	}()
	go s.in.run()
	defer s.hangUp()

	d := &dialogue{session: s}
	if err := d.connect(); err != nil {
		return err
	}
	if !s.advance(StateConnected) {
		return errEnded
	}
	if err := d.publish(); err != nil {
		return err
	}
	s.streamID = d.streamID
	s.mediaStart = time.Now()
	s.p.muxer.attach(s.out, s.streamID)
	defer s.p.muxer.detach()
	if !s.advance(StatePublishing) {
		s.goodbye(d)
		return errEnded
	}
	s.steer()
	s.p.startFeeder(s)
	err := s.serve()
	s.p.mu.Lock()
	s.ended = true
	s.p.mu.Unlock()
	s.p.stopFeeder()
	if err == nil || errors.Is(err, errSourceFault) {
		s.p.muxer.detach()
		s.goodbye(d)
	}
	return err
}

// serve watches the connection while media flows. nil means that the end is wanted.
func (s *session) serve() error {
	look := time.NewTicker(time.Hour)
	defer look.Stop()
	report := time.NewTicker(s.o.StatsInterval)
	defer report.Stop()
	if !s.p.log.Enabled(s.hard, slog.LevelInfo) {
		report.Stop() // nobody wakes for nothing
	}
	var steer bitrateSteer
	var before uint64
	for {
		select {
		case <-s.polite.Done():
			return nil
		case err := <-s.finished:
			return s.sourceEnded(err)
		case <-s.outDone:
			return s.whyBroken(s.whyClosed)
		case c, ok := <-s.in.commands:
			if !ok {
				return s.whyClosed()
			}
			if info := c.Info(); c.Name == "onStatus" && refuses(info) {
				return refusal("", info)
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
			waiting, _ := s.out.waiting()
			kbps := uint32((sent - before) * 8 / 1000)
			before = sent
			if target, changed := steer.look(waiting, kbps); changed {
				s.p.events.add(notice{kbps: max(1, target), waiting: waiting})
				s.p.events.deliver()
			}
		}
	}
}

// steer makes serve look whether somebody wants to know how much the network takes.
func (s *session) steer() {
	select {
	case s.wantSteer <- struct{}{}:
	default:
	}
}

// finish tells the session that its source is at its end; nil: without a fault.
func (s *session) finish(err error) {
	select {
	case s.finished <- err:
	default: // it knows already
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
func (e *sourceError) Unwrap() []error { return []error{errSourceFault, ErrInvalid} }

// whyBroken says why writing failed. A server that refuses says so and closes: then writing fails, and the better
// reason is still on its way to the reader. closed says why reading ended.
func (s *session) whyBroken(closed func() error) error {
	const grace = 100 * time.Millisecond
	limit := time.NewTimer(grace)
	defer limit.Stop()
	for {
		select {
		case <-limit.C:
			return s.outErr
		case c, ok := <-s.in.commands:
			if !ok {
				return closed()
			}
			if info := c.Info(); refuses(info) {
				return refusal("", info)
			}
		}
	}
}

// whyClosed says why reading ended while media flowed.
func (s *session) whyClosed() error {
	const atOnce = 3 * time.Second
	if errors.Is(s.in.err, net.ErrClosed) { // it was closed here: the writer gave up, or the end was forced
		s.out.abort()
		if <-s.outDone; s.outErr != nil {
			return s.outErr
		}
	}
	after := time.Since(s.mediaStart).Round(time.Millisecond)
	if s.in.closedByPeer() && after < atOnce {
		return failure(ErrNetwork, "the server closed the connection soon (%v) after it had accepted the stream: "+
			"check the stream key, its token, and the server's log", after)
	}
	return s.in.failure("while publishing")
}

// goodbye sends what waits, tells the server, and closes its own direction. It ends with the hard context at the latest.
func (s *session) goodbye(d *dialogue) {
	d.unpublish()
	s.out.finish()
	select {
	case <-s.outDone:
	case <-s.hard.Done():
		return
	}
	if half, ok := s.conn.(interface{ CloseWrite() error }); ok && s.outErr == nil && half.CloseWrite() == nil {
		s.in.drain(s.hard)
	}
}

// hangUp closes the connection and waits for the other two goroutines.
func (s *session) hangUp() {
	s.conn.Close()
	s.out.abort()
	<-s.outDone
	for range s.in.commands { // until the reader has closed it
	}
}
