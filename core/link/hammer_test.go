package link

import (
	"encoding/binary"
	"flag"
	"fmt"
	"hash/maphash"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
)

// The default is for every run of the tests; what a longer one showed is in docs/performance.md.
var hammerFrames = flag.Int("hammer", 60_000, "how many frames TestHammer sends on each kind of connection")

const hammerSenders = 2

// hammerBuffer is small enough that messages wait. With one of a few kilobytes the window that the
// peer opens may stay below a segment of Linux's sender, half of the largest window that it has seen:
// then nothing but a probe goes out, each 200 ms.
const hammerBuffer = 32 << 10

// Two goroutines send pictures, a third one control messages, over a connection with small buffers to a peer that stalls at random:
// messages go the direct way and through the queue, in turn and half and half. Each message arrives once, whole and in its
// sender's order.
func TestHammer(t *testing.T) {
	onLinks(t, hammerBuffer, func(t *testing.T, w *Sender, peer net.Conn) {
		require.NoError(t, w.SetChunkSize(1000))
		var sink hammerSink
		arrived := make(chan error, 1)
		go func() { arrived <- sink.read(peer) }()
		var pictures, pings sync.WaitGroup
		var direct, queued [hammerSenders]int
		for i := range hammerSenders {
			pictures.Go(func() { direct[i], queued[i] = hammer(w, i, *hammerFrames/hammerSenders) })
		}
		var stop atomic.Bool
		pings.Go(func() { hammerPings(w, &stop) })
		pictures.Wait()
		stop.Store(true)
		pings.Wait()
		w.Finish()
		require.NoError(t, ending(w))
		w.conn.Close()
		require.NoError(t, <-arrived)
		for i := range hammerSenders {
			require.EqualValues(t, *hammerFrames/hammerSenders, sink.pictures[i])
			t.Logf("sender %d: %d sent while nothing waited, %d into a backlog", i, direct[i], queued[i])
			require.NotZero(t, direct[i])
			require.NotZero(t, queued[i])
		}
		s := w.counters.Snapshot()
		require.EqualValues(t, *hammerFrames/hammerSenders*hammerSenders, s.VideoFramesSent)
		require.Zero(t, s.DroppedFrames)
		t.Logf("%d control messages, %d bytes", sink.pings, s.BytesSent)
	})
}

// hammer sends numbered pictures. It waits while much is queued, so that none is dropped, and now and then until nothing is.
func hammer(w *Sender, sender, frames int) (direct, queued int) {
	const much = 64 << 10
	random := rand.New(rand.NewPCG(1, uint64(sender)))
	body := make([]byte, 4096)
	for n := range frames {
		size := hammerHead + random.IntN(300)
		if random.IntN(50) == 0 {
			size = hammerHead + random.IntN(len(body)-hammerHead)
		}
		hammerBody(body[:size], sender, n)
		most := much
		if random.IntN(100) == 0 {
			most = 0
		}
		if hammerWait(w, most, random) {
			queued++
		} else {
			direct++
		}
		cut := random.IntN(size)
		if accepted, err := w.send(videoHeader(uint32(n)), sendqueue.KeyFrame, body[:cut], body[cut:size]); err != nil || !accepted {
			panic(fmt.Sprint("not sent: ", err))
		}
	}
	return direct, queued
}

// hammerWait waits until at most so many bytes are queued; 0: until all has left.
func hammerWait(w *Sender, most int, random *rand.Rand) (draining bool) {
	for {
		w.mu.Lock()
		bytes, draining := w.queue.Bytes(), w.draining
		w.mu.Unlock()
		if bytes <= most && (most > 0 || !draining) {
			return draining
		}
		time.Sleep(time.Duration(random.IntN(200)) * time.Microsecond)
	}
}

func hammerPings(w *Sender, stop *atomic.Bool) {
	for n := uint32(1); !stop.Load(); n++ {
		w.SendMessage(0, sendqueue.Control, message.NewUserControl(message.PingResponse, n)) // refused when many wait
		time.Sleep(100 * time.Microsecond)
	}
}

// hammerHead is who sent a picture, its number, and a checksum of those and the rest.
const hammerHead = 4 + 4 + 8

var hammerSeed = maphash.MakeSeed()

func hammerBody(body []byte, sender, n int) {
	binary.BigEndian.PutUint32(body, uint32(sender))
	binary.BigEndian.PutUint32(body[4:], uint32(n))
	for i := hammerHead; i < len(body); i++ {
		body[i] = byte(i ^ n)
	}
	binary.BigEndian.PutUint64(body[8:], hammerSum(body))
}

func hammerSum(body []byte) uint64 {
	return maphash.Bytes(hammerSeed, body[:8]) ^ maphash.Bytes(hammerSeed, body[hammerHead:])
}

// hammerSink checks what arrives.
type hammerSink struct {
	pictures [hammerSenders]uint32
	pings    int
	lastPing uint32
}

// read reads until the end of the connection, with pauses.
func (s *hammerSink) read(peer net.Conn) error {
	in := message.NewReader(&stallingReader{peer, rand.New(rand.NewPCG(2, 2))})
	for {
		h, m, err := in.Read()
		if err == io.EOF || rtmperr.IsReset(err) {
			return nil // what is missing shows in the numbers
		}
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case *message.UserControl:
			number := binary.BigEndian.Uint32(m.Data)
			if number <= s.lastPing {
				return fmt.Errorf("ping %d after %d", number, s.lastPing)
			}
			s.lastPing = number
			s.pings++
		case *message.Video:
			if err := s.picture(h.Timestamp, m.Body); err != nil {
				return err
			}
		}
	}
}

func (s *hammerSink) picture(timestamp uint32, body []byte) error {
	sender, n := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
	if binary.BigEndian.Uint64(body[8:]) != hammerSum(body) {
		return fmt.Errorf("a picture of %d bytes is damaged", len(body))
	}
	if n != s.pictures[sender] || n != timestamp {
		return fmt.Errorf("sender %d: picture %d at %d, expected %d", sender, n, timestamp, s.pictures[sender])
	}
	s.pictures[sender]++
	return nil
}

// stallingReader reads a little at a time and pauses now and then.
type stallingReader struct {
	io.Reader
	random *rand.Rand
}

func (s *stallingReader) Read(p []byte) (int, error) {
	if s.random.IntN(300) == 0 {
		time.Sleep(time.Duration(s.random.IntN(2000)) * time.Microsecond)
	}
	return s.Reader.Read(p[:min(len(p), 1+s.random.IntN(8000))])
}
