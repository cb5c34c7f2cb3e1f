package core

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/handshake"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

// A server that hangs up may want another form of the handshake; one that says something else is no RTMP server, and a silent
// one is not waited for twice.
func TestHandshakeFailures(t *testing.T) {
	for _, c := range []struct {
		name        string
		connections int
		server      func(*script.Conn)
		options     []string
		kind        error
		text        []string
	}{
		{"silent", 1, func(*script.Conn) {}, []string{"timeout", short}, rtmperr.ErrTimeout, []string{"handshake", "150ms", "rtmps://"}},
		{"half", 1, func(c *script.Conn) { c.Write([]byte{3, 0, 0}) }, []string{"timeout", short}, rtmperr.ErrTimeout, []string{"handshake"}},
		{"closes", 3, func(c *script.Conn) { c.Close() }, nil, rtmperr.ErrHandshake, []string{"closed", "handshake", "rtmps://"}},
		{"closes after half", 3, func(c *script.Conn) { c.Write([]byte{3, 0, 0}); c.Close() }, nil, rtmperr.ErrHandshake, []string{"closed", "handshake"}},
		{"resets", 3, func(c *script.Conn) { c.TCPConn.Read(make([]byte, 1)); c.Reset() }, nil, rtmperr.ErrHandshake, []string{"closed", "handshake"}},
		{"closes, then is silent", 2, func(c *script.Conn) {
			b := make([]byte, 9)
			io.ReadFull(c.TCPConn, b)
			if b[5] == 0 {
				c.Close()
			}
		}, []string{"timeout", short}, rtmperr.ErrHandshake, []string{"closed"}},
		{"HTTP", 1, func(c *script.Conn) { c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }, nil, rtmperr.ErrHandshake, []string{"HTTP"}},
		{"TLS", 1, func(c *script.Conn) { c.Write([]byte("\x15\x03\x01\x00\x02\x02\x16")) }, nil, rtmperr.ErrHandshake, []string{"rtmps"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			p, w := newPublisher(t, s.URL("live/stream"), c.options...)
			require.NoError(t, p.Connect())
			for range c.connections {
				c.server(s.Accept())
			}
			e := w.until(StateError)
			require.ErrorIs(t, e.Err, c.kind)
			for _, text := range c.text {
				require.ErrorContains(t, e.Err, text)
			}
			require.Equal(t, []State{1, 2, 7}, w.states(), "all of it is one attempt")

			// The next attempt succeeds, whatever happened.
			require.NoError(t, p.SetOption("timeout", "5000"))
			require.NoError(t, p.Connect())
			s.Accept().Accept()
			w.until(StatePublishing)
		})
	}
}

// insist shakes hands as a server that knows one scheme, and answers in another.
func insist(c *script.Conn, of, only handshake.Scheme) error {
	return handshake.ServerDigest(c.TCPConn, zeroes{}, of, only)
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A server that insists on digests is found out once for each host, whichever scheme it knows.
func TestDigestIsFoundOut(t *testing.T) {
	for scheme, refusals := range map[handshake.Scheme]int{handshake.DigestFirst: 1, handshake.DigestSecond: 2} {
		noLeak(t)
		s := script.Listen(t)
		p, w := newPublisher(t, s.URL("live/stream"))
		for round := range 3 {
			require.NoError(t, p.Connect())
			if round == 0 {
				for range refusals {
					c := s.Accept()
					require.ErrorIs(t, insist(c, scheme, scheme), handshake.ErrDigest)
					c.Close()
				}
			}
			c := s.Accept()
			require.NoError(t, insist(c, scheme, scheme))
			c.AcceptConnectAfterHandshake()
			c.AcceptStream()
			c.AcceptPublish()
			w.until(StatePublishing)
			go c.Drain()
			p.Disconnect()
		}
		want := []State{1, 2, 3, 4, 5, 6}
		require.Equal(t, append(append(want, want...), want...), w.states())

		// The server is replaced by one that knows no digests: the attempt after the next finds out.
		require.NoError(t, p.Connect())
		s.Accept().Close()
		w.until(StateError)
		require.NoError(t, p.Connect())
		s.Accept().Accept()
		w.until(StatePublishing)
		p.Disconnect()

		// And now that it is known it is not asked again.
		require.NoError(t, p.Connect())
		s.Accept().Close()
		w.until(StateError)
	}
}

// A silent server may want digests, too: the next attempt begins with them, and the one after that does not.
func TestDigestAfterSilence(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/stream"), "timeout", short)
	for _, digests := range []bool{false, true, false, true} {
		require.NoError(t, p.Connect())
		c := s.Accept()
		head := make([]byte, 9)
		_, err := io.ReadFull(c.TCPConn, head)
		require.NoError(t, err)
		require.Equal(t, digests, head[5] != 0, "the version in C1")
		w.until(StateError)
	}
	require.NoError(t, p.Connect())
	s.Accept()
	w.until(StateError)
	require.NoError(t, p.SetOption("timeout", "5000"))
	require.NoError(t, p.Connect())
	c := s.Accept()
	require.NoError(t, insist(c, handshake.DigestFirst, handshake.DigestFirst))
	c.AcceptConnectAfterHandshake()
	c.AcceptStream()
	c.AcceptPublish()
	w.until(StatePublishing)
}

// Disconnect ends it in any phase, on whatever connection it is.
func TestDisconnectBetweenForms(t *testing.T) {
	for refusals := range 3 {
		noLeak(t)
		s := script.Listen(t)
		p, w := newPublisher(t, s.URL("live/stream"))
		require.NoError(t, p.Connect())
		for range refusals {
			s.Accept().Close()
		}
		s.Accept()
		begin := time.Now()
		p.Disconnect()
		require.Less(t, time.Since(begin), time.Second)
		all := w.states()
		require.Equal(t, []State{5, 6}, all[len(all)-2:])
	}
}
