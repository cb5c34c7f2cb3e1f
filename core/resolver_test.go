package core

import (
	"encoding/binary"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

// replyWith answers each query with what reply makes of it; nil: no answer.
func replyWith(reply func(query []byte) []byte) func(net.PacketConn) {
	return func(server net.PacketConn) {
		for buf := make([]byte, 512); ; {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			if r := reply(buf[:n]); r != nil {
				server.WriteTo(r, from) //nolint:errcheck // who asked may be gone
			}
		}
	}
}

// code returns a reply without answers. RFC 1035, 4.1.1.
func code(rcode byte) func([]byte) []byte {
	const response, recursionAvailable = 0x80, 0x80
	return func(query []byte) []byte {
		query[2] |= response
		query[3] = recursionAvailable | rcode
		return query
	}
}

// A name server that fails, each time in another way.
func TestNameServerFails(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply func([]byte) []byte
		kind  error
		text  string
	}{
		{"no such name", code(3), rtmperr.ErrConnect, `the host name "camera.example.org." cannot be resolved (no such host)`},
		{"out of order", code(2), rtmperr.ErrConnect, `the host name "camera.example.org." cannot be resolved`},
		{"refused", code(5), rtmperr.ErrConnect, `the host name "camera.example.org." cannot be resolved`},
		{"a name without addresses", code(0), rtmperr.ErrConnect, `the host name "camera.example.org." cannot be resolved`},
		{"no answer", func([]byte) []byte { return nil }, rtmperr.ErrTimeout, "within 300ms: check host, port and firewall"},
		{"noise", func([]byte) []byte { return []byte{1, 2, 3} }, rtmperr.ErrTimeout, "within 300ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			p, w := newPublisher(t, "rtmp://camera.example.org./live/stream", "timeout", "300") // the last dot: no search domains
			resolveBy(t, p, replyWith(c.reply))
			before := descriptors(t)
			require.NoError(t, p.Connect())
			began := time.Now()
			err := w.until(StateError).Err
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, c.text)
			require.Less(t, time.Since(began), patience)
			require.Equal(t, []State{1, 7}, w.states())
			require.Eventually(t, func() bool { return descriptors(t) <= before }, patience, time.Millisecond, "the query's socket")
		})
	}
}

// A name server that never answers the question for the addresses of one family does not keep the other from being used.
func TestNameServerThatAnswersOneQuestion(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers uint16
		address net.IP
		listen  string
	}{
		{"IPv4", coretest.TypeA, net.IPv4(127, 0, 0, 1), "127.0.0.1:0"},
		{"IPv6", coretest.TypeAAAA, net.IPv6loopback, "[::1]:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			listener, err := net.Listen("tcp", c.listen)
			require.NoError(t, err)
			s := script.ListenOn(t, listener.(*net.TCPListener))
			_, port, _ := net.SplitHostPort(s.Address())
			p, w := newPublisher(t, "rtmp://cdn.test.:"+port+"/live/stream", "timeout", "2000")
			resolveBy(t, p, replyWith(func(query []byte) []byte {
				end := len("\x03cdn\x04test\x00") + 12
				if binary.BigEndian.Uint16(query[end:]) != c.answers {
					return nil
				}
				return coretest.Reply(query, []net.IP{c.address})
			}))
			require.NoError(t, p.Connect())
			s.Accept().Accept()
			w.until(StatePublishing)
		})
	}
}

// A name that leads elsewhere while attempts go on is followed there.
func TestNameMovesWhileReconnecting(t *testing.T) {
	noLeak(t)
	one := script.Listen(t)
	_, port, err := net.SplitHostPort(one.Address())
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.2:"+port)
	require.NoError(t, err)
	other := script.ListenOn(t, listener.(*net.TCPListener))
	var moved atomic.Bool
	p, w := newPublisher(t, "rtmp://cdn.test.:"+port+"/live/stream", "reconnect", "true", "reconnect_min_ms", "10", "reconnect_max_ms", "20")
	p.resolver = coretest.NameServer(t, func() []net.IP {
		if moved.Load() {
			return []net.IP{net.IPv4(127, 0, 0, 2)}
		}
		return []net.IP{net.IPv4(127, 0, 0, 1)}
	})
	require.NoError(t, p.Connect())
	c := one.Accept()
	c.Accept()
	w.until(StatePublishing)
	moved.Store(true)
	c.Reset()
	require.ErrorIs(t, w.until(StateError).Err, rtmperr.ErrNetwork)
	other.Accept().Accept()
	w.until(StatePublishing)
	require.EqualValues(t, 1, p.Info().Reconnects)
}
