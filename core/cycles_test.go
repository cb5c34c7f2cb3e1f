package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/script"
)

// A thousand times connect, publish, disconnect: after that no more is held than after the first ones.
func TestThousandCycles(t *testing.T) {
	noLeak(t)
	const warm, cycles = 50, 1000
	s := script.Listen(t)
	stop := s.Serve(func(c *script.Conn) { c.Accept(); c.Drain() })
	p, w := newPublisher(t, s.URL("live/stream"))
	idle, before, began := lifeNow(t), life{}, time.Now()
	for n := range warm + cycles {
		if n == warm {
			before, began = settled(t, idle.covers), time.Now()
		}
		require.NoError(t, p.Connect())
		w.until(StatePublishing)
		require.NoError(t, p.SendVideo(keyFrame, 0, 0))
		require.NoError(t, p.SendAAC(adts, nil, 0))
		p.Disconnect()
		require.Equal(t, StateDisconnected, p.State())
		require.Len(t, w.states(), 6)
		w.forget()
	}
	took := time.Since(began)
	require.EqualValues(t, warm+cycles, p.Stats().VideoFramesSent, "what was accepted is sent before the goodbye")
	after := settled(t, before.covers)
	after.requireFlat(t, before)
	t.Logf("%d cycles in %v; before %+v, after %+v", cycles, took.Round(time.Millisecond), before, after)
	stop()
}

// A hundred contexts publish at once, in two rounds: the second leaves no more behind than the first.
func TestHundredContexts(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	stop := s.Serve(func(c *script.Conn) { c.Accept(); c.Drain() })
	idle := lifeNow(t)
	var before life
	for round := range 2 {
		var busy life
		t.Run("", func(t *testing.T) { busy = hundredContexts(t, s.URL("live/stream")) })
		if round == 0 {
			before = settled(t, idle.covers)
			continue
		}
		after := settled(t, before.covers)
		after.requireFlat(t, before)
		t.Logf("publishing %+v, after the first round %+v, after the second %+v", busy, before, after)
	}
	stop()
}

// hundredContexts returns what is held while they publish.
func hundredContexts(t *testing.T, url string) life {
	const contexts, pictures = 100, 50
	all := make([]*Publisher, contexts)
	watches := make([]*watch, contexts)
	for i := range all {
		all[i], watches[i] = newPublisher(t, url, "timeout", "10000")
		require.NoError(t, all[i].Connect())
	}
	for i := range all {
		watches[i].until(StatePublishing)
	}
	busy := lifeNow(t)
	for n := range uint32(pictures) {
		for _, p := range all {
			require.NoError(t, p.SendVideo(keyFrame, n*40, 0))
			require.NoError(t, p.SendAAC(adts, nil, n*40))
		}
	}
	for _, p := range all {
		p.Close()
		stats := p.Stats()
		require.EqualValues(t, pictures, stats.VideoFramesSent)
		require.EqualValues(t, pictures, stats.AudioFramesSent)
		require.Zero(t, stats.DroppedFrames)
	}
	return busy
}

// covers reports whether l2 is not more.
func (l life) covers(l2 life) bool {
	return l2.goroutines <= l.goroutines && l2.descriptors <= l.descriptors
}

// settled waits until what is held is as wanted, as the server's side of the connections ends a little later.
func settled(t *testing.T, wanted func(life) bool) life {
	t.Helper()
	limit := time.Now().Add(patience)
	for {
		now := lifeNow(t)
		if wanted(now) || time.Now().After(limit) {
			return now
		}
		time.Sleep(10 * time.Millisecond)
	}
}
