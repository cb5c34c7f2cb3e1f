package transport

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/script"
)

// countedConn counts what is written to the kernel.
type countedConn struct {
	net.Conn
	writes []int
}

func (c *countedConn) Write(p []byte) (int, error) {
	c.writes = append(c.writes, len(p))
	return c.Conn.Write(p)
}

// encrypted returns both ends of an encrypted connection.
func encrypted(t *testing.T) (*SecureConn, *countedConn, *tls.Conn) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	peer, err := listener.Accept()
	require.NoError(t, err)
	counted := &countedConn{Conn: conn}
	config := &tls.Config{InsecureSkipVerify: true, DynamicRecordSizingDisabled: true}
	c := Encrypt(counted, config, script.Patience)
	server := tls.Server(peer, script.SelfSigned(t, "h"))
	t.Cleanup(func() { c.Close(); peer.Close() })
	agreed := make(chan error, 1)
	go func() { agreed <- server.Handshake() }()
	require.NoError(t, c.Handshake())
	require.NoError(t, <-agreed)
	return c, counted, server
}

// Small pieces share a record; large ones are not copied; all of it arrives, in order.
func TestGather(t *testing.T) {
	c, counted, peer := encrypted(t)
	for _, ca := range []struct {
		name    string
		sizes   []int
		records int
	}{
		{"small pieces", []int{12, 5, 100, 1, 1, 1, 200}, 1},
		{"nothing", nil, 0},
		{"empty pieces", []int{0, 0, 7, 0}, 1},
		{"only empty pieces", []int{0, 0}, 0},
		{"exactly one record", []int{12, maxRecord - 12}, 1},
		{"one byte more", []int{12, maxRecord - 11}, 2},
		{"a large piece", []int{3 * maxRecord}, 3},
		{"header and picture", []int{12, 50_000}, 4},
		{"many messages", []int{12, 3000, 12, 3000, 12, 3000, 12, 400, 12, 6000, 12, 3000}, 2},
	} {
		t.Run(ca.name, func(t *testing.T) {
			var all []byte
			var pieces net.Buffers
			for i, size := range ca.sizes {
				piece := bytes.Repeat([]byte{byte(i + 1)}, size)
				pieces = append(pieces, piece)
				all = append(all, piece...)
			}
			counted.writes = nil
			n, err := c.writeRecords(&pieces)
			require.NoError(t, err)
			require.EqualValues(t, len(all), n)
			require.Empty(t, pieces)
			require.Len(t, counted.writes, ca.records)
			got := make([]byte, len(all))
			_, err = io.ReadFull(peer, got)
			require.NoError(t, err)
			require.True(t, bytes.Equal(all, got))
		})
	}
}

// What crypto/tls needs comes out of its own pool.
func TestGatherAllocatesNothing(t *testing.T) {
	record := new([maxRecord]byte)
	header, picture := make([]byte, 12), make([]byte, 40_000)
	pieces, rest := make(net.Buffers, 0, 4), net.Buffers(nil)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		pieces = append(pieces[:0], header, picture, header, picture)
		rest = pieces
		for advance(&rest, 0); len(rest) > 0; {
			advance(&rest, len(gather(record, rest)))
		}
	}))
}

// slowConn takes a part of what is written before each deadline.
type slowConn struct {
	net.Conn
	takes []int
}

func (c *slowConn) SetWriteDeadline(time.Time) error { return nil }

func (c *slowConn) Write(p []byte) (int, error) {
	if len(c.takes) == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	n := min(c.takes[0], len(p))
	c.takes = c.takes[1:]
	if n < len(p) {
		return n, os.ErrDeadlineExceeded
	}
	return n, nil
}

func TestPatience(t *testing.T) {
	for _, c := range []struct {
		takes []int
		n     int
		err   error
	}{
		{[]int{10}, 10, nil},
		{[]int{1, 2, 3, 4}, 10, nil},
		{[]int{1, 2, 0, 7}, 3, os.ErrDeadlineExceeded},
		{nil, 0, os.ErrDeadlineExceeded},
	} {
		n, err := (&recordConn{Conn: &slowConn{takes: c.takes}}).Write(make([]byte, 10))
		require.Equal(t, c.n, n)
		require.ErrorIs(t, err, c.err)
	}
	closed, other := net.Pipe()
	closed.Close()
	other.Close()
	_, err := (&recordConn{Conn: closed}).Write(nil)
	require.ErrorIs(t, err, io.ErrClosedPipe)
	_, err = (&SecureConn{under: &recordConn{Conn: closed}}).SyscallConn()
	require.ErrorIs(t, err, errors.ErrUnsupported)
}
