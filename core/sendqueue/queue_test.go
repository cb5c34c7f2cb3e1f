package sendqueue

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
)

// The limits that the options give a queue by default.
const (
	defaultBytes = 4 << 20
	defaultMedia = 2 * time.Second
)

// push queues a message of track 0.
func push(q *Queue, h chunk.Header, c Priority, pieces [][]byte) bool {
	return q.Accepts(c, 0, Size(pieces)) && q.Push(h, c, 0, pieces)
}

// put pushes a message of some bytes.
func put(q *Queue, c Priority, timestamp uint32, size int) bool {
	return push(q, chunk.Header{Timestamp: timestamp}, c, [][]byte{make([]byte, size/2), make([]byte, size-size/2)})
}

// waiting returns the media that waits.
func (q *Queue) waiting() []*Message { return slices.Collect(q.All()) }

// contentOf lists what waits, e.g. "H K0 P40 A50".
func contentOf(entries []*Message) (all []string) {
	for _, e := range entries {
		all = append(all, fmt.Sprintf("%c%d", "-HAKPDLl"[e.Priority], e.Header.Timestamp))
	}
	return all
}

func TestQueueDropsGroupsOfPictures(t *testing.T) {
	type message struct {
		class Priority
		at    uint32
		size  int
	}
	const h, a, k, p, d = Header, Audio, KeyFrame, InterFrame, Disposable
	for _, c := range []struct {
		name   string
		in     []message
		want   []string
		frames uint32
	}{
		{"within the limits", []message{{h, 0, 10}, {k, 0, 10}, {a, 0, 10}, {p, 40, 10}}, []string{"H0", "K0", "A0", "P40"}, 0},
		{"bytes: the oldest group goes", []message{{k, 0, 300}, {a, 1, 10}, {p, 40, 300}, {k, 80, 300}, {p, 120, 300}},
			[]string{"A1", "K80", "P120"}, 2},
		{"bytes: headers stay", []message{{h, 0, 10}, {k, 0, 500}, {h, 40, 10}, {k, 40, 500}}, []string{"H0", "H40", "K40"}, 1},
		{"the group that is being received", []message{{k, 0, 400}, {p, 40, 400}, {p, 80, 400}, {p, 120, 1}, {a, 130, 1}},
			[]string{"A130"}, 4},
		{"it goes on with a key frame", []message{{k, 0, 600}, {p, 40, 600}, {p, 80, 1}, {k, 120, 1}, {p, 160, 1}},
			[]string{"K120", "P160"}, 3},
		{"audio makes room too", []message{{k, 0, 600}, {a, 10, 600}, {p, 40, 1}, {k, 80, 1}}, []string{"A10", "K80"}, 2},
		{"a key frame larger than the limit", []message{{k, 0, 2000}}, []string{"K0"}, 0},
		{"pictures whose key frame is on its way", []message{{p, 0, 600}, {p, 40, 600}, {p, 80, 1}}, nil, 3},
		{"time: the oldest group goes", []message{{k, 0, 1}, {p, 40, 1}, {k, 500, 1}, {p, 1001, 1}}, []string{"K500", "P1001"}, 2},
		{"time over the wrap", []message{{k, 0xFFFFFF00, 1}, {p, 0x10, 1}, {k, 0x20, 1}, {p, 0x300, 1}}, []string{"K32", "P768"}, 2},
		{"time: headers that wait do not count", []message{{h, 0, 1}, {k, 0, 1}, {p, 40, 1}, {k, 1001, 1}, {p, 1041, 1}, {p, 1900, 1}},
			[]string{"H0", "K1001", "P1041", "P1900"}, 2},
		{"commands have no media time", []message{{k, 0x90000000, 1}, {p, 0x90000028, 1}, {h, 0, 1}, {h, 0, 1}},
			[]string{"K2415919104", "P2415919144", "H0", "H0"}, 0},
		{"headers have waited for nothing", []message{{h, 0, 1}, {k, 3000, 1}, {p, 3040, 1}, {k, 3900, 1}, {p, 4100, 1}},
			[]string{"H0", "K3900", "P4100"}, 2},
		{"disposable pictures stay while little waits", []message{{k, 0, 1}, {p, 100, 1}, {d, 200, 1}, {d, 300, 1}, {a, 350, 1}},
			[]string{"K0", "P100", "D200", "D300", "A350"}, 0},
		{"each picture past that costs the oldest of them", []message{{k, 0, 1}, {d, 100, 1}, {d, 200, 1}, {p, 351, 1}, {a, 400, 1}},
			[]string{"K0", "D200", "P351", "A400"}, 1},
		{"or itself", []message{{k, 0, 1}, {p, 300, 1}, {d, 351, 1}, {d, 391, 1}, {p, 431, 1}}, []string{"K0", "P300", "P431"}, 2},
		{"one of them takes the place of another", []message{{k, 0, 1}, {d, 100, 1}, {d, 400, 1}}, []string{"K0", "D400"}, 1},
		{"audio costs none", []message{{k, 0, 1}, {d, 100, 1}, {a, 400, 1}, {a, 420, 1}}, []string{"K0", "D100", "A400", "A420"}, 0},
		{"bytes: disposable pictures first, as many as it takes", []message{{k, 0, 400}, {d, 40, 200}, {d, 80, 100}, {d, 120, 200}, {p, 160, 350}},
			[]string{"K0", "D120", "P160"}, 2},
		{"bytes: one that does not fit costs no other picture", []message{{k, 0, 600}, {p, 40, 300}, {d, 80, 200}, {p, 120, 100}},
			[]string{"K0", "P40", "P120"}, 1},
		{"a disposable picture larger than the limit", []message{{d, 0, 2000}}, []string{"D0"}, 0},
		{"disposable pictures of a group that had to go", []message{{k, 0, 600}, {p, 40, 600}, {d, 80, 1}, {k, 120, 1}, {d, 160, 1}},
			[]string{"K120", "D160"}, 3},
		{"audio that has waited for long costs no pictures", []message{{a, 0, 1}, {k, 100, 1}, {p, 600, 1}, {k, 900, 1}, {p, 1150, 1}},
			[]string{"A0", "K900", "P1150"}, 2},
		{"audio and headers alone", []message{{h, 0, 600}, {a, 0, 600}, {a, 2000, 600}}, []string{"H0", "A0", "A2000"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := New(1000, time.Second)
			dropped := uint64(0)
			for _, m := range c.in {
				put(q, m.class, m.at, m.size)
				dropped += uint64(m.size)
			}
			require.Equal(t, c.want, contentOf(q.waiting()))
			for _, e := range q.waiting() {
				dropped -= uint64(len(e.Payload))
			}
			frames, bytes := q.TakeDropped()
			require.Equal(t, c.frames, frames)
			require.Equal(t, dropped, bytes)
		})
	}
}

func TestQueuePop(t *testing.T) {
	q := New(1<<20, time.Hour)
	for i := range 4 {
		put(q, Audio, uint32(i), 100)
	}
	require.Equal(t, 3*time.Millisecond, q.Span())
	require.Equal(t, []string{"A0"}, contentOf(q.Pop(nil, 1)), "one at least")
	require.Equal(t, []string{"A1", "A2"}, contentOf(q.Pop(nil, 299)))
	require.Equal(t, 100, q.bytes)
	require.Equal(t, []string{"A3"}, contentOf(q.Pop(nil, 100)))
	require.Empty(t, q.Pop(nil, 100))
	require.Zero(t, q.bytes)
	require.Zero(t, q.Span())
}

// What comes out can be decoded, audio and headers are complete, and the books balance, whatever comes in.
func TestQueueProperty(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		q := New(1000+random.IntN(4000), time.Duration(100+random.IntN(900))*time.Millisecond)
		var now uint32 = 0xFFFFF000
		picture, latest, last, group, sent := 0, -1, -1, 0, map[string]bool{}
		var kept, outKept []string
		frames, bytes := 0, 0
		reference := -1         // the last picture that came out and that others may refer to, as a number within all pictures
		refers := map[int]int{} // what must have come out last for a picture to be decoded; itself for a key frame
		classes := map[int]Priority{}
		var totalFrames uint32
		var totalBytes uint64
		take := func(entries []*Message) {
			for _, e := range entries {
				name := string(e.Payload[:12])
				if !e.Priority.IsVideo() {
					outKept = append(outKept, name)
				} else {
					var n int
					fmt.Sscanf(name, "%d", &n)
					require.True(t, refers[n] == n || refers[n] == reference, "picture %d after %d, seed %d", n, reference, seed)
					if classes[n] != Disposable {
						reference = n
					}
					frames--
					bytes -= len(e.Payload)
				}
				require.False(t, sent[name])
				sent[name] = true
				q.Release(e)
			}
		}
		for i := range 2000 {
			now += random.Uint32N(40)
			c, size := InterFrame, 12+random.IntN(300)
			switch n := random.IntN(20); {
			case n == 0 || i == 0:
				c, size = KeyFrame, 12+random.IntN(1500)
			case n == 1:
				c = Header
			case n < 8:
				c = Audio
			case n < 13:
				c = Disposable
			}
			name := fmt.Sprintf("a%011d", i)
			if c.IsVideo() {
				name = fmt.Sprintf("%012d", picture)
				classes[picture] = c
				if c != Disposable {
					last, latest = latest, picture
				}
				refers[picture] = latest
				if c == InterFrame {
					refers[picture] = last
				}
				picture++
				frames++
				bytes += size
			} else {
				kept = append(kept, name)
			}
			accepted := push(q, chunk.Header{Timestamp: now}, c, [][]byte{[]byte(name), make([]byte, size-12)})
			require.True(t, accepted || c == InterFrame || c == Disposable)

			video, disposable, all := 0, 0, 0
			for _, e := range q.waiting() {
				all += len(e.Payload)
				if e.Priority.IsVideo() {
					video++
				}
				if e.Priority.isDisposable() {
					disposable++
				}
			}
			require.Equal(t, all, q.bytes)
			if accepted && video > 1 && c != Header { // one picture may stand there in spite of all the audio
				require.LessOrEqual(t, q.bytes, q.maxBytes)
				require.LessOrEqual(t, q.age(now), q.maxMedia)
			}
			require.LessOrEqual(t, q.pool.bytes, max(q.maxBytes, maxIdleBytes))
			require.Equal(t, disposable, q.disposable)
			require.Equal(t, video, q.frames)
			for random.IntN(group+2) == 0 && len(q.waiting()) > 0 {
				take(q.Pop(nil, random.IntN(1000)))
			}
			if i%300 == 0 {
				group = random.IntN(6) // the network gets slower and faster
			}
			droppedFrames, droppedBytes := q.TakeDropped()
			totalFrames += droppedFrames
			totalBytes += droppedBytes
		}
		take(q.Pop(nil, 1<<30))
		require.Equal(t, kept, outKept, "audio and headers: all, in order")
		require.EqualValues(t, frames, totalFrames)
		require.EqualValues(t, bytes, totalBytes)
	}
}

// A network that takes 60 % of the pictures and all of the audio is never idle for what was dropped, where the queue holds
// more than one group of pictures.
func TestQueueSlowNetwork(t *testing.T) {
	const (
		frames  = 60 * 25 // a minute
		picture = 10_000  // bytes
		audio   = 640     // for each picture
		network = 6_640   // in the time of a picture
	)
	for _, group := range []int{25, 40} {
		q := New(defaultBytes, defaultMedia)
		sent, budget := 0, 0
		for i := range frames {
			c := InterFrame
			if i%group == 0 {
				c = KeyFrame
			}
			put(q, c, uint32(i*40), picture)
			put(q, Audio, uint32(i*40), audio)
			for budget += network; len(q.waiting()) > 0 && len(q.waiting()[0].Payload) <= budget; {
				e := q.Pop(nil, 1)[0]
				budget -= len(e.Payload)
				if e.Priority.IsVideo() {
					sent++
				}
				q.Release(e)
			}
			require.NotEmpty(t, q.waiting(), "idle at %d, groups of %d", i, group)
		}
		require.InDelta(t, frames*0.6, sent, frames*0.01, "groups of %d", group)
	}
}

// Below 0.7 s nothing is dropped; see thinFrom for short queues.
func TestQueueThinning(t *testing.T) {
	for _, c := range []struct{ limit, from time.Duration }{
		{100 * time.Millisecond, 35 * time.Millisecond},
		{time.Second, 350 * time.Millisecond},
		{defaultMedia, 700 * time.Millisecond},
		{time.Hour, 700 * time.Millisecond},
	} {
		require.Equal(t, c.from, thinFrom(c.limit))
		q := New(1<<20, c.limit)
		put(q, KeyFrame, 0, 1)
		at := uint32(1)
		for ; at <= uint32(c.from.Milliseconds()); at++ {
			require.True(t, put(q, Disposable, at, 1))
		}
		frames, _ := q.TakeDropped()
		require.Zero(t, frames)
		put(q, Disposable, at, 1)
		frames, _ = q.TakeDropped()
		require.EqualValues(t, 1, frames)
	}
}

func TestQueueDoesNotAllocate(t *testing.T) {
	q := New(1<<20, time.Second)
	body := [][]byte{make([]byte, 5), make([]byte, 3000)}
	var batch []*Message
	now := uint32(0)
	round := func() {
		for i := range 25 {
			now += 20
			c := InterFrame
			switch {
			case i == 0:
				c = KeyFrame
			case i%3 == 0:
				c = Disposable
			}
			push(q, chunk.Header{Timestamp: now}, c, body)
			push(q, chunk.Header{Timestamp: now}, Audio, body[:1])
		}
		batch = q.Pop(batch[:0], 1<<20)
		for _, e := range batch {
			q.Release(e)
		}
	}
	round()
	require.Zero(t, testing.AllocsPerRun(100, round))
}

// While as much leaves a queue as comes, whatever waits in it, its memory serves again.
func TestQueueMemoryOfBacklog(t *testing.T) {
	for _, waiting := range []int{0, 1, 100, 1000} {
		q := New(1<<30, time.Hour)
		timestamp := uint32(0)
		queue := func() {
			timestamp++
			push(q, chunk.Header{Timestamp: timestamp}, InterFrame, [][]byte{{1, 2, 3}})
		}
		for range waiting {
			queue()
		}
		next := timestamp - uint32(waiting)
		var batch []*Message
		turn := func() {
			queue()
			batch = q.Pop(batch[:0], 1)
			if next++; len(batch) != 1 || batch[0].Header.Timestamp != next {
				panic("not the oldest")
			}
			q.Release(batch[0])
		}
		for range 3000 {
			turn()
		}
		require.Zero(t, testing.AllocsPerRun(3000, turn), "%d waiting", waiting)
		require.LessOrEqual(t, len(q.media.buffer), max(16, 4*waiting))
		held := 0
		for _, e := range q.media.buffer {
			if e != nil {
				held++
			}
		}
		require.Equal(t, waiting, held, "what has left is forgotten")
	}
}

// The queue knows whether the last frames of a track were dropped: then it is no good end either that all that waits arrives.
func TestQueueEndsInCut(t *testing.T) {
	q := New(1000, time.Minute)
	frame := func(c Priority, at uint32, cut bool) {
		t.Helper()
		body := [][]byte{make([]byte, 400)}
		if q.Accepts(c, 0, 400) {
			push(q, chunk.Header{Timestamp: at}, c, body)
		}
		require.Equal(t, cut, q.EndsInCut())
	}
	frame(KeyFrame, 0, false)
	frame(InterFrame, 40, false)
	frame(InterFrame, 80, true) // too much waits: the group of pictures goes
	frame(InterFrame, 120, true)
	frame(KeyFrame, 160, false)
	q.AwaitKeyFrame(0) // the source itself has a gap here
	frame(InterFrame, 200, false)
}
