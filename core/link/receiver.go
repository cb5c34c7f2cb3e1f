package link

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"

	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
)

// Receiver receives the messages of one connection. It answers what has to be answered -
// acknowledgements, pings, window sizes - and hands commands on. Who owns the connection takes them, or
// closes the connection and then takes them until there are no more.
type Receiver struct {
	conn     net.Conn
	out      *Sender
	log      *slog.Logger
	messages *message.Reader
	commands chan *message.Command // closed when the connection has ended
	err      error                 // why it has ended; valid once commands is closed

	faults uint8 // messages that could not be read, up to maxFaults

	window    uint32 // the peer's: acknowledge by then; 0: it has none
	received  uint32 // bytes, modulo 2^32 as on the wire
	acked     uint32
	announced uint32 // window we told the peer
}

// maxFaults is how many messages that could not be read are logged.
const maxFaults = 5

// maxCommands bounds how many commands of the server wait for somebody to take them. Then nothing more
// is received.
const maxCommands = 8

// NewReceiver returns the receiver of conn, whose answers go to out. Its owner starts Run.
func NewReceiver(conn net.Conn, out *Sender, log *slog.Logger) *Receiver {
	r := &Receiver{conn: conn, out: out, log: log, commands: make(chan *message.Command, maxCommands)}
	r.messages = message.NewReader(source(r.receive))
	return r
}

// Commands returns the commands of the server. It is closed when the connection has ended.
func (r *Receiver) Commands() <-chan *message.Command { return r.commands }

// Cause returns why the connection has ended; valid once Commands is closed.
func (r *Receiver) Cause() error { return r.err }

// Run reads until the connection ends. The caller starts it as a goroutine.
func (r *Receiver) Run() {
	defer close(r.commands)
	for {
		c, err := r.read()
		if err != nil {
			return
		}
		if c != nil {
			r.commands <- c
		}
	}
}

// read reads one message, and deals with it unless it is a command. Errors are final.
func (r *Receiver) read() (c *message.Command, err error) {
	r.err = rtmperr.Guard(func() (err error) {
		c, err = r.take()
		return err
	})
	return c, r.err
}

func (r *Receiver) take() (*message.Command, error) {
	_, m, err := r.messages.Read()
	switch {
	case errors.Is(err, message.ErrBody):
		if r.faults < maxFaults {
			r.faults++
			r.log.Warn("ignoring a broken message of the server", "why", err)
		}
	case err != nil:
		return nil, err
	}
	c, _ := m.(*message.Command)
	if c == nil {
		r.handle(m)
	}
	return c, nil
}

// source is a function to read from.
type source func(p []byte) (int, error)

func (s source) Read(p []byte) (int, error) { return s(p) }

// receive counts what comes in and acknowledges it. RTMP 1.0, 5.4.3: a sequence number at least every
// window. We send one each half of it, so that the peer never has to stop.
func (r *Receiver) receive(p []byte) (int, error) {
	n, err := r.conn.Read(p)
	r.received += uint32(n)
	if r.window > 0 && r.received-r.acked >= max(1, r.window/2) {
		r.acked = r.received
		r.answer(&message.Acknowledgement{SequenceNumber: r.received})
	}
	return n, err
}

// handle deals with one message that is no command.
func (r *Receiver) handle(m message.Message) {
	switch m := m.(type) {
	case *message.WindowAckSize:
		r.window = m.Size
	case *message.SetPeerBandwidth:
		// RTMP 1.0, 5.4.5: answer with a window acknowledgement size unless it is what was sent last.
		if m.Size != r.announced {
			r.announced = m.Size
			r.answer(&message.WindowAckSize{Size: m.Size})
		}
	case *message.UserControl:
		if m.Event == message.PingRequest {
			r.answer(&message.UserControl{Event: message.PingResponse, Data: m.Data})
		}
	}
}

// answer queues a control message. When too many wait the peer does not read: it gets no more.
func (r *Receiver) answer(m message.Message) {
	if err := r.out.SendMessage(0, sendqueue.Control, m); err != nil {
		r.log.Debug("a message of the server could not be answered", "message", m.Type(), "why", err)
	}
}

// ClosedByPeer reports whether the peer ended the connection; valid after reading has ended.
func (r *Receiver) ClosedByPeer() bool {
	return errors.Is(r.err, io.EOF) || errors.Is(r.err, io.ErrUnexpectedEOF) || rtmperr.IsReset(r.err)
}

// Err says why reading ended, and when; valid after that.
func (r *Receiver) Err(when string) error {
	switch {
	case r.ClosedByPeer():
		return rtmperr.New(rtmperr.ErrNetwork, "the server closed the connection %s", when)
	case rtmperr.IsNetwork(r.err):
		return rtmperr.New(rtmperr.ErrNetwork, "the connection broke %s: %v", when, rtmperr.Reason(r.err))
	}
	return rtmperr.New(rtmperr.ErrNetwork, "the server sent what is not RTMP %s: %v", when, r.err)
}

// How long AwaitEnd waits.
const (
	// EndPatience bounds how long a peer that has got everything may take to close the connection:
	// some keep it open.
	EndPatience = time.Second

	// AnswerPatience is the same where somebody waits for the end: the user, or another connection that
	// needs the stream's name.
	AnswerPatience = 200 * time.Millisecond
)

// AwaitEnd waits until the peer has closed its direction too. What the peer has not read yet would be
// lost if it sent something to a socket that is closed, or if the socket were closed with unread data
// in it: then it is reset. hurry is done when somebody waits.
func (r *Receiver) AwaitEnd(ctx, hurry context.Context) {
	limit := time.NewTimer(EndPatience)
	defer limit.Stop()
	asked := hurry.Done()
	for {
		select {
		case <-limit.C:
			return
		case <-ctx.Done():
			return
		case <-asked:
			asked = nil
			limit.Reset(AnswerPatience)
		case _, ok := <-r.commands:
			if !ok {
				return
			}
		}
	}
}
