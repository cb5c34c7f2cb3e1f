package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

// quick are options to try again at once.
var quick = []string{"reconnect", "true", "reconnect_min_ms", "10", "reconnect_max_ms", "10"}

// slow are options to try again in an hour.
var slow = []string{"reconnect", "true", "reconnect_min_ms", "3600000", "reconnect_max_ms", "3600000"}

// A server that comes and goes: each connection begins as the first one, and the script sees what happens.
func TestReconnects(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/key"), quick...)
	require.NoError(t, p.SetSource(rawVideo(t, 100_000)))
	p.Start()
	require.NoError(t, p.Connect())
	const rounds = 4
	for round := range rounds {
		c := s.Accept()
		c.Accept()
		m := c.Next()
		require.Equal(t, uint8(message.TypeDataAMF0), m.Type, "metadata first")
		c.Unread(m)
		for i := range uint32(12) {
			v, at, ok := nextVideo(t, c)
			require.True(t, ok)
			require.Equal(t, i%5 == 0, v.Key)
			require.Equal(t, i*2, at)
		}
		require.EqualValues(t, round, p.Info().Reconnects)
		require.NoError(t, p.Failure())
		if round < rounds-1 {
			c.Reset()
			require.ErrorIs(t, w.until(StateError).Err, rtmperr.ErrNetwork)
			refused := s.Accept() // and one attempt that fails
			require.True(t, p.Busy())
			refused.Close() // the server is known: it is not asked for another form of the handshake
			require.ErrorIs(t, w.until(StateError).Err, rtmperr.ErrHandshake)
		} else {
			go c.Drain()
		}
	}
	p.Disconnect()
	want := []State{1, 2, 3, 4}
	for range rounds - 1 {
		want = append(want, 7, 1, 2, 7, 1, 2, 3, 4)
	}
	require.Equal(t, append(want, 5, 6), w.states())
	require.False(t, p.Busy())
}

func TestReconnectAttempts(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	url := s.URL("live/key")
	s.Serve(nil)() // nobody listens
	p, w := newPublisher(t, url, append([]string{"reconnect_attempts", "2"}, quick...)...)
	for range 2 {
		require.NoError(t, p.Connect())
		for range 3 {
			require.ErrorIs(t, w.until(StateError).Err, rtmperr.ErrConnect)
		}
		for p.Busy() {
			time.Sleep(time.Millisecond)
		}
		require.Equal(t, StateError, p.State())
		require.ErrorIs(t, p.Failure(), rtmperr.ErrConnect)
	}
	require.Equal(t, []State{1, 7, 1, 7, 1, 7, 1, 7, 1, 7, 1, 7}, w.states())
	require.Zero(t, p.Info().Reconnects)
}

// Refusals: one that may pass, and one that will not.
func TestReconnectRefused(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/key"), append([]string{"reconnect_attempts", "1"}, quick...)...)
	require.NoError(t, p.Connect())
	refuse := func(code string) {
		c := s.Accept()
		c.Refuse(script.Info("error", code, ""))
		c.Drain()
	}
	for range 4 {
		refuse("NetStream.Publish.BadName")
		require.ErrorIs(t, w.until(StateError).Err, rtmperr.ErrRefused)
	}
	refuse("NetStream.Publish.BadAuth")
	require.ErrorContains(t, w.until(StateError).Err, "BadAuth")
	for p.Busy() {
		time.Sleep(time.Millisecond)
	}
}

// Frames pushed while there is no connection are dropped and counted, and no error.
func TestReconnectOutage(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/key"), slow...)
	require.ErrorIs(t, p.SendVideo(keyFrame, 0, 0), rtmperr.ErrState, "not before there is a connection")
	require.NoError(t, p.Connect())
	c := s.Accept()
	c.Accept()
	w.until(StatePublishing)
	require.NoError(t, p.SendVideo(keyFrame, 0, 0))
	require.NoError(t, p.SendAAC(adts, nil, 0))
	c.Reset()
	for i := range uint32(100) { // also while it breaks
		require.NoError(t, p.SendVideo(picture, i, 0))
	}
	w.until(StateError)
	before := p.Stats()
	require.NoError(t, p.SendVideo(keyFrame, 200, 0))
	require.NoError(t, p.SendNALUs([][]byte{inter}, 200))
	require.NoError(t, p.SendAAC(adts, nil, 200))
	require.NoError(t, p.SendAudioBody([]byte{0xAF, 1, 0x21}, 200))
	require.ErrorIs(t, p.SendVideo([]byte{1, 2}, 200, 0), rtmperr.ErrInvalid, "what is wrong is told in any state")
	after := p.Stats()
	require.EqualValues(t, 4, after.DroppedFrames-before.DroppedFrames)
	require.EqualValues(t, len(keyFrame)+len(inter)+len(adts)+3, after.DroppedBytes-before.DroppedBytes)

	require.NoError(t, p.Connect(), "the user does not want to wait")
	require.Contains(t, []State{StateConnecting, StateHandshaking}, p.State())
	require.ErrorIs(t, p.Connect(), rtmperr.ErrState)
	c = s.Accept()
	c.Accept()
	w.until(StatePublishing)
	require.NoError(t, p.SendVideo(annexB(idr), 300, 0), "the parameter sets are known")
	_, at, ok := nextVideo(t, c)
	require.True(t, ok)
	require.Zero(t, at)
	go c.Drain()
	p.Disconnect()
	require.ErrorIs(t, p.SendVideo(keyFrame, 400, 0), rtmperr.ErrState)
	require.Equal(t, []State{1, 2, 3, 4, 7, 1, 2, 3, 4, 5, 6}, w.states())
}

// After a handover and an outage the stream begins again where the user said.
func TestReconnectAfterAHandover(t *testing.T) {
	noLeak(t)
	a, b := script.Listen(t), script.Listen(t)
	p, w := newPublisher(t, a.URL("live/key"), quick...)
	require.NoError(t, p.Connect())
	first := a.Accept()
	first.Accept()
	w.until(StatePublishing)
	first.Send(move(b.URL("other")))
	second := b.Accept()
	second.Accept()
	for p.Info().Reconnects == 0 {
		require.NoError(t, p.SendVideo(keyFrame, 0, 0))
	}
	go first.Drain()
	require.Contains(t, p.String(), b.URL("other"))
	second.Close()
	w.until(StateError)
	third := a.Accept()
	third.Accept()
	w.until(StatePublishing)
	require.Contains(t, p.String(), a.URL("live"))
	require.EqualValues(t, 2, p.Info().Reconnects)
	go third.Drain()
	p.Disconnect()
}

// A handover that fails after the old connection has gone is a failure like others, and the attempt after it is like others.
func TestReconnectAfterAFailedHandover(t *testing.T) {
	noLeak(t)
	a, b := script.Listen(t), script.Listen(t)
	p, w := newPublisher(t, a.URL("live/key"), quick...)
	require.NoError(t, p.Connect())
	for range 2 {
		first := a.Accept()
		first.Accept()
		w.until(StatePublishing)
		first.Send(move(b.URL("live")))
		second := b.Accept()
		first.Close()
		time.Sleep(20 * time.Millisecond)
		second.Close()
		for range script.Forms - 1 {
			b.Accept().Close()
		}
		w.until(StateError)
	}
	c := a.Accept()
	c.Accept()
	w.until(StatePublishing)
	c.Close()
	w.until(StateError)
	p.Disconnect()
}
