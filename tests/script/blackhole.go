package script

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Blackhole returns the address of a port of the loopback interface at which a connection is neither accepted nor
// refused: it listens, and its queue is full.
func Blackhole(t testing.TB) string {
	return fill(t, syscall.AF_INET, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
}

// Blackhole6 is Blackhole on the IPv6 address of the loopback interface, at a port of choice.
func Blackhole6(t testing.TB, port int) string {
	return fill(t, syscall.AF_INET6, &syscall.SockaddrInet6{Port: port, Addr: [16]byte(net.IPv6loopback)})
}

func fill(t testing.TB, family int, at syscall.Sockaddr) string {
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	syscall.CloseOnExec(fd)
	t.Cleanup(func() { syscall.Close(fd) })
	require.NoError(t, syscall.Bind(fd, at))
	require.NoError(t, syscall.Listen(fd, 0))
	name, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	var address string
	switch name := name.(type) {
	case *syscall.SockaddrInet4:
		address = fmt.Sprintf("127.0.0.1:%d", name.Port)
	case *syscall.SockaddrInet6:
		address = fmt.Sprintf("[::1]:%d", name.Port)
	}

	const most = 16 // a queue of length 0 takes one or two
	for range most {
		conn, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { conn.Close() })
	}
	require.FailNow(t, "the queue of a listener never fills")
	return ""
}
