package core

import (
	"net"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

// Connections come from the address or the interface of the option bind, also encrypted ones and those that a server asks for.
func TestBind(t *testing.T) {
	for _, c := range []struct{ bind, from string }{
		{"127.0.0.1", "127.0.0.1"},
		{"127.0.0.2", "127.0.0.2"},
		{"::ffff:127.0.0.2", "127.0.0.2"},
		{coretest.Loopback(t), "127.0.0.1"},
	} {
		t.Run(c.bind, func(t *testing.T) {
			noLeak(t)
			if c.from != "127.0.0.1" && runtime.GOOS != "linux" {
				c.bind, c.from = "127.0.0.1", "127.0.0.1" // other systems have one loopback address
			}
			s := script.Listen(t)
			p, w := newPublisher(t, s.URL("live/key"), "bind", c.bind)
			require.NoError(t, p.Connect())
			first := s.Accept()
			remote := func(conn *script.Conn) string {
				host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
				require.NoError(t, err)
				return host
			}
			require.Equal(t, c.from, remote(first))
			first.Accept()
			w.until(StatePublishing)
			first.Send(move(""))
			second := s.Accept()
			require.Equal(t, c.from, remote(second))
		})
	}
}

// Of a name's addresses those are tried that the local address can reach.
func TestBindToAFamily(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	_, port, _ := net.SplitHostPort(s.Address())
	p, w := newPublisher(t, "rtmp://cdn.test.:"+port+"/live/stream", "bind", "127.0.0.1")
	p.resolver = coretest.NameServer(t, func() []net.IP { return []net.IP{net.IPv6loopback, net.IPv4(127, 0, 0, 1)} })
	require.NoError(t, p.Connect())
	s.Accept().Accept()
	w.until(StatePublishing)
	p.Disconnect()
	require.NoError(t, p.SetOption("bind", "::1"))
	p.resolver = coretest.NameServer(t, func() []net.IP { return []net.IP{net.IPv4(127, 0, 0, 1)} })
	require.NoError(t, p.Connect())
	err := w.until(StateError).Err
	require.ErrorIs(t, err, rtmperr.ErrConnect)
	require.ErrorContains(t, err, "from ::1: the host has no IPv6 address")
}

// What is wrong with the option bind is told when it is used, because an interface may come later.
func TestBindFails(t *testing.T) {
	closed := func(t *testing.T) string {
		s := script.Listen(t)
		url := s.URL("live/key")
		s.Serve(nil)()
		return url
	}
	for _, c := range []struct{ name, bind, text string }{
		{"no such interface", "nosuch0", `no network interface "nosuch0" (it has `},
		{"another machine's address", "192.0.2.77", "the option bind: 192.0.2.77 is no address of this machine"},
		{"nothing listens", "127.0.0.1", ", from 127.0.0.1 (connection refused)"},
		{"nothing listens, from an interface", coretest.Loopback(t), ", from interface " + coretest.Loopback(t) + " (connection refused)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			p, w := newPublisher(t, closed(t), "bind", c.bind)
			require.NoError(t, p.Connect())
			err := w.until(StateError).Err
			require.ErrorIs(t, err, rtmperr.ErrConnect)
			require.ErrorContains(t, err, c.text)
		})
	}
}
