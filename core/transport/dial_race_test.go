package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/rtmperr"
)

func TestHeadStart(t *testing.T) {
	for _, c := range []struct {
		timeout time.Duration
		n       int
		want    time.Duration
	}{
		{5 * time.Second, 1, 250 * time.Millisecond},
		{5 * time.Second, 10, 250 * time.Millisecond},
		{5 * time.Second, 32, 78125 * time.Microsecond},
		{time.Second, 5, 100 * time.Millisecond},
		{10 * time.Millisecond, 32, 156250 * time.Nanosecond},
		{time.Minute, 0, 250 * time.Millisecond},
	} {
		require.Equal(t, c.want, headStart(c.timeout, c.n), "%v, %d", c.timeout, c.n)
	}
}

func TestInterleave(t *testing.T) {
	for _, c := range []struct{ in, want []string }{
		{nil, nil},
		{[]string{"1.1.1.1"}, []string{"1.1.1.1"}},
		{[]string{"::1", "::2", "1.1.1.1", "1.1.1.2"}, []string{"::1", "1.1.1.1", "::2", "1.1.1.2"}},
		{[]string{"1.1.1.1", "1.1.1.2", "1.1.1.3", "::1"}, []string{"1.1.1.1", "::1", "1.1.1.2", "1.1.1.3"}},
		{[]string{"::1", "1.1.1.1", "::ffff:1.1.1.1", "::1"}, []string{"::1", "1.1.1.1"}},
	} {
		var in []netip.Addr
		for _, text := range c.in {
			in = append(in, netip.MustParseAddr(text))
		}
		var got []string
		for _, ip := range interleave(in) {
			got = append(got, ip.String())
		}
		require.Equal(t, c.want, got)
	}
}

// fakeConn is a connection that knows whether it was closed.
type fakeConn struct {
	net.Conn
	address netip.AddrPort
	closed  bool
}

func (c *fakeConn) Close() error { c.closed = true; return nil }

func TestDialFirst(t *testing.T) {
	const never = time.Hour
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	type server struct {
		after  time.Duration // until it answers
		accept bool
		deaf   bool // the attempt is not ended by its context: it connects in the same moment
	}
	for _, c := range []struct {
		name    string
		servers []server
		winner  int // -1 if no connection is made
		begins  []time.Duration
		takes   time.Duration
	}{
		{"the first", []server{{ms(10), true, false}, {ms(10), true, false}}, 0, []time.Duration{0}, ms(10)},
		{"the first is slow, and still wins", []server{{ms(260), true, false}, {ms(30), true, false}}, 0,
			[]time.Duration{0, ms(250)}, ms(260)},
		{"the first is silent", []server{{never, false, false}, {ms(10), true, false}}, 1, []time.Duration{0, ms(250)}, ms(260)},
		{"refusals cost no time", []server{{ms(1), false, false}, {ms(1), false, false}, {ms(1), true, false}}, 2,
			[]time.Duration{0, ms(1), ms(2)}, ms(3)},
		{"silence and refusals", []server{{never, false, false}, {ms(1), false, false}, {never, false, false}, {ms(5), true, false}}, 3,
			[]time.Duration{0, ms(250), ms(251), ms(501)}, ms(506)},
		{"all refuse", []server{{ms(1), false, false}, {ms(2), false, false}}, -1, []time.Duration{0, ms(1)}, ms(3)},
		{"all are silent", []server{{never, false, false}, {never, false, false}, {never, false, false}}, -1,
			[]time.Duration{0, ms(250), ms(500)}, 5 * time.Second},
		{"two connect", []server{{ms(260), true, true}, {ms(5), true, true}}, 1, []time.Duration{0, ms(250)}, ms(260)},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				began := time.Now()
				var mu sync.Mutex
				begins := make([]time.Duration, 0, len(c.servers))
				conns := make([]*fakeConn, len(c.servers))
				var addresses []netip.AddrPort
				for i := range c.servers {
					addresses = append(addresses, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(i+1)))
				}
				conn, failed := dialFirst(ctx, addresses, maxHeadStart, func(ctx context.Context, a netip.AddrPort) (net.Conn, error) {
					i := int(a.Port()) - 1
					mu.Lock()
					begins = append(begins, time.Since(began))
					mu.Unlock()
					s := c.servers[i]
					ended := ctx.Done()
					if s.deaf {
						ended = nil
					}
					select {
					case <-time.After(s.after):
					case <-ended:
						return nil, ctx.Err()
					}
					if !s.accept {
						return nil, syscall.ECONNREFUSED
					}
					conns[i] = &fakeConn{address: a}
					return conns[i], nil
				})
				require.Equal(t, c.begins, begins)
				if c.winner < 0 {
					require.Nil(t, conn)
					require.Len(t, failed, len(c.servers))
				} else {
					require.NotNil(t, conn)
				}
				for _, other := range conns {
					if other != nil {
						require.Equal(t, other != conn, other.closed, "all but one are closed")
					}
				}
				if c.name == "two connect" { // which of them is first is not said
					return
				}
				require.Equal(t, c.takes, time.Since(began))
				if c.winner >= 0 {
					require.Equal(t, addresses[c.winner], conn.(*fakeConn).address)
				}
			})
		})
	}
}

func TestAddressesOf(t *testing.T) {
	var many []net.IP
	for i := range byte(40) {
		many = append(many, net.IPv4(127, 0, 1, i))
	}
	resolver := coretest.NameServer(t, func() []net.IP { return many })
	all, err := addressesOf(t.Context(), resolver, "cdn.test.:1935", time.Second)
	require.NoError(t, err)
	require.Len(t, all, maxAddresses)
	for address, want := range map[string]string{"10.0.0.1:1935": "10.0.0.1:1935", "[::1]:80": "[::1]:80", "[fe80::1%lo]:80": "[fe80::1%lo]:80"} {
		all, err = addressesOf(t.Context(), nil, address, time.Second)
		require.NoError(t, err)
		require.Equal(t, []netip.AddrPort{netip.MustParseAddrPort(want)}, all)
	}
}

func TestDialFailure(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	unreachable := &net.OpError{Op: "dial", Err: syscall.ENETUNREACH}
	at := func(ip string, err error) dialError {
		return dialError{netip.AddrPortFrom(netip.MustParseAddr(ip), 1935), err}
	}
	many := make([]dialError, maxAddresses)
	for i := range many {
		many[i] = at(fmt.Sprintf("10.0.0.%d", i), refused)
	}
	for _, c := range []struct {
		late   bool
		failed []dialError
		kind   error
		want   string
	}{
		{false, []dialError{at("::1", refused)}, rtmperr.ErrConnect, "nothing listens at h:1935 (connection refused): is the server running?"},
		{false, []dialError{at("::1", unreachable)}, rtmperr.ErrConnect, "connecting to h:1935: network is unreachable"},
		{true, []dialError{at("::1", context.DeadlineExceeded)}, rtmperr.ErrTimeout, "no connection to h:1935 within 5s: check host, port and firewall"},
		{false, []dialError{at("::1", unreachable), at("10.0.0.1", refused)}, rtmperr.ErrConnect,
			"connecting to h:1935: [::1]:1935: network is unreachable; 10.0.0.1:1935: connection refused"},
		{false, []dialError{at("::1", refused), at("10.0.0.1", refused)}, rtmperr.ErrConnect,
			"nothing listens at h:1935 ([::1]:1935: connection refused; 10.0.0.1:1935: connection refused): is the server running?"},
		{true, []dialError{at("10.0.0.1", refused), at("::1", context.DeadlineExceeded)}, rtmperr.ErrTimeout,
			"no connection to h:1935 within 5s (10.0.0.1:1935: connection refused; [::1]:1935: no answer): check host, port and firewall"},
		{false, many, rtmperr.ErrConnect, "nothing listens at h:1935 (10.0.0.0:1935: connection refused; 10.0.0.1:1935: connection refused; " +
			"10.0.0.2:1935: connection refused; 10.0.0.3:1935: connection refused; and 28 more addresses): is the server running?"},
		{false, []dialError{at("::1", errors.New("x"))}, rtmperr.ErrConnect, "connecting to h:1935: x"},
	} {
		err := dialFailure(c.late, c.failed, "h:1935", 5*time.Second)
		require.ErrorIs(t, err, c.kind)
		require.EqualError(t, err, c.want)
	}
}
