package core

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
	"luatrtmp/core/message"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/stats"
)

// within waits for what has to come.
func within(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		require.FailNow(t, "nothing came", what)
	}
}

func TestLookout(t *testing.T) {
	noLeak(t)
	ours, peer := tcpPair(t, 64<<10)
	quiet, _ := tcpPair(t, 64<<10)
	said := make(chan struct{}, 8)
	other := lookAfter(quiet, func() { require.Fail(t, "nobody has said anything") })
	require.NotNil(t, other)
	require.True(t, other.next())
	w := lookAfter(ours, func() { said <- struct{}{} })
	require.NotNil(t, w)
	for range 3 { // what is not read is said again
		require.True(t, w.next())
		if len(said) == 0 {
			peer.Write([]byte{1})
		}
		within(t, "data", said)
	}
	require.Empty(t, said, "once for each call of next")
	ours.Read(make([]byte, 8))
	require.True(t, w.next())
	require.Empty(t, said)
	peer.Close()
	within(t, "the end", said)
	ours.Close()
	require.False(t, w.next(), "closed")
	other.end()
	w.end()
	w.end()
	require.Nil(t, lookouts.file, "nobody is looked after")
	require.Nil(t, lookAfter(&discardConn{}, nil))
}

// A reader has no goroutine between two messages, and one within a message.
func TestReaderRests(t *testing.T) {
	noLeak(t)
	ours, peer := tcpPair(t, 64<<10)
	o := options.Default()
	out := newWriter(ours, &o, &stats.Counters{})
	r := newReader(ours, out, context.Background(), quietLog())
	resting := func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.rests
	}
	rests := func() { require.Eventually(t, resting, patience, time.Millisecond) }
	r.begin()
	rests()
	p := &readerPeer{t: t, r: r, Conn: peer, in: message.NewReader(peer), out: chunk.NewWriter()}
	for n := range uint32(10) {
		p.send(message.NewUserControl(message.PingRequest, n))
		require.Equal(t, message.NewUserControl(message.PingResponse, n), p.read())
		rests()
	}
	body, err := (&message.Command{Name: "onBWDone"}).AppendBody(nil)
	require.NoError(t, err)
	pieces, err := p.out.AppendMessage(nil, chunk.Header{ChunkStreamID: 3, Type: uint8(message.TypeCommandAMF0)}, body)
	require.NoError(t, err)
	peer.Write(pieces[0])
	require.Eventually(t, func() bool { return !resting() }, patience, time.Millisecond)
	peer.Write(body)
	require.Equal(t, "onBWDone", (<-r.listen()).Name)
	rests()
	r.stay()
	require.False(t, resting())
	p.send(&message.Command{Name: "onBWDone"})
	require.Equal(t, "onBWDone", (<-r.listen()).Name)
	ours.Close()
	_, more := <-r.listen()
	require.False(t, more)
	require.ErrorIs(t, r.err, net.ErrClosed)
}

// A Publisher that sends nothing has no goroutine.
func TestIdlePublisherRests(t *testing.T) {
	p, w, conn := publishing(t)
	resting := func() bool {
		p.mu.Lock()
		s := p.session
		p.mu.Unlock()
		s.rests.mu.Lock()
		defer s.rests.mu.Unlock()
		return s.rests.now
	}
	require.Eventually(t, func() bool { return resting() }, patience, time.Millisecond)
	p.NotifyBitrate(func(uint32, time.Duration) {})
	require.Eventually(t, resting, patience, time.Millisecond)
	conn.Close()
	require.ErrorIs(t, w.until(StateError).Err, rtmperr.ErrNetwork)
}
