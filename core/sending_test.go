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

// One access unit in several buffers, in whatever form each is, is sent as it is in one.
func TestSendNALUs(t *testing.T) {
	for _, ca := range []struct {
		name    string
		buffers [][]byte
		want    []string
	}{
		{"NAL units", [][]byte{spsMain, ppsMain, idr}, []string{"M", "VH", "K"}},
		{"Annex B", [][]byte{annexB(spsMain), annexB(ppsMain, idr)}, []string{"M", "VH", "K"}},
		{"start codes of three bytes", [][]byte{annexB(spsMain)[1:], annexB(ppsMain)[1:], annexB(idr)[1:]}, []string{"M", "VH", "K"}},
		{"both", [][]byte{annexB(spsMain, ppsMain), idr}, []string{"M", "VH", "K"}},
		{"whole", [][]byte{keyFrame}, []string{"M", "VH", "K"}},
		{"beside an empty unit", [][]byte{{0, 0, 1}, keyFrame}, []string{"M", "VH", "K"}},
		{"parameter sets alone", [][]byte{spsMain, ppsMain}, nil},
	} {
		t.Run(ca.name, func(t *testing.T) {
			m, w := attached()
			require.NoError(t, m.sendNALUs(ca.buffers, 1000))
			all := requireSent(t, w, ca.want...)
			if ca.want != nil {
				require.Equal(t, append([]byte{0x17, 0, 0, 0, 0}, recordMain...), all[1].Payload)
				require.Equal(t, append([]byte{0x17, 1, 0, 0, 0, 0, 0, 0, 4}, idr...), all[2].Payload)
			}
		})
	}
}

func TestSendNALUsSlices(t *testing.T) {
	m, w := attached()
	require.NoError(t, m.sendAnnexB(keyFrame, 0, 0))
	further := []byte{0x41, 0x40, 0x01} // not the first slice of its picture
	require.NoError(t, m.sendNALUs([][]byte{inter, annexB(further, further)}, 40))
	all := requireSent(t, w, "M", "VH", "K", "P")
	require.Equal(t, append([]byte{0x27, 1, 0, 0, 0}, lengths(inter, further, further)...), all[3].Payload)
}

func TestSendNALUsErrors(t *testing.T) {
	for _, ca := range []struct {
		name    string
		buffers [][]byte
		kind    error
		message string
	}{
		{"none", nil, rtmperr.ErrInvalid, "0 buffers"},
		{"empty", [][]byte{{}}, rtmperr.ErrInvalid, "buffer 0"},
		{"one is empty", [][]byte{keyFrame, nil}, rtmperr.ErrInvalid, "buffer 1"},
		{"zeros", [][]byte{make([]byte, 10)}, rtmperr.ErrInvalid, "buffer 0"},
		{"start codes alone", [][]byte{{0, 0, 1}, {0, 0, 0, 1}}, rtmperr.ErrInvalid, "2 buffers"},
		{"no parameter sets", [][]byte{idr}, rtmperr.ErrInvalid, "SPS and PPS"},
		{"too large together", [][]byte{keyFrame, append([]byte{0x65}, make([]byte, MaxFrame)...)}, rtmperr.ErrOverflow, "at most"},
		{"too many", [][]byte{bytes.Repeat(annexB(inter)[1:], MaxFrame/(lengthSize+len(inter))+1)}, rtmperr.ErrOverflow, "at most"},
	} {
		t.Run(ca.name, func(t *testing.T) {
			m, w := attached()
			err := m.sendNALUs(ca.buffers, 0)
			require.ErrorIs(t, err, ca.kind)
			require.ErrorContains(t, err, ca.message)
			requireSent(t, w)

			m.detach()
			require.Error(t, m.sendNALUs(ca.buffers, 0))
		})
	}
	m := newTestMuxer()
	require.ErrorIs(t, m.sendNALUs([][]byte{keyFrame}, 0), rtmperr.ErrState)
	require.Equal(t, 0, len(m.scratch.nalus), "the caller's memory is kept")
}

func TestSendAudioBody(t *testing.T) {
	header, frame := append([]byte{0xAF, 0}, ascStereo...), []byte{0xAF, 1, 0x21, 0x22}
	m, w := attached()
	require.NoError(t, m.sendAudioBody(header, 0))
	requireSent(t, w)
	require.NoError(t, m.sendAudioBody(frame, 0))
	require.NoError(t, m.sendAudioBody(frame, 23))
	all := requireSent(t, w, "M", "AH", "A", "A")
	require.Equal(t, header, all[1].Payload)
	require.Equal(t, frame, all[2].Payload)
	require.EqualValues(t, 23, all[3].Header.Timestamp)

	require.NoError(t, m.sendAudioBody(header, 46))
	require.NoError(t, m.sendAudioBody(frame, 46))
	requireSent(t, w, "A")
	mono := []byte{0xAF, 0, 0x12, 0x08}
	require.NoError(t, m.sendAudioBody(mono, 69))
	require.NoError(t, m.sendAudioBody(frame, 69))
	all = requireSent(t, w, "M", "AH", "A")
	require.Equal(t, mono, all[1].Payload)

	w = reattach(m.muxer, m.counters) // a header that came before lasts for the next connection
	require.NoError(t, m.sendAudioBody(frame, 0))
	requireSent(t, w, "M", "AH", "A")
}

func TestSendAudioBodyErrors(t *testing.T) {
	for _, ca := range []struct {
		name    string
		body    []byte
		kind    error
		message string
	}{
		{"empty", nil, rtmperr.ErrInvalid, "empty"},
		{"half a header", []byte{0xAF}, rtmperr.ErrInvalid, "1 byte"},
		{"frame without its configuration", []byte{0xAF, 1, 1}, rtmperr.ErrInvalid, "AudioSpecificConfig"},
		{"empty sequence header", []byte{0xAF, 0}, rtmperr.ErrInvalid, "AudioSpecificConfig"},
		{"broken sequence header", []byte{0xAF, 0, 0xFF}, rtmperr.ErrInvalid, "audio configuration"},
		{"empty frame", []byte{0xAF, 1}, rtmperr.ErrInvalid, "empty"},
		{"packet type", []byte{0xAF, 2, 1}, rtmperr.ErrInvalid, "packet type 2"},
		{"MP3", []byte{0x2F, 1, 2, 3}, rtmperr.ErrInvalid, "MP3"},
		{"enhanced", []byte("\x90Opus"), rtmperr.ErrInvalid, "Opus"},
		{"ADTS", adts, rtmperr.ErrInvalid, "sound format 15"},
		{"too large", append([]byte{0xAF, 1}, make([]byte, MaxFrame+1)...), rtmperr.ErrOverflow, "at most"},
	} {
		t.Run(ca.name, func(t *testing.T) {
			m, w := attached()
			err := m.sendAudioBody(ca.body, 0)
			require.ErrorIs(t, err, ca.kind)
			require.ErrorContains(t, err, ca.message)
			requireSent(t, w)
		})
	}
	m := newTestMuxer()
	require.ErrorIs(t, m.sendAudioBody(append([]byte{0xAF, 0}, ascStereo...), 0), rtmperr.ErrState)
	require.ErrorIs(t, m.sendAudioBody([]byte{0xAF, 1, 0x21}, 0), rtmperr.ErrState, "it is known by now")
}

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
