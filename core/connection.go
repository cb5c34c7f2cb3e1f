package core

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/link"
	"luatrtmp/core/message"
	"luatrtmp/core/mux"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
)

// connection is one TCP connection to a server, from dialing to its end. From the handshake on it has
// a receiving goroutine, and while data waits for the network a writing one; they are over when end
// returns.
type connection struct {
	p  *Publisher
	to *endpoint.Endpoint
	o  *options.Options

	shutdown context.Context // done: give up bringing it up
	abort    context.Context // done: end at once

	stopForce func() bool // ends abort's effect on conn

	conn     net.Conn
	out      *link.Sender
	in       *link.Receiver
	talk     *dialogue
	streamID uint32
	accepted time.Time // when media could flow
	request  moveRequest
	told     State         // the latest that was told to be reached
	left     chan struct{} // closed when leave is done
}

// moveRequest is a server's request to reconnect.
type moveRequest struct {
	pending bool // nobody has obeyed it yet
	info    message.StatusInfo
}

func newConnection(p *Publisher, to *endpoint.Endpoint, o *options.Options, shutdown, abort context.Context) *connection {
	return &connection{p: p, to: to, o: o, shutdown: shutdown, abort: abort, left: make(chan struct{})}
}

// bringUp connects and goes through the dialogue until media may flow, on as many TCP connections
// as that takes. reached is called with each state that is reached, and returns false if the end is
// wanted. Whatever the outcome, end must follow.
func (c *connection) bringUp(reached func(State) bool) error {
	if err := c.open(reached); err != nil {
		return err
	}
	c.streamID, c.request = c.talk.streamID, c.talk.request
	c.accepted = time.Now()
	return nil
}

// destination returns where the muxer sends the media of a connection that is up.
func (c *connection) destination() mux.Destination {
	return mux.Destination{
		Out: c.out, StreamID: c.streamID, Server: c.talk.server,
		Wants: mux.Preferences{LegacyHEVC: c.o.LegacyHEVC, SilentAudio: c.o.SilentAudio, AudioOptional: c.o.AudioOptional},
	}
}

// reach reports a state that has been reached, once. It returns false if the end is wanted.
func (c *connection) reach(s State, reached func(State) bool) bool {
	if c.told >= s {
		return c.shutdown.Err() == nil
	}
	c.told = s
	return reached(s)
}

// start begins the dialogue.
func (c *connection) start() {
	c.out = link.NewSender(c.conn, link.SenderConfig{
		Timeout: c.o.Timeout, MaxBytes: c.o.QueueBytes, MaxMedia: c.o.QueueMedia, Counters: &c.p.counters, Dropped: c.logDropped,
	})
	c.in = link.NewReceiver(c.conn, c.out, c.p.log)
	go c.in.Run()
	c.talk = &dialogue{to: c.to, o: c.o, out: c.out, in: c.in, shutdown: c.shutdown, log: c.p.log}
}

func (c *connection) logDropped(frames uint32, bytes uint64) {
	if c.p.log.Enabled(context.Background(), slog.LevelDebug) {
		c.p.log.Debug("frames are dropped, because too much waits for the network", "frames", frames, "bytes", bytes)
	}
}

// heard looks at a command of the server that nobody waits for. An error is a refusal, which ends
// the stream.
func (c *connection) heard(m *message.Command) error {
	if m.Name != "onStatus" {
		return nil
	}
	info := m.Info()
	if info.Code == reconnectRequest {
		c.request = moveRequest{pending: true, info: info}
		c.to.Remember(info.TCURL)
		return nil
	}
	if refuses(info) {
		return refusal(c.to, "", info)
	}
	return nil
}

// whyBroken says why writing failed. A server that refuses says so and closes: then writing fails,
// and the better reason is still on its way to the reader. closed says why reading ended.
func (c *connection) whyBroken(closed func() error) error {
	const grace = 300 * time.Millisecond
	limit := time.NewTimer(grace)
	defer limit.Stop()
	for {
		select {
		case <-limit.C:
			return c.out.Err()
		case m, ok := <-c.in.Commands():
			if !ok {
				return closed()
			}
			if info := m.Info(); refuses(info) {
				return refusal(c.to, "", info)
			}
		}
	}
}

// whyClosed says why reading ended while media flowed.
func (c *connection) whyClosed() error {
	const atOnce = 3 * time.Second
	if errors.Is(c.in.Cause(), net.ErrClosed) { // it was closed here: the writer gave up, or the end was forced
		c.out.Abort()
		<-c.out.Done()
		if err := c.out.Err(); err != nil {
			return err
		}
	}
	after := time.Since(c.accepted).Round(time.Millisecond)
	if c.in.ClosedByPeer() && after < atOnce {
		return rtmperr.New(rtmperr.ErrNetwork, "the server closed the connection soon (%v) after it had accepted the stream: check the stream key and its token; "+
			"another publisher may have the name; or it does not take %s; see its log", after, c.p.muxer.SentCodecs(c.out))
	}
	return c.in.Err("while publishing")
}

// goodbye sends what waits, tells the server, and closes the own direction. It ends with limit at
// the latest, and soon when hurry is done.
func (c *connection) goodbye(limit, hurry context.Context) {
	c.talk.unpublish()
	c.out.Finish()
	select {
	case <-c.out.Done():
	case <-limit.Done():
		return
	}
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok && c.out.Err() == nil && half.CloseWrite() == nil {
		c.in.AwaitEnd(limit, hurry)
	}
}

// leaveTimeout bounds how long a connection that another has taken over from goes on sending what
// waits for it: a full queue of the default length on a network that takes a quarter of the media's
// rate.
const leaveTimeout = 8 * time.Second

// noTime is a context that is done.
var noTime = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// leave ends a connection that another has taken over from, and reports whether everything was sent
// before.
func (c *connection) leave() (all bool) {
	defer close(c.left)
	limit, cancel := context.WithTimeout(c.abort, leaveTimeout)
	defer cancel()
	c.goodbye(limit, noTime)
	media, bytes := c.out.Waiting()
	if bytes > 0 {
		c.p.log.Warn("the old connection ended before all that waited was sent", "server", c.to.Address, "media", media, "bytes", bytes)
	}
	c.end()
	return bytes == 0
}

// end closes the connection, as far as there is one, and waits for its goroutines.
func (c *connection) end() {
	if c.conn != nil {
		c.stop()
	}
}

// hangUp ends one of several connections that bringing up may take.
func (c *connection) hangUp() {
	c.stop()
	c.conn, c.out, c.in, c.talk = nil, nil, nil, nil
}

// stop closes the connection, and waits for its goroutines.
func (c *connection) stop() {
	c.stopForce()
	c.conn.Close()
	if c.out == nil {
		return
	}
	c.out.Abort()
	<-c.out.Done()
	c.out.Discard()
	for range c.in.Commands() { // until the receiving goroutine has ended
	}
}
