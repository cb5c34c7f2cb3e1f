package core

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

// The Publisher's methods: unless publishing nothing is sent, and then what arrives is what was sent.
func TestPublisherSends(t *testing.T) {
	noLeak(t)
	p, _, c := publishing(t)
	require.NoError(t, p.SendNALUs([][]byte{spsMain, ppsMain, idr}, 0))
	require.NoError(t, p.SendAudioBody(append([]byte{0xAF, 0}, ascStereo...), 0))
	require.NoError(t, p.SendAudioBody([]byte{0xAF, 1, 0x21}, 0))
	var got []byte
	for len(got) < 2 {
		if r := c.Next(); r.Header.Type == uint8(flv.Audio) || r.Header.Type == uint8(flv.Video) {
			got = append(got, r.Header.Type)
		}
	}
	require.Equal(t, []byte{byte(flv.Video), byte(flv.Video)}, got, "sequence header, picture")
	p.Close()
	require.ErrorIs(t, p.SendNALUs([][]byte{keyFrame}, 0), rtmperr.ErrState)
}

func TestSetStatsWindow(t *testing.T) {
	p := New(slog.New(slog.DiscardHandler))
	now := time.Now()
	p.counters.Wrote(12_500, now.Add(-9*time.Second)) // 100 kbit
	p.counters.Wrote(25_000, now)
	require.EqualValues(t, 30, p.counters.Kbps(now), "ten seconds at first")
	for _, ca := range []struct {
		window time.Duration
		want   uint32
	}{
		{time.Millisecond, 200}, {time.Second, 200}, {1001 * time.Millisecond, 100}, {9 * time.Second, 200 / 9},
		{10 * time.Second, 30}, {time.Minute, 30},
	} {
		require.NoError(t, p.SetStatsWindow(ca.window))
		require.Equal(t, ca.want, p.counters.Kbps(now), ca.window)
	}
	for _, wrong := range []time.Duration{0, -time.Second, time.Minute + 1, 1<<32*time.Millisecond - 1} {
		require.ErrorIs(t, p.SetStatsWindow(wrong), rtmperr.ErrInvalid, wrong)
	}
	require.EqualValues(t, 30, p.counters.Kbps(now), "a wrong one changes nothing")
}

// lines passes what is logged on.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	select {
	case l.more <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestSetStatsInterval(t *testing.T) {
	noLeak(t)
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelWarn} {
		t.Run(level.String(), func(t *testing.T) {
			s := script.Listen(t)
			log := &lines{more: make(chan struct{}, 1)}
			p := New(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level})))
			defer p.Close()
			for _, wrong := range []time.Duration{0, 99 * time.Millisecond, time.Hour + 1} {
				require.ErrorIs(t, p.SetStatsInterval(wrong), rtmperr.ErrInvalid, wrong)
			}
			require.NoError(t, p.SetStatsInterval(100*time.Millisecond))
			require.NoError(t, p.SetURL(s.URL("live/stream")))
			require.NoError(t, p.SetSource("none"))
			w := &watch{t: t, more: make(chan struct{}, 1)}
			p.Notify(w.take)
			require.NoError(t, p.Connect())
			s.Accept().Accept()
			w.until(StatePublishing)
			if level > slog.LevelInfo {
				time.Sleep(300 * time.Millisecond)
				require.Empty(t, log.String())
				return
			}
			require.Eventually(t, func() bool { return strings.Contains(log.String(), "statistics") }, patience, time.Millisecond)
			require.Regexp(t, `level=INFO\+1 msg=statistics bytes=\d+ video=0 audio=0 dropped=0 kbps=\d+ waiting=0s connected=\d+s\n`, log.String())
		})
	}
}

// The owner may hold a lock while it calls that its function takes.
func TestCallbackTakesTheCallersLock(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	stop := s.Serve(func(c *script.Conn) { c.Accept(); c.Drain() })
	p, _ := newPublisher(t, s.URL("live/stream"))
	var lock sync.Mutex
	told := make(chan State, 10)
	p.Notify(func(e Event) {
		lock.Lock()
		defer lock.Unlock()
		told <- e.New
	})
	lock.Lock()
	require.NoError(t, p.Connect())
	require.Equal(t, StateConnecting, p.State())
	require.Empty(t, told)
	lock.Unlock()
	require.Equal(t, StateConnecting, <-told)
	p.Close()
	stop()
}

// A callback that takes longer than the goodbye may: Disconnect waits for all that comes after it.
func TestDisconnectWaitsForSlowCallback(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	stop := s.Serve(func(c *script.Conn) { c.Accept(); c.Drain() })
	p, _ := newPublisher(t, s.URL("live/stream"))
	var mu sync.Mutex
	var states []State
	inside := make(chan struct{})
	p.Notify(func(e Event) {
		if e.New == StateHandshaking { // in the session's own goroutine
			close(inside)
			time.Sleep(closeTimeout + closeTimeout/2)
		}
		mu.Lock()
		states = append(states, e.New)
		mu.Unlock()
	})
	require.NoError(t, p.Connect())
	<-inside
	p.Disconnect()
	mu.Lock()
	require.Equal(t, []State{StateConnecting, StateHandshaking, StateDisconnecting, StateDisconnected}, states)
	mu.Unlock()
	stop()
}

// Functions of several owners that end each other, in a ring, at once: none waits for ever.
func TestCallbacksEndEachOther(t *testing.T) {
	noLeak(t)
	for _, end := range []func(*Publisher){(*Publisher).Close, (*Publisher).Disconnect} {
		for n := 2; n <= 4; n++ {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				s := script.Listen(t)
				stop := s.Serve(func(c *script.Conn) { c.Accept(); c.Drain() })
				all := make([]*Publisher, n)
				var inside, left sync.WaitGroup
				inside.Add(n)
				left.Add(n)
				for i := range all {
					all[i], _ = newPublisher(t, s.URL("live/stream"))
					all[i].Notify(func(e Event) {
						if e.New == StatePublishing {
							inside.Done()
							inside.Wait()
							end(all[(i+1)%n])
							left.Done()
						}
					})
				}
				for _, p := range all {
					require.NoError(t, p.Connect())
				}
				over := make(chan struct{})
				go func() { left.Wait(); close(over) }()
				select {
				case <-over:
				case <-time.After(patience):
					require.FailNow(t, "they wait for each other")
				}
				for _, p := range all {
					p.Close()
				}
				stop()
			})
		}
	}
}
