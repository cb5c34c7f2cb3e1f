package rtmperr

import (
	"context"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReason(t *testing.T) {
	inner := os.NewSyscallError("connect", syscall.EHOSTUNREACH)
	require.Equal(t, syscall.EHOSTUNREACH, Reason(&net.OpError{Op: "dial", Err: inner}))
	require.Equal(t, io.EOF, Reason(io.EOF))
	require.True(t, IsTimeout(os.ErrDeadlineExceeded))
	require.True(t, IsTimeout(context.DeadlineExceeded))
	require.False(t, IsTimeout(io.EOF))
	require.False(t, IsReset(io.EOF))
	require.False(t, IsRefused(inner))
	require.False(t, IsNoLocalAddress(nil))
}

// What the system itself says of a connection is told apart.
func TestErrorsOfTheSystem(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	conn, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	peer, err := l.Accept()
	require.NoError(t, err)
	require.NoError(t, peer.(*net.TCPConn).SetLinger(0))
	require.NoError(t, peer.Close())
	_, err = conn.Read(make([]byte, 1))
	require.True(t, IsReset(err), err)
	require.True(t, IsNetwork(err))

	require.NoError(t, l.Close())
	_, err = net.Dial("tcp", l.Addr().String())
	require.True(t, IsRefused(err), err)

	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 77)}}
	_, err = d.Dial("tcp", l.Addr().String())
	require.True(t, IsNoLocalAddress(err), err)
}
