package feeder

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source"
)

const frameTime = 40 * time.Millisecond

// fakeSink takes everything.
type fakeSink struct{ restart func() }

func (s fakeSink) Restart() {
	if s.restart != nil {
		s.restart()
	}
}

func (fakeSink) Begin(source.Info)                            {}
func (fakeSink) Send(*flv.AccessUnit, uint32) (Result, error) { return Sent, nil }
func (fakeSink) Learn(*flv.AccessUnit) bool                   { return true }
func (fakeSink) AwaitsKeyFrame() bool                         { return false }
func (fakeSink) Elapsed(time.Time) time.Duration              { return 0 }
func (fakeSink) Dropped(frames, size int)                     {}

// After a halt of the host a file catches up, unless more is late than may wait to be sent: then it goes on from now.
func TestFeederAfterAHalt(t *testing.T) {
	for _, c := range []struct {
		name  string
		queue time.Duration
		halts []time.Duration
		moved time.Duration // of the schedule
		lines int
	}{
		{"a moment", 2 * time.Second, []time.Duration{time.Second}, 0, 0},
		{"queue_ms", 2 * time.Second, []time.Duration{2 * time.Second}, 0, 0},
		{"several in queue_ms", 2 * time.Second, []time.Duration{time.Second, 1500 * time.Millisecond, 2 * time.Second}, 0, 0},
		{"longer", 2 * time.Second, []time.Duration{2001 * time.Millisecond}, 2001 * time.Millisecond, 1},
		{"a small queue_ms", 100 * time.Millisecond, []time.Duration{time.Second}, time.Second, 1},
		{"a large queue_ms", time.Minute, []time.Duration{50 * time.Second}, 0, 0},
		{"long ones are said once", 2 * time.Second, []time.Duration{time.Hour, time.Hour, 3 * time.Second}, 2*time.Hour + 3*time.Second, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := &bytes.Buffer{}
				r := newRun(New(Config{Log: slog.New(slog.NewTextHandler(log, nil)), Sink: fakeSink{}}))
				r.stream.MaxLate = c.queue
				start := time.Now()
				at, now := time.Duration(0), start
				unit := func() *flv.AccessUnit { return &flv.AccessUnit{Kind: flv.Video, DTS: at, PTS: at} }
				require.Zero(t, r.due(unit(), now))
				for _, halt := range c.halts {
					at += frameTime
					require.Equal(t, frameTime, r.due(unit(), now))
					now = now.Add(frameTime + halt)
					before := r.offset
					require.Zero(t, r.due(unit(), now), "late: at once")
					if r.offset != before {
						at += frameTime
						require.Equal(t, frameTime, r.due(unit(), now), "and no rush after the schedule")
						now = now.Add(frameTime)
						continue
					}
					for late := halt; late > 0; late -= frameTime { // it catches up
						at += frameTime
						require.Equal(t, max(0, frameTime-late), r.due(unit(), now))
					}
					now = start.Add(at)
				}
				require.Equal(t, c.moved.Milliseconds(), r.offset, "timestamps keep to real time")
				require.Equal(t, c.lines, strings.Count(log.String(), "level=WARN"))
			})
		})
	}
}

// A source of which no unit comes is in trouble until one does, whatever else is sent.
func TestWatchOfASourceWithoutUnits(t *testing.T) {
	errNothing := errors.New("packets come, but no frame")
	var failing trouble
	w := watch{log: slog.New(slog.DiscardHandler), trouble: &failing}
	at := time.Now()
	now := func() time.Time { return at }
	w.look(&w.nothing, "all", errNothing, false, now)
	at = at.Add(silenceWarning)
	w.look(&w.nothing, "all", errNothing, false, now)
	require.Contains(t, failing.get(), "packets come, but no frame")
	w.note(flv.Audio, nil)
	require.NotEmpty(t, failing.get())
	w.look(&w.nothing, "all", nil, false, now)
	require.Empty(t, failing.get())
}

// Two senders that begin at the same time: neither goes on before the source is off, and what it sends is not forgotten.
func TestFirstPushesAtOnce(t *testing.T) {
	off, begun := make(chan struct{}), make(chan struct{}, 2)
	var restarts, passed atomic.Int32
	f := New(Config{Log: slog.New(slog.DiscardHandler), Sink: fakeSink{restart: func() {
		begun <- struct{}{}
		<-off
		restarts.Add(1)
	}}})
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			f.GiveWay()
			passed.Add(1)
		})
	}
	<-begun
	time.Sleep(20 * time.Millisecond) // time for a mistake; without one nothing depends on it
	require.Zero(t, passed.Load())
	close(off)
	all.Wait()
	f.GiveWay()
	require.EqualValues(t, 1, restarts.Load())
	_, part := f.Media()
	require.Equal(t, IsOff, part)
}
