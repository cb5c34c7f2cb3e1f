package transport

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What the system knows of a connection is known, also when it is nothing; of what is no connection
// nothing is.
func TestWhatTheSystemKnows(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write(make([]byte, 1000))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		bytes, known := Unacknowledged(conn)
		return known && bytes == 0
	}, 10*time.Second, time.Millisecond)
	acked, known := Acknowledged(conn)
	require.True(t, known)
	require.GreaterOrEqual(t, acked, uint64(1000))
	rtt, known := RoundTrip(conn)
	require.True(t, known)
	require.Positive(t, rtt)

	pipe, other := net.Pipe()
	defer other.Close()
	require.NoError(t, conn.Close())
	for _, unknown := range []net.Conn{pipe, conn} {
		_, known = Unacknowledged(unknown)
		require.False(t, known)
		_, known = Acknowledged(unknown)
		require.False(t, known)
		_, known = RoundTrip(unknown)
		require.False(t, known)
	}
}
