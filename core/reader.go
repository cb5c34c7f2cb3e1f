package core

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

// reader owns the receiving side of one connection: its goroutine, run, answers what has to be answered - acknowledgements,
// pings, window sizes - and hands commands on. Whoever owns the connection takes them, or closes the connection and then
// takes them until there are no more.
type reader struct {
	conn     net.Conn
	out      *writer
	log      *slog.Logger
	messages *message.Reader
	commands chan *message.Command // closed when the connection has ended
	err      error                 // why it has ended; valid once commands is closed

	faults uint8 // messages that could not be read, up to maxFaultsLogged

	window    uint32 // the peer's: acknowledge by then; 0: it has none
	received  uint32 // bytes, modulo 2^32 as on the wire
	acked     uint32
	announced uint32 // window we told the peer
}

// maxCommands bounds how many commands of the server wait for somebody to look at them. Then it is read no more.
const maxCommands = 8

func newReader(conn net.Conn, out *writer, log *slog.Logger) *reader {
	r := &reader{conn: conn, out: out, log: log, commands: make(chan *message.Command, maxCommands)}
	r.messages = message.NewReader(r)
	return r
}

// run reads until the connection ends.
func (r *reader) run() {
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
func (r *reader) read() (c *message.Command, err error) {
	r.err = rtmperr.Guard(func() (err error) {
		c, err = r.take()
		return err
	})
	return c, r.err
}

func (r *reader) take() (*message.Command, error) {
	_, m, err := r.messages.Read()
	switch {
	case errors.Is(err, message.ErrBody):
		if r.faults < maxFaultsLogged {
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

// Read counts what comes in and acknowledges it. RTMP 1.0, 5.4.3: a sequence number at least every window; we send it
// at half of it, so that the peer never has to stop.
func (r *reader) Read(p []byte) (int, error) {
	n, err := r.conn.Read(p)
	r.received += uint32(n)
	if r.window > 0 && r.received-r.acked >= max(1, r.window/2) {
		r.acked = r.received
		r.answer(&message.Acknowledgement{SequenceNumber: r.received})
	}
	return n, err
}

// handle deals with one message that is no command.
func (r *reader) handle(m message.Message) {
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
func (r *reader) answer(m message.Message) {
	if err := r.out.sendMessage(0, sendqueue.Control, m); err != nil {
		r.log.Debug("a message of the server could not be answered", "message", m.Type(), "why", err)
	}
}

// closedByPeer reports whether the peer ended the connection; valid after reading has ended.
func (r *reader) closedByPeer() bool {
	return errors.Is(r.err, io.EOF) || errors.Is(r.err, io.ErrUnexpectedEOF) || rtmperr.IsReset(r.err)
}

// failure says why reading ended, and when; valid after that.
func (r *reader) Err(when string) error {
	switch {
	case r.closedByPeer():
		return rtmperr.New(rtmperr.ErrNetwork, "the server closed the connection %s", when)
	case rtmperr.IsNetwork(r.err):
		return rtmperr.New(rtmperr.ErrNetwork, "the connection broke %s: %v", when, rtmperr.Reason(r.err))
	}
	return rtmperr.New(rtmperr.ErrNetwork, "the server sent what is not RTMP %s: %v", when, r.err)
}

const (
	// endPatience bounds how long a peer that has got everything may take to close the connection: some keep it open.
	endPatience = time.Second

	// answerPatience is the same where somebody waits for the end: the user, or another connection that needs the stream's name.
	answerPatience = 200 * time.Millisecond
)

// drain waits until the peer has closed its direction too. What it has not read yet is lost when it sends something to a socket that
// is closed, and one that is closed with unread data in it is reset. hurry is done when
// somebody waits.
func (r *reader) drain(ctx, hurry context.Context) {
	limit := time.NewTimer(endPatience)
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
			limit.Reset(answerPatience)
		case _, ok := <-r.commands:
			if !ok {
				return
			}
		}
	}
}
