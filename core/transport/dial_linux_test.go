package transport

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/options"
	"luatrtmp/tests/script"
)

// A link that is gone is noticed also when nothing is sent, and small messages do not wait for
// larger ones.
func TestSocketOptions(t *testing.T) {
	a := script.NewAuthority(t)
	for _, c := range []struct {
		server  *script.Server
		scheme  string
		timeout time.Duration
		silence int
	}{
		{script.Listen(t), "rtmp", 5 * time.Second, 10_000},
		{script.Listen(t), "rtmp", 100 * time.Millisecond, 10_000},
		{script.Listen(t), "rtmp", time.Minute, 120_000},
		{script.ListenTLS(t, a.For("127.0.0.1")), "rtmps", 5 * time.Second, 10_000},
	} {
		o := options.Default()
		o.Timeout, o.TLS.Insecure = c.timeout, true
		if c.scheme == "rtmps" {
			go func() { _, _ = c.server.Accept().Read() }() // agrees on encryption
		}
		conn, err := Dial(context.Background(), nil, &endpoint.Endpoint{Scheme: c.scheme, Host: "127.0.0.1", Address: c.server.Address()}, &o)
		require.NoError(t, err)
		raw, err := conn.(syscall.Conn).SyscallConn()
		require.NoError(t, err)
		var got []int
		require.NoError(t, raw.Control(func(fd uintptr) {
			for _, name := range []struct{ level, option int }{
				{unix.IPPROTO_TCP, unix.TCP_NODELAY}, {unix.SOL_SOCKET, unix.SO_KEEPALIVE}, {unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT},
				{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE},
			} {
				value, _ := unix.GetsockoptInt(int(fd), name.level, name.option)
				got = append(got, value)
			}
		}))
		require.Equal(t, []int{1, 1, c.silence, 10}, got, c.scheme)
		conn.Close()
	}
}
