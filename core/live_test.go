package core

import (
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/feeder"
	"luatrtmp/core/flv"
	"luatrtmp/core/ingest"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/source"
	"luatrtmp/tests/script"
)

// liveHooks let a test see what becomes of the live sources of a Publisher.
type liveHooks struct {
	t    *testing.T
	mu   sync.Mutex
	open []*hookedLive // the latest one last
}

// hookedLive is a live source that a test looks at.
type hookedLive struct {
	*ingest.Receiver
	playing, closed atomic.Bool
	failed          chan error
}

func (l *hookedLive) Play(take func(*flv.AccessUnit), drop func(frames, size int)) {
	l.Receiver.Play(take, drop)
	l.playing.Store(true)
}

func (l *hookedLive) Pause() {
	l.Receiver.Pause()
	l.playing.Store(false)
}

func (l *hookedLive) Failed() <-chan error { return l.failed }

func (l *hookedLive) Close() {
	l.Receiver.Close()
	l.closed.Store(true)
}

func hookLive(t *testing.T, p *Publisher) *liveHooks {
	h := &liveHooks{t: t}
	p.openLive = func(spec source.Spec, log *slog.Logger) (feeder.Live, error) {
		r, err := ingest.Open(spec, log)
		if err != nil {
			return nil, err
		}
		l := &hookedLive{Receiver: r, failed: make(chan error, 1)}
		h.mu.Lock()
		h.open = append(h.open, l)
		h.mu.Unlock()
		return l, nil
	}
	return h
}

// latest returns the live source that was opened last.
func (h *liveHooks) latest() *hookedLive {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.open[len(h.open)-1]
}

// plays waits until the live source lets media flow, or does no more.
func (h *liveHooks) plays(want bool) {
	h.t.Helper()
	require.Eventually(h.t, func() bool { return h.latest().playing.Load() == want }, patience, time.Millisecond)
}

// heard waits until so many packets came.
func (h *liveHooks) heard(packets uint64) {
	h.t.Helper()
	require.Eventually(h.t, func() bool { return h.latest().Packets(0) >= packets }, patience, time.Millisecond)
}

// expect reads video frames from a connection, and returns their times.
func expect(t *testing.T, conn *script.Conn, keys ...bool) (times []uint32) {
	t.Helper()
	for i, key := range keys {
		v, at, ok := nextVideo(t, conn)
		require.True(t, ok)
		require.Equal(t, key, v.Key, i)
		times = append(times, at)
	}
	return times
}

func TestLive(t *testing.T) {
	noLeak(t)
	port := coretest.FreeUDP(t)
	s := script.Listen(t)
	log := &coretest.Log{}
	p, w := newLoggingPublisher(t, slog.New(slog.NewTextHandler(log, nil)), s.URL("live/stream"))
	live := hookLive(t, p)
	require.NoError(t, p.SetSource(fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264", port)))
	cam := coretest.NewCamera(t, port)
	cam.Send("KPP") // nobody takes them
	live.heard(cam.Sent)

	p.Start()
	require.NoError(t, p.Connect())
	c := s.Accept()
	c.Accept()
	live.plays(true)
	cam.Send("PKPPPKP") // the last one waits for the marker to be right often enough, or for the next picture
	at := expect(t, c, true, false, false, false, true, false)
	require.Equal(t, []uint32{0, 40, 80, 120, 160, 200}, at)

	p.Stop()
	live.plays(false)
	cam.Send("PPKP")
	live.heard(cam.Sent)
	time.Sleep(250 * time.Millisecond) // the camera was faster than it should be
	p.Start()
	live.plays(true)
	cam.Send("PKPK")
	at = expect(t, c, true, false, true)
	require.Equal(t, at[0]+40, at[1])
	require.Greater(t, at[0], uint32(200))

	cam.Send("P")
	cam.Seq++ // lost
	cam.Send("PPKP")
	expect(t, c, false, true, false)
	require.EqualValues(t, 2, p.Stats().DroppedFrames)
	require.Contains(t, log.String(), "h264: packets are lost, 1 so far")

	c.Close() // the connection breaks, and the next one begins at a key frame
	w.until(StateError)
	cam.Send("PPK")
	live.heard(cam.Sent)
	require.NoError(t, p.Connect())
	c = s.Accept()
	c.Accept()
	live.plays(true)
	cam.Send("PKP")
	require.Equal(t, []uint32{0, 40}, expect(t, c, true, false))

	require.NoError(t, p.SetSource("none"))
	require.True(t, live.latest().closed.Load())
	p.Disconnect()
}

func TestLiveAddresses(t *testing.T) {
	noLeak(t)
	port := coretest.FreeUDP(t)
	url := fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264", port)
	p := New(quietLog())
	defer p.Close()
	require.NoError(t, p.SetSource(url))
	require.NoError(t, p.SetSource(url), "again: the one before lets go of the port")
	require.NoError(t, p.SetSource(url+"&audio_codec=opus"))

	other := New(quietLog())
	live := hookLive(t, other)
	defer other.Close()
	err := other.SetSource(url)
	require.ErrorIs(t, err, rtmperr.ErrInvalid)
	require.ErrorContains(t, err, fmt.Sprintf("UDP port %d is in use", port))
	require.NoError(t, other.SetSource(fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264", coretest.FreeUDP(t))))
	require.ErrorContains(t, other.SetSource(url), "is in use")
	require.False(t, live.latest().closed.Load(), "the one before stays")

	require.ErrorContains(t, p.SetSource("rtp://192.0.2.1:5004?codec=h264"), "192.0.2.1 is no address of this machine")
	require.ErrorContains(t, p.SetSource(url+"&sprop-parameter-sets=Z00="), "SPS")
	require.ErrorContains(t, p.SetSource("rtp://127.0.0.1:5004"), "parameter codec: expected h264")
}

// The one that stands in for a camera lets go of its port when the camera comes, and takes it again.
func TestLiveStandsIn(t *testing.T) {
	noLeak(t)
	port := coretest.FreeUDP(t)
	p, _, c := publishing(t)
	live := hookLive(t, p)
	require.NoError(t, p.SetSource(fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264", port)))
	p.SetCamera(CameraExpected)
	p.Start()
	require.NoError(t, p.SendVideo(keyFrame, 0, 0))
	require.True(t, live.latest().closed.Load())
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	require.NoError(t, err)
	taken.Close()
	p.SetCamera(CameraFailed)
	live.plays(true)
	cam := coretest.NewCamera(t, port)
	expect(t, c, true)
	cam.Send("KP")
	expect(t, c, true)
}

func TestLiveThatFails(t *testing.T) {
	noLeak(t)
	p, w, _ := publishing(t)
	live := hookLive(t, p)
	require.NoError(t, p.SetSource(fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264", coretest.FreeUDP(t))))
	p.Start()
	live.plays(true)
	live.latest().failed <- rtmperr.New(rtmperr.ErrInternal, "a mistake")
	e := w.until(StateError)
	require.ErrorContains(t, e.Err, "a mistake")
}
