package sendqueue

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
)

func putTrack(q *Queue, c Priority, track uint8, at uint32, size int) bool {
	return q.Accepts(c, track, size) && q.Push(chunk.Header{Timestamp: at}, c, track, [][]byte{make([]byte, size)})
}

// A key frame of one track is none of another.
func TestQueueOfSeveralTracks(t *testing.T) {
	q := &Queue{maxBytes: 1000, maxMedia: time.Hour}
	require.True(t, putTrack(q, KeyFrame, 0, 0, 300))
	require.True(t, putTrack(q, KeyFrame, 200, 0, 100))
	require.True(t, putTrack(q, InterFrame, 0, 40, 300))
	require.True(t, putTrack(q, InterFrame, 200, 40, 100))
	require.False(t, putTrack(q, InterFrame, 0, 80, 300), "its group goes, since it is the oldest")
	require.Equal(t, []string{"K0", "P40"}, contentOf(q.waiting()), "the other track stays whole")
	require.False(t, putTrack(q, InterFrame, 0, 120, 1))
	require.True(t, putTrack(q, InterFrame, 200, 120, 100))
	require.True(t, putTrack(q, KeyFrame, 200, 160, 100))
	require.False(t, putTrack(q, InterFrame, 0, 160, 1), "it waits for a key frame of its own")
	require.True(t, putTrack(q, KeyFrame, 0, 200, 300))
	require.True(t, putTrack(q, InterFrame, 0, 240, 1))
	require.Equal(t, []string{"K0", "P40", "P120", "K160", "K200", "P240"}, contentOf(q.waiting()))
	require.True(t, putTrack(q, Audio, 0, 250, 900))
	require.Equal(t, []string{"A250"}, contentOf(q.waiting()))
	require.False(t, putTrack(q, InterFrame, 200, 280, 1))
	require.False(t, putTrack(q, InterFrame, 0, 280, 1))
}

// Whatever comes in, each track's pictures that come out can be decoded.
func TestQueueOfSeveralTracksProperty(t *testing.T) {
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 2))
		q := &Queue{maxBytes: 2000 + random.IntN(4000), maxMedia: 500 * time.Millisecond}
		tracks := []uint8{0, 1, 63, 64, 255}
		next, last := map[uint8]int{}, map[uint8]int{}
		var out []*Message
		for now := range uint32(5000) {
			track := tracks[random.IntN(len(tracks))]
			c := InterFrame
			if next[track] == 0 || random.IntN(15) == 0 {
				c = KeyFrame
			}
			body := fmt.Appendf(nil, "%d %d", next[track], c)
			next[track]++
			pieces := [][]byte{body, make([]byte, random.IntN(300))}
			accepted := q.Accepts(c, track, Size(pieces)) && q.Push(chunk.Header{Timestamp: now * 5}, c, track, pieces)
			require.True(t, accepted || c == InterFrame)
			if random.IntN(3) == 0 {
				out = q.Pop(out[:0], random.IntN(900))
				for _, e := range out {
					var n int
					var was Priority
					fmt.Sscanf(string(e.Payload), "%d %d", &n, &was)
					require.True(t, was == KeyFrame || n == last[e.track]+1, "picture %d of track %d after %d, seed %d", n, e.track, last[e.track], seed)
					last[e.track] = n
					q.Release(e)
				}
			}
		}
	}
}
