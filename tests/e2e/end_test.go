package e2e_test

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	rtmpscript "luatrtmp/tests/script"
)

// largeFrames writes a file of H.264, key frames of 5000 bytes, 100 in a second.
func largeFrames(t *testing.T, n int) string {
	t.Helper()
	const start = "\x00\x00\x00\x01"
	frame := []byte(start + "\x67\x4d\x40\x1f\xa6\x11\x02\x80\xbf\xe5\xc0\x44\x00\x00\x03\x00\x04\x00\x00\x03\x00\xc8\x3c\x60\xc8\x46" +
		start + "\x68\xe8\x43\x32\xc8" + start + "\x65\x88\x82\x08")
	frame = append(frame, bytes.Repeat([]byte{0x55}, 5000)...)
	path := filepath.Join(t.TempDir(), "large.h264")
	require.NoError(t, os.WriteFile(path, bytes.Repeat(frame, n), 0o600))
	return path + "?fps=100"
}

// The end of a file is a good one only if the server has got everything; then it does not take long, also where the server keeps
// the connection open.
func TestEndOfAFile(t *testing.T) {
	t.Parallel()
	accept := func(t *testing.T, options ...string) (*script, *rtmpscript.Conn) {
		s := rtmpscript.Listen(t)
		run := start(t, "publish.lua", append([]string{s.URL("live/key"), "source=" + largeFrames(t, 100)}, options...)...)
		c := s.Accept()
		require.NoError(t, c.SetReadBuffer(4096))
		c.Accept()
		return run, c
	}
	t.Run("the server stops reading", func(t *testing.T) {
		t.Parallel()
		run, _ := accept(t, "timeout=2000")
		why := run.waitState("1", failed, 1)
		require.Equal(t, errTimeout, why.code)
		require.Contains(t, why.message, "the source is at its end, but the server has not got all of it")
		require.Contains(t, why.message, "bytes not acknowledged")
		<-run.done
		require.Equal(t, []int{connecting, handshaking, connected, publishing, disconnecting, failed}, run.sequence("1"))
	})
	t.Run("the server keeps the connection open", func(t *testing.T) {
		t.Parallel()
		run, c := accept(t)
		require.NoError(t, c.SetReadBuffer(1<<20))
		c.Await("deleteStream")
		began := time.Now()
		run.waitState("1", disconnected, 1)
		require.Less(t, time.Since(began), 3*time.Second)
		run.wait()
	})
}

// The connection comes from the address of the option bind.
func TestBind(t *testing.T) {
	t.Parallel()
	s := rtmpscript.Listen(t)
	start(t, "publish.lua", s.URL("live/key"), "bind=127.0.0.1")
	host, _, err := net.SplitHostPort(s.Accept().RemoteAddr().String())
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", host)

	run := start(t, "publish.lua", s.URL("live/key"), "bind=nosuch0")
	why := run.waitState("1", failed, 1)
	require.Equal(t, errConnectFailed, why.code)
	require.Contains(t, why.message, `no network interface "nosuch0"`)
}
