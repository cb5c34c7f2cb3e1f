package core

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"luatrtmp/amf"
	"luatrtmp/core/chunk"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/handshake"
	"luatrtmp/core/message"
	"luatrtmp/core/options"
)

// Tests of testing/synctest let years go by in seconds. Its clock stands still while anything waits for a socket: their publisher
// and their server are joined by memConn instead.

// memPipe is one direction of a connection. What the other side has not read waits in it, as it does in a kernel.
type memPipe struct {
	mu        sync.Mutex
	moved     sync.Cond
	waiting   []byte
	ended     bool // by the sender
	gone      bool // the connection is closed on either side
	readLimit limit
	sendLimit limit
}

// memBuffer is how much waits in one direction before the sender has to.
const memBuffer = 256 << 10

// limit is a deadline.
type limit struct {
	timer  *time.Timer
	passed bool
}

// set sets the deadline; zero: none.
func (l *limit) set(p *memPipe, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
	l.timer, l.passed = nil, !at.IsZero() && !time.Now().Before(at)
	p.moved.Broadcast()
	if at.IsZero() || l.passed {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(time.Until(at), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if l.timer == timer {
			l.passed = true
			p.moved.Broadcast()
		}
	})
	l.timer = timer
}

func (p *memPipe) read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.readLimit.passed:
			return 0, os.ErrDeadlineExceeded
		case len(p.waiting) > 0:
			n := copy(b, p.waiting)
			p.waiting = p.waiting[:copy(p.waiting, p.waiting[n:])]
			p.moved.Broadcast()
			return n, nil
		case p.gone:
			return 0, net.ErrClosed
		case p.ended:
			return 0, io.EOF
		}
		p.moved.Wait()
	}
}

func (p *memPipe) write(b []byte) (written int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(b) > 0 {
		switch room := memBuffer - len(p.waiting); {
		case p.gone || p.ended:
			return written, io.ErrClosedPipe
		case p.sendLimit.passed:
			return written, os.ErrDeadlineExceeded
		case room > 0:
			n := min(room, len(b))
			p.waiting = append(p.waiting, b[:n]...)
			b = b[n:]
			written += n
			p.moved.Broadcast()
			continue
		}
		p.moved.Wait()
	}
	return written, nil
}

// end says what the reader sees when it has read what waits: io.EOF, or, with gone, that the connection is closed.
func (p *memPipe) end(gone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.gone = p.gone || gone
	p.moved.Broadcast()
}

// memConn is one side of a connection.
type memConn struct {
	in, out *memPipe
}

// newMemConn returns both sides.
func newMemConn() (one, other *memConn) {
	a, b := &memPipe{}, &memPipe{}
	a.moved.L, b.moved.L = &a.mu, &b.mu
	return &memConn{a, b}, &memConn{b, a}
}

func (c *memConn) Read(b []byte) (int, error)  { return c.in.read(b) }
func (c *memConn) Write(b []byte) (int, error) { return c.out.write(b) }
func (c *memConn) CloseWrite() error           { c.out.end(false); return nil }

func (c *memConn) Close() error {
	c.out.end(false)
	c.in.end(true)
	for _, set := range []func(time.Time) error{c.SetReadDeadline, c.SetWriteDeadline} {
		set(time.Time{})
	}
	return nil
}

func (c *memConn) SetReadDeadline(at time.Time) error  { c.in.readLimit.set(c.in, at); return nil }
func (c *memConn) SetWriteDeadline(at time.Time) error { c.out.sendLimit.set(c.out, at); return nil }

func (c *memConn) SetDeadline(at time.Time) error {
	c.SetReadDeadline(at)
	return c.SetWriteDeadline(at)
}

func (c *memConn) LocalAddr() net.Addr  { return &net.TCPAddr{} }
func (c *memConn) RemoteAddr() net.Addr { return &net.TCPAddr{} }

// virtualPublisher returns a Publisher without a source whose connections are to serve, each in a goroutine of its own. The test
// closes it.
func virtualPublisher(t *testing.T, serve func(*memConn), with ...string) (*Publisher, *watch) {
	t.Helper()
	p, w := virtualPublisherOfClip(t, quietLog(), serve, with...)
	if err := p.SetSource("none"); err != nil {
		t.Fatal(err)
	}
	return p, w
}

// virtualPublisherOfClip returns one that has the built-in clip for its source.
func virtualPublisherOfClip(t *testing.T, log *slog.Logger, serve func(*memConn), with ...string) (*Publisher, *watch) {
	t.Helper()
	p := New(log)
	p.dial = func(context.Context, *net.Resolver, *endpoint.Endpoint, *options.Options) (net.Conn, error) {
		near, far := newMemConn()
		go func() {
			defer far.Close()
			serve(far)
		}()
		return near, nil
	}
	settings := append([]string{"chunk_size", "65536"}, with...)
	for i := 0; i < len(settings); i += 2 {
		if err := p.SetOption(settings[i], settings[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.SetURL("rtmp://server.test/live/stream"); err != nil {
		t.Fatal(err)
	}
	w := &watch{t: t, more: make(chan struct{}, 1)}
	p.Notify(w.take)
	return p, w
}

// memServer answers a publisher as a good server does, and hands on the media.
type memServer struct {
	in    *message.Reader
	out   *chunk.Writer
	conn  io.ReadWriter
	media func(chunk.Header, message.Message)
}

// zeroBytes is what S1 consists of.
type zeroBytes struct{}

func (zeroBytes) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// serveMedia is a server until the connection ends. media may be nil.
func serveMedia(conn io.ReadWriter, media func(chunk.Header, message.Message)) {
	if handshake.Server(conn, zeroBytes{}) != nil {
		return
	}
	s := &memServer{in: message.NewReader(conn), out: chunk.NewWriter(), conn: conn, media: media}
	for {
		h, m, err := s.in.Read()
		if err != nil || s.take(h, m) != nil {
			return
		}
	}
}

func (s *memServer) take(h chunk.Header, m message.Message) error {
	command, ok := m.(*message.Command)
	if !ok {
		if s.media != nil && m.Type() >= message.TypeAudio {
			s.media(h, m)
		}
		return nil
	}
	started := amf.Object{{Name: "level", Value: "status"}, {Name: "code", Value: "NetStream.Publish.Start"}}
	answer := &message.Command{Name: "_result", TransactionID: command.TransactionID, Object: amf.Null{}}
	switch command.Name {
	case "connect":
		answer.Arguments = []amf.Value{amf.Object{{Name: "code", Value: "NetConnection.Connect.Success"}}}
	case "createStream":
		answer.Arguments = []amf.Value{1.0}
	case "publish":
		answer = &message.Command{Name: "onStatus", Object: amf.Null{}, Arguments: []amf.Value{started}}
	default:
		return nil
	}
	body, err := answer.AppendBody(nil)
	if err != nil {
		return err
	}
	pieces, err := s.out.AppendMessage(nil, chunk.Header{ChunkStreamID: 3, Type: uint8(answer.Type())}, body)
	for _, p := range pieces {
		if err == nil {
			_, err = s.conn.Write(p)
		}
	}
	s.out.Reset()
	return err
}
