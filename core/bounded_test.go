package core

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/handshake"
	"luatrtmp/core/message"
	"luatrtmp/core/transport"
	"luatrtmp/tests/script"
)

// endsWithin is what Disconnect and Close promise, endsOnABusyMachine what a test can hold them to.
const (
	endsWithin         = 500 * time.Millisecond
	endsOnABusyMachine = 2 * time.Second
)

// resolveBy makes a Publisher resolve names by a DNS server of the test's own, which gets the queries.
func resolveBy(t *testing.T, p *Publisher, serve func(net.PacketConn)) {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(server)
	}()
	p.resolver = transport.NewResolver(func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	})
	t.Cleanup(func() {
		server.Close()
		<-done
	})
}

// pushUntilItWaits fills what the system buffers, and then the queue.
func pushUntilItWaits(t *testing.T, p *Publisher) {
	t.Helper()
	frame := annexB(spsMain, ppsMain, append([]byte{0x65}, bytes.Repeat([]byte{0x55}, 300_000)...))
	for i := uint32(0); p.Info().QueueBytes < 1<<20; i++ {
		require.NoError(t, p.SendVideo(frame, i*40, 0))
	}
}

// Whatever the network does and wherever a session stands, Disconnect and Close return soon.
func TestEndsSoon(t *testing.T) {
	require.LessOrEqual(t, closeTimeout+closeTimeout/4, endsWithin)
	reach := func(state State, server func(*script.Conn)) func(*testing.T) (*Publisher, *watch) {
		return func(t *testing.T) (*Publisher, *watch) {
			s := script.Listen(t)
			p, w := newPublisher(t, s.URL("live/stream"))
			require.NoError(t, p.Connect())
			c := s.Accept()
			server(c)
			w.until(state)
			return p, w
		}
	}
	for _, c := range []struct {
		name  string
		begin func(*testing.T) (*Publisher, *watch)
	}{
		{"nobody answers the SYN", func(t *testing.T) (*Publisher, *watch) {
			p, w := newPublisher(t, "rtmp://"+script.Blackhole(t)+"/live/stream")
			require.NoError(t, p.Connect())
			return p, w
		}},
		{"the name server does not answer", func(t *testing.T) (*Publisher, *watch) {
			asked := make(chan struct{}, 100)
			p, w := newPublisher(t, "rtmp://camera.example.org/live/stream")
			resolveBy(t, p, func(server net.PacketConn) {
				for buf := make([]byte, 512); ; {
					if _, _, err := server.ReadFrom(buf); err != nil {
						return
					}
					answer(asked)
				}
			})
			require.NoError(t, p.Connect())
			select {
			case <-asked:
			case <-time.After(patience):
				require.FailNow(t, "no query")
			}
			return p, w
		}},
		{"nothing comes of the handshake", reach(StateHandshaking, func(*script.Conn) {})},
		{"a byte a second comes of the handshake", reach(StateHandshaking, func(c *script.Conn) { c.Write([]byte{handshake.Version}) })},
		{"nothing comes of TLS", func(t *testing.T) (*Publisher, *watch) {
			s := script.Listen(t)
			p, w := newPublisher(t, "rtmps://"+s.Address()+"/live/stream")
			require.NoError(t, p.Connect())
			s.Accept()
			return p, w
		}},
		{"the password is not answered", func(t *testing.T) (*Publisher, *watch) {
			s := script.Listen(t)
			p, w := newPublisher(t, "rtmp://user:pass@"+s.Address()+"/live/stream")
			require.NoError(t, p.Connect())
			first := s.Accept()
			first.Handshake()
			connect := first.Command("connect")
			first.Send(&message.Command{Name: "_error", TransactionID: connect.TransactionID, Object: amf.Null{}, Arguments: []amf.Value{
				script.Info("error", "NetConnection.Connect.Rejected", "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : "),
			}})
			second := s.Accept()
			second.Handshake()
			second.Command("connect")
			return p, w
		}},
		{"connect is not answered", reach(StateHandshaking, func(c *script.Conn) { c.Handshake(); c.Command("connect") })},
		{"createStream is not answered", reach(StateConnected, func(c *script.Conn) { c.AcceptConnect(); c.Command("releaseStream") })},
		{"publish is not answered", reach(StateConnected, func(c *script.Conn) { c.AcceptConnect(); c.AcceptStream(); c.Command("publish") })},
		{"the goodbye is not answered", reach(StatePublishing, func(c *script.Conn) { c.Accept() })},
		{"the peer's window is full", func(t *testing.T) (*Publisher, *watch) {
			p, w, c := publishing(t)
			c.SetReadBuffer(4096)
			pushUntilItWaits(t, p)
			return p, w
		}},
		{"the peer reads a byte a second", func(t *testing.T) (*Publisher, *watch) {
			p, w, c := publishing(t)
			c.SetReadBuffer(4096)
			quit := make(chan struct{})
			done := make(chan struct{})
			go func() {
				defer close(done)
				for {
					select {
					case <-quit:
						return
					case <-time.After(time.Second):
						io.ReadFull(c.TCPConn, make([]byte, 1))
					}
				}
			}()
			t.Cleanup(func() { close(quit); <-done })
			pushUntilItWaits(t, p)
			return p, w
		}},
		{"between two attempts", func(t *testing.T) (*Publisher, *watch) {
			p, w := newPublisher(t, "rtmp://127.0.0.1:1/live/stream", "reconnect", "true", "reconnect_min_ms", "60000")
			require.NoError(t, p.Connect())
			w.until(StateError)
			return p, w
		}},
	} {
		for how, end := range map[string]func(*Publisher){"disconnect": (*Publisher).Disconnect, "close": (*Publisher).Close} {
			t.Run(c.name+", "+how, func(t *testing.T) {
				noLeak(t)
				p, w := c.begin(t)
				began := time.Now()
				end(p)
				took := time.Since(began)
				require.Less(t, took, endsOnABusyMachine)
				require.False(t, p.Busy())
				told := w.states()
				if how == "disconnect" {
					require.Equal(t, StateDisconnected, told[len(told)-1])
				}
				time.Sleep(20 * time.Millisecond)
				require.Equal(t, told, w.states(), "nothing is told any more")
				t.Log(took)
			})
		}
	}
}
