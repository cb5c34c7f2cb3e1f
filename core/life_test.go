package core

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
	"luatrtmp/core/message"
)

// life is what a process holds.
type life struct {
	goroutines, descriptors int
	heap                    uint64
}

func lifeNow(t *testing.T) life {
	t.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return life{runtime.NumGoroutine(), descriptors(t), m.HeapAlloc}
}

// requireFlat requires that no more is held than before, but for what the runtime keeps.
func (l life) requireFlat(t *testing.T, before life) {
	t.Helper()
	const heapSlack = 1 << 20
	require.LessOrEqual(t, l.goroutines, before.goroutines)
	require.LessOrEqual(t, l.descriptors, before.descriptors+2, "the runtime's own")
	require.LessOrEqual(t, l.heap, before.heap+heapSlack)
}

// tally counts the pictures and the audio frames that reach a server, and holds their timestamps against those that they should
// have.
type tally struct {
	t               *testing.T
	step            uint32 // ms between two frames of a medium
	connections     atomic.Int64
	pictures, sound atomic.Int64
	largest         atomic.Uint32 // timestamp
}

// serve is a server that ends each connection after a time.
func (a *tally) serve(c *memConn, after time.Duration) {
	if after > 0 {
		defer time.AfterFunc(after, func() { c.Close() }).Stop()
	}
	a.connections.Add(1)
	var next [2]uint32
	var begun [2]bool
	serveMedia(c, func(h chunk.Header, m message.Message) {
		kind := 0
		switch m := m.(type) {
		case *message.Video:
			if m.Body[1] != 1 { // AVCPacketType: a sequence header
				return
			}
			a.pictures.Add(1)
		case *message.Audio:
			if m.Body[1] != 1 { // AACPacketType
				return
			}
			kind = 1
			a.sound.Add(1)
		default:
			return
		}
		if begun[kind] && next[kind] != h.Timestamp {
			a.t.Errorf("medium %d: timestamp %d instead of %d", kind, h.Timestamp, next[kind])
		}
		begun[kind], next[kind] = true, h.Timestamp+a.step
		a.largest.Store(max(a.largest.Load(), h.Timestamp))
	})
}

// videoFile returns an Annex B file of a key frame and a picture.
func videoFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "video.h264")
	require.NoError(t, os.WriteFile(path, append(annexB(spsMain, ppsMain, idr), picture...), 0o600))
	return path
}

// A day of a source, with a server that ends the connection after seven hours and a half: each connection's timestamps go beyond the 24 bits
// that a message header has for them (RTMP 1.0, 5.3.1.3), none is missing, and no more is held at its end than after an hour.
func TestADay(t *testing.T) {
	noLeak(t)
	const perSecond = 2
	file := videoFile(t)
	synctest.Test(t, func(t *testing.T) {
		got := &tally{t: t, step: 1000 / perSecond}
		p, w := virtualPublisher(t, func(c *memConn) { got.serve(c, 7*time.Hour+30*time.Minute) }, "reconnect", "true")
		defer p.Close()
		require.NoError(t, p.SetSource(file+"?loop=1&fps=2"))
		p.Start()
		require.NoError(t, p.Connect())
		var first, last life
		for hour := range 24 {
			time.Sleep(time.Hour)
			last = lifeNow(t)
			if hour == 0 {
				first = last
			}
			require.Equal(t, StatePublishing, p.State())
			last.requireFlat(t, first)
		}
		p.Disconnect()
		synctest.Wait()
		require.EqualValues(t, 4, got.connections.Load())
		require.EqualValues(t, 3, p.Info().Reconnects)
		require.Greater(t, got.largest.Load(), uint32(1<<24))
		require.InDelta(t, 24*3600*perSecond, got.pictures.Load(), 100, "none while reconnecting")
		require.Equal(t, p.Stats().VideoFramesSent, uint32(got.pictures.Load()))
		require.NotEmpty(t, w.states())
		t.Logf("%d pictures over %d connections; after an hour %+v, after a day %+v", got.pictures.Load(), got.connections.Load(), first, last)
	})
}

// Fifty days of a camera on one connection, at few pictures: its timestamps wrap at 2^32 ms, which is nobody's fault.
func TestFiftyDays(t *testing.T) {
	noLeak(t)
	const every = 30 * time.Second
	synctest.Test(t, func(t *testing.T) {
		got := &tally{t: t, step: uint32(every.Milliseconds())}
		p, w := virtualPublisher(t, func(c *memConn) { got.serve(c, 0) })
		defer p.Close()
		require.NoError(t, p.Connect())
		w.until(StatePublishing)
		var first, last life
		pushed := 0
		for began := time.Now(); time.Since(began) < 50*24*time.Hour; pushed++ {
			timestamp := uint32(time.Since(began).Milliseconds())
			frame := annexB(spsMain, ppsMain, binary.BigEndian.AppendUint32([]byte{0x65, 0x88}, timestamp|0x01010101))
			require.NoError(t, p.SendVideo(frame, timestamp, 0))
			require.NoError(t, p.SendAAC(adts, nil, timestamp))
			time.Sleep(every)
			if pushed%10_000 == 1000 {
				last = lifeNow(t)
				if first.heap == 0 {
					first = last
				}
				last.requireFlat(t, first)
			}
		}
		p.Disconnect()
		synctest.Wait()
		require.EqualValues(t, 1, got.connections.Load())
		require.EqualValues(t, pushed, got.pictures.Load())
		require.EqualValues(t, pushed, got.sound.Load())
		require.Greater(t, got.largest.Load(), uint32(1<<32-30_001))
		t.Logf("%d pictures and as many audio frames; after 8 hours %+v, after 47 days %+v", pushed, first, last)
	})
}
