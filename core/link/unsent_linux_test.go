package link

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"luatrtmp/core/message"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
	"luatrtmp/tests/script"
)

// mostUnsent is what the kernel is let hold of a connection that it has not sent.
const mostUnsent = 128 << 10

// wide is a send buffer with room for twice mostUnsent: what the system allows without being asked to by its administrator.
const wide = 212_992

// unsentOf asks the kernel what it holds of a connection that it has not sent.
func unsentOf(t testing.TB, conn net.Conn) (bytes int) {
	raw, err := conn.(*net.TCPConn).SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) { bytes, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQNSD) }))
	require.NoError(t, err)
	return bytes
}

// widePair returns a connection of which the kernel would hold more than it should, to a peer that takes hardly anything.
func widePair(t testing.TB) (w *Sender, ours, peer net.Conn) {
	ours, peer = tcpPair(t, tiny)
	require.NoError(t, ours.(*net.TCPConn).SetWriteBuffer(wide))
	o := options.Default()
	o.QueueMedia, o.QueueBytes = time.Hour, 1<<30
	w = senderTo(ours, &o)
	require.NoError(t, w.SetChunkSize(65536))
	return w, ours, peer
}

// A picture larger than what may wait in the kernel is still handed over whole when nothing waits, also after a backlog.
func TestLargePictureWhole(t *testing.T) {
	w, ours, peer := widePair(t)
	big := bytes.Repeat([]byte{1, 2, 3, 4, 5}, 28_000)
	require.Greater(t, len(big), mostUnsent)
	draining := func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.draining
	}
	in := message.NewReader(peer)
	for range 3 {
		for i, waits := range []bool{false, true, true} {
			_, err := w.send(videoHeader(uint32(i)), sendqueue.KeyFrame, big)
			require.NoError(t, err)
			require.Equal(t, waits, draining(), "picture %d", i)
		}
		for pictures := 0; pictures < 3; {
			_, m, err := in.Read()
			require.NoError(t, err)
			if video, ok := m.(*message.Video); ok {
				require.True(t, bytes.Equal(big, video.Body))
				pictures++
			}
		}
		require.Eventually(t, func() bool { return !draining() && unsentOf(t, ours) == 0 }, script.Patience, time.Millisecond)
	}
}

// However much is sent, directly and from the backlog, the kernel holds little more than mostUnsent: what is a message, and what it
// makes one packet of.
func TestUnsentBound(t *testing.T) {
	const most = mostUnsent + 1_000 + 64<<10
	w, ours, peer := widePair(t)
	picture := make([]byte, 1_000)
	for i := range uint32(2_000) {
		_, err := w.send(videoHeader(i), sendqueue.InterFrame, picture)
		require.NoError(t, err)
		require.LessOrEqual(t, unsentOf(t, ours), most)
	}
	in := message.NewReader(peer)
	for range 2_001 {
		_, _, err := in.Read()
		require.NoError(t, err)
		require.LessOrEqual(t, unsentOf(t, ours), most)
	}
}

// A network that takes little is not one that takes nothing, however long it needs until the kernel has room again.
func TestSlowIsNotStill(t *testing.T) {
	const (
		timeout = time.Second
		little  = 1_000 // bytes, each 20 ms: two timeouts for half of mostUnsent
	)
	ours, peer := tcpPair(t, 16<<10)
	require.NoError(t, ours.(*net.TCPConn).SetWriteBuffer(wide))
	o := options.Default()
	o.QueueMedia, o.QueueBytes, o.Timeout = time.Hour, 1<<30, timeout
	w := senderTo(ours, &o)
	for i := range uint32(3) {
		_, err := w.send(videoHeader(i), sendqueue.InterFrame, make([]byte, mostUnsent))
		require.NoError(t, err)
	}
	w.Finish()

	buf := make([]byte, little)
	for began := time.Now(); time.Since(began) < 3*timeout; time.Sleep(20 * time.Millisecond) {
		_, err := io.ReadFull(peer, buf)
		require.NoError(t, err)
		select {
		case <-w.done:
			require.NoError(t, w.Err(), "the peer reads")
		default:
		}
	}
	require.ErrorIs(t, ending(w), rtmperr.ErrTimeout) // it does not any more
}
