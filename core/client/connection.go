package client

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"luatrtmp/core/caps"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/flv"
	"luatrtmp/core/link"
	"luatrtmp/core/message"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/stats"
)

// Connection is one TCP connection to a server, from dialing to its end. From the handshake on it has
// a receiving goroutine, and while data waits for the network a writing one; they are over when End
// returns. One goroutine at a time calls its methods.
type Connection struct {
	To   *endpoint.Endpoint // the server and the stream
	Out  *link.Sender       // takes the media, once the connection is up
	Left chan struct{}      // closed when Leave has ended the connection

	config Config
	o      *options.Options

	shutdown context.Context // done: give up bringing it up
	abort    context.Context // done: end at once

	stopForce func() bool // ends abort's effect on conn

	conn     net.Conn
	in       *link.Receiver
	talk     *dialogue
	accepted time.Time // when media could flow
	request  moveRequest
	told     Phase // the latest that was told to be reached
}

// Config is what connections need from their owner. All functions may be called from any
// goroutine.
type Config struct {
	Log      *slog.Logger
	Counters *stats.Counters
	Servers  *Servers // what is known of servers

	// Dial opens a TCP or TLS connection. It ends with shutdown.
	Dial func(shutdown context.Context, to *endpoint.Endpoint, o *options.Options) (net.Conn, error)

	// KnownForms returns how the media that is known by now would be sent: connect declares Enhanced
	// RTMP if one of them needs it.
	KnownForms func(o *options.Options) []flv.Form

	// SourceForms returns how the source that is going to feed the stream alone would be sent, nothing
	// if frames are pushed, or may be: a server that does not take it is told before media flows.
	SourceForms func(o *options.Options) []flv.Form

	// SentCodecs names the codecs that were sent to a sender, for a message.
	SentCodecs func(out *link.Sender) string
}

// Phase is how far bringing a connection up has come.
type Phase uint8

const (
	PhaseHandshaking Phase = iota + 1 // the TCP or TLS connection is up
	PhaseConnected                    // the server has answered connect
)

// moveRequest is a server's request to reconnect.
type moveRequest struct {
	pending bool // nobody has obeyed it yet
	info    message.StatusInfo
}

// New returns a connection that BringUp is to bring up. When shutdown is done that is given up, when
// abort is done the connection ends at once, whatever it is doing.
func New(config Config, to *endpoint.Endpoint, o *options.Options, shutdown, abort context.Context) *Connection {
	return &Connection{config: config, To: to, o: o, shutdown: shutdown, abort: abort, Left: make(chan struct{})}
}

// BringUp connects and goes through the dialogue until media may flow, on as many TCP connections as
// that takes, at most six. reached is called with each phase, and returns false if the end is wanted.
// Whatever the outcome, End must follow. It returns rtmperr.ErrEnded if the end is wanted.
func (c *Connection) BringUp(reached func(Phase) bool) error {
	if err := c.open(reached); err != nil {
		return err
	}
	c.request = c.talk.request
	c.accepted = time.Now()
	return nil
}

// StreamID returns the message stream ID of the media, once the connection is up.
func (c *Connection) StreamID() uint32 { return c.talk.streamID }

// Server returns what the server says that it takes, once the connection is up.
func (c *Connection) Server() caps.Capabilities { return c.talk.server }

// reach reports a phase that has been reached, once. It returns false if the end is wanted.
func (c *Connection) reach(s Phase, reached func(Phase) bool) bool {
	if c.told >= s {
		return c.shutdown.Err() == nil
	}
	c.told = s
	return reached(s)
}

// start begins the dialogue.
func (c *Connection) start() {
	c.Out = link.NewSender(c.conn, link.SenderConfig{
		Timeout: c.o.Timeout, MaxBytes: c.o.QueueBytes, MaxMedia: c.o.QueueMedia, Counters: c.config.Counters, Dropped: c.logDropped,
	})
	c.in = link.NewReceiver(c.conn, c.Out, c.config.Log)
	go c.in.Run()
	c.talk = &dialogue{to: c.To, o: c.o, out: c.Out, in: c.in, shutdown: c.shutdown, log: c.config.Log}
}

func (c *Connection) logDropped(frames uint32, bytes uint64) {
	if c.config.Log.Enabled(context.Background(), slog.LevelDebug) {
		c.config.Log.Debug("frames are dropped, because too much waits for the network", "frames", frames, "bytes", bytes)
	}
}

// Commands returns the channel of the server's commands that nobody waits for. It is closed when
// reading has ended; see WhyClosed.
func (c *Connection) Commands() <-chan *message.Command { return c.in.Commands() }

// TakeRequest returns the server's request to reconnect, once; asked is false when there is none. Only
// the goroutine that calls Heard may call it.
func (c *Connection) TakeRequest() (info message.StatusInfo, asked bool) {
	info, asked = c.request.info, c.request.pending
	c.request = moveRequest{}
	return info, asked
}

// Heard looks at a command of the server that nobody waits for. An error is a refusal, which ends
// the stream.
func (c *Connection) Heard(m *message.Command) error {
	if m.Name != "onStatus" {
		return nil
	}
	info := m.Info()
	if info.Code == ReconnectRequest {
		c.request = moveRequest{pending: true, info: info}
		c.To.Remember(info.TCURL)
		return nil
	}
	if refuses(info) {
		return refusal(c.To, "", info)
	}
	return nil
}

// WhyBroken says why writing failed. A server that refuses says so and closes: then writing fails,
// and the better reason is still on its way to the receiver.
func (c *Connection) WhyBroken() error {
	const grace = 300 * time.Millisecond
	limit := time.NewTimer(grace)
	defer limit.Stop()
	for {
		select {
		case <-limit.C:
			return c.Out.Err()
		case m, ok := <-c.in.Commands():
			if !ok {
				return c.WhyClosed()
			}
			if info := m.Info(); refuses(info) {
				return refusal(c.To, "", info)
			}
		}
	}
}

// WhyClosed says why reading ended while media flowed.
func (c *Connection) WhyClosed() error {
	const atOnce = 3 * time.Second
	if errors.Is(c.in.Cause(), net.ErrClosed) { // it was closed here: the writer gave up, or the end was forced
		c.Out.Abort()
		<-c.Out.Done()
		if err := c.Out.Err(); err != nil {
			return err
		}
	}
	after := time.Since(c.accepted).Round(time.Millisecond)
	if c.in.ClosedByPeer() && after < atOnce {
		return rtmperr.New(rtmperr.ErrNetwork, "the server closed the connection soon (%v) after it had accepted the stream: check the stream key and its token; "+
			"another publisher may have the name; or it does not take %s; see its log", after, c.config.SentCodecs(c.Out))
	}
	return c.in.Err("while publishing")
}

// Goodbye sends what waits, tells the server, and closes the own direction. It ends with limit at
// the latest, and soon when hurry is done.
func (c *Connection) Goodbye(limit, hurry context.Context) {
	c.talk.unpublish()
	c.Out.Finish()
	select {
	case <-c.Out.Done():
	case <-limit.Done():
		return
	}
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok && c.Out.Err() == nil && half.CloseWrite() == nil {
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

// Leave ends a connection that another has taken over from, and reports whether everything was sent
// before.
func (c *Connection) Leave() (all bool) {
	defer close(c.Left)
	limit, cancel := context.WithTimeout(c.abort, leaveTimeout)
	defer cancel()
	c.Goodbye(limit, noTime)
	media, bytes := c.Out.Waiting()
	if bytes > 0 {
		c.config.Log.Warn("the old connection ended before all that waited was sent", "server", c.To.Address, "media", media, "bytes", bytes)
	}
	c.End()
	return bytes == 0
}

// End closes the connection, as far as there is one, and waits for its goroutines.
func (c *Connection) End() {
	if c.conn != nil {
		c.stop()
	}
}

// hangUp ends one of several connections that bringing up may take.
func (c *Connection) hangUp() {
	c.stop()
	c.conn, c.Out, c.in, c.talk = nil, nil, nil, nil
}

// stop closes the connection, and waits for its goroutines.
func (c *Connection) stop() {
	c.stopForce()
	c.conn.Close()
	if c.Out == nil {
		return
	}
	c.Out.Abort()
	<-c.Out.Done()
	c.Out.Discard()
	for range c.in.Commands() { // until the receiving goroutine has ended
	}
}
