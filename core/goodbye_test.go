package core

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/link"
	"luatrtmp/core/message"
	"luatrtmp/tests/script"
)

// The source is at its end, and much of it is still on its way. The server reads it late, and says something before it has: it gets
// everything all the same.
func TestEndOfASourceArrives(t *testing.T) {
	noLeak(t)
	const pictures = 24
	large := annexB(spsMain, ppsMain, append(bytes.Clone(idr), bytes.Repeat([]byte{0x55}, 5000)...)) // all of it: more than the window
	path := filepath.Join(t.TempDir(), "large.h264")
	require.NoError(t, os.WriteFile(path, bytes.Repeat(large, pictures), 0o600))
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/key"))
	require.NoError(t, p.SetSource(path+"?fps=500"))
	p.Start()
	require.NoError(t, p.Connect())
	c := s.Accept()
	require.NoError(t, c.SetReadBuffer(4096))
	c.Accept()
	w.until(StateDisconnecting)
	time.Sleep(2 * link.AnswerPatience) // longer than a publisher waits that the user has told to end
	c.Send(&message.Acknowledgement{SequenceNumber: 1})
	time.Sleep(link.AnswerPatience / 4) // what comes of it
	for range pictures {
		_, _, ok := nextVideo(t, c)
		require.True(t, ok)
	}
	_, _, ok := nextVideo(t, c)
	require.False(t, ok)
	c.Command("deleteStream")
	require.Empty(t, c.End())
	c.Close()
	w.until(StateDisconnected)
}

// The user does not wait that long.
func TestDisconnectAtTheEndOfASource(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/key"))
	require.NoError(t, p.SetSource(rawVideo(t, 1)))
	p.Start()
	require.NoError(t, p.Connect())
	c := s.Accept()
	c.Accept()
	w.until(StateDisconnecting)
	c.End()
	began := time.Now()
	p.Disconnect()
	require.Less(t, time.Since(began), endsOnABusyMachine)
	require.Equal(t, StateDisconnected, p.State())
}
