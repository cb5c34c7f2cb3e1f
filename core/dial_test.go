package core

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

// All addresses of a name are tried, of both families, until one answers.
func TestAllAddressesAreTried(t *testing.T) {
	good, bad, six := net.IPv4(127, 0, 0, 1), net.IPv4(127, 0, 0, 2), net.ParseIP("::1")
	for _, c := range []struct {
		name      string
		addresses []net.IP
		ok        bool
	}{
		{"one", []net.IP{good}, true},
		{"the second", []net.IP{bad, good}, true},
		{"the last of many", []net.IP{bad, net.IPv4(127, 0, 0, 3), net.IPv4(127, 0, 0, 4), good}, true},
		{"IPv6 refuses", []net.IP{six, good}, true},
		{"IPv6 refuses, and one of IPv4", []net.IP{six, bad, good}, true},
		{"none", []net.IP{six, bad}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			_, port, _ := net.SplitHostPort(s.Address())
			p, w := newPublisher(t, "rtmp://cdn.test.:"+port+"/live/stream")
			p.resolver = coretest.NameServer(t, func() []net.IP { return c.addresses })
			require.NoError(t, p.Connect())
			if !c.ok {
				require.ErrorIs(t, w.until(StateError).Err, rtmperr.ErrConnect)
				return
			}
			conn := s.Accept()
			require.Equal(t, "rtmp://cdn.test.:"+port+"/live", tcURLOf(conn))
		})
	}
}

// An IPv6 address from which no answer comes does not hold up IPv4 until the timeout. RFC 6555.
func TestIPv4BesideASilentIPv6(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	_, port, _ := net.SplitHostPort(s.Address())
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	script.Blackhole6(t, number)
	p, w := newPublisher(t, "rtmp://cdn.test.:"+port+"/live/stream", "timeout", "60000")
	p.resolver = coretest.NameServer(t, func() []net.IP { return []net.IP{net.IPv6loopback, net.IPv4(127, 0, 0, 1)} })
	require.NoError(t, p.Connect())
	s.Accept().Accept() // which fails after less than the timeout
	w.until(StatePublishing)
}

func tcURLOf(c *script.Conn) string {
	_, tcURL := said(c.AcceptConnect())
	return tcURL
}

// Names are resolved anew for each attempt; one that cannot be, and a name server that is silent, are told apart.
func TestNamesChange(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	_, port, _ := net.SplitHostPort(s.Address())
	addresses := make(chan []net.IP, 1)
	p, w := newPublisher(t, "rtmp://cdn.test.:"+port+"/live/stream", "timeout", "1000")
	p.resolver = coretest.NameServer(t, func() []net.IP { now := <-addresses; addresses <- now; return now })
	addresses <- []net.IP{}
	require.NoError(t, p.Connect())
	e := w.until(StateError)
	require.ErrorIs(t, e.Err, rtmperr.ErrConnect)
	require.ErrorContains(t, e.Err, `"cdn.test." cannot be resolved`)
	for _, now := range []net.IP{net.IPv4(127, 0, 0, 2), net.IPv4(127, 0, 0, 1)} {
		<-addresses
		addresses <- []net.IP{now}
		require.NoError(t, p.Connect())
		if now[len(now)-1] == 2 {
			require.ErrorContains(t, w.until(StateError).Err, "connection refused")
		}
	}
	s.Accept().Accept()
	w.until(StatePublishing)
	p.Disconnect()
	<-addresses
	addresses <- nil
	begin := time.Now()
	require.NoError(t, p.Connect())
	require.ErrorIs(t, w.until(StateError).Err, rtmperr.ErrTimeout)
	require.Less(t, time.Since(begin), 5*time.Second)
}
