package sendqueue

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
	"luatrtmp/core/flv"
)

// Leading pictures of a key frame go with the group before it, whether they wait already or come later.
func TestQueueLeadingPictures(t *testing.T) {
	type message struct {
		class Priority
		at    uint32
		size  int
	}
	const a, k, p, d, l, ld = Audio, KeyFrame, InterFrame, Disposable, Leading, LeadingDisposable
	for _, c := range []struct {
		name   string
		in     []message
		want   []string
		frames uint32
	}{
		{"nothing is dropped", []message{{k, 0, 1}, {p, 40, 1}, {k, 80, 1}, {l, 120, 1}, {ld, 160, 1}, {p, 200, 1}},
			[]string{"K0", "P40", "K80", "L120", "l160", "P200"}, 0},
		{"they wait, and their group is complete", []message{{k, 0, 300}, {k, 40, 100}, {l, 80, 100}, {l, 120, 100}, {p, 130, 1}, {p, 140, 100},
			{k, 160, 100}, {l, 200, 400}}, []string{"K40", "P130", "P140", "K160", "L200"}, 3},
		{"they wait, and more come", []message{{k, 0, 300}, {k, 40, 300}, {l, 80, 300}, {l, 120, 200}, {l, 160, 1}, {d, 170, 1}, {p, 200, 1}},
			[]string{"K40", "D170", "P200"}, 4},
		{"the group that is being received went", []message{{k, 0, 600}, {p, 40, 600}, {k, 80, 1}, {l, 120, 1}, {p, 160, 1}, {ld, 170, 1},
			{k, 200, 1}, {l, 240, 1}}, []string{"K80", "P160", "K200", "L240"}, 4},
		{"the group before the key frame that comes", []message{{k, 0, 600}, {k, 40, 600}, {ld, 80, 1}, {l, 90, 1}, {p, 120, 1}},
			[]string{"K40", "P120"}, 3},
		{"not the group before it, but the one before that", []message{{k, 0, 600}, {k, 40, 300}, {p, 80, 90}, {k, 120, 200}, {l, 160, 1}},
			[]string{"K40", "P80", "K120", "L160"}, 1},
		{"two groups went", []message{{k, 0, 400}, {k, 40, 400}, {k, 80, 100}, {l, 90, 1}, {k, 120, 700}, {l, 130, 1}},
			[]string{"K80", "K120", "L130"}, 3},
		{"itself makes the group go that it needs", []message{{k, 0, 300}, {k, 40, 300}, {l, 80, 500}, {p, 120, 1}}, []string{"K40", "P120"}, 2},
		{"disposable ones are the first to go", []message{{k, 0, 1}, {k, 100, 1}, {l, 200, 1}, {ld, 300, 1}, {p, 351, 1}},
			[]string{"K0", "K100", "L200", "P351"}, 1},
		{"audio makes the group go", []message{{k, 0, 600}, {k, 40, 100}, {a, 50, 600}, {l, 80, 1}, {p, 120, 1}}, []string{"K40", "A50", "P120"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := New(1000, time.Second)
			for _, m := range c.in {
				put(q, m.class, m.at, m.size)
			}
			require.Equal(t, c.want, contentOf(q.waiting()))
			frames, _ := q.TakeDropped()
			require.Equal(t, c.frames, frames)
		})
	}
}

func TestQueueLeadingPicturesOfSeveralTracks(t *testing.T) {
	q := &Queue{maxBytes: 1000, maxMedia: time.Hour, thinFrom: time.Hour}
	require.True(t, putTrack(q, KeyFrame, 0, 0, 600))
	require.True(t, putTrack(q, KeyFrame, 1, 0, 100))
	require.False(t, putTrack(q, InterFrame, 0, 40, 600))
	require.True(t, putTrack(q, KeyFrame, 0, 80, 100))
	require.True(t, putTrack(q, KeyFrame, 1, 80, 100))
	require.False(t, putTrack(q, Leading, 0, 120, 1))
	require.True(t, putTrack(q, Leading, 1, 120, 1), "the group before is whole on this track")
	require.Equal(t, []string{"K0", "K80", "K80", "L120"}, contentOf(q.waiting()))
}

// Whatever comes in, leading pictures come out only behind a group that came out whole but for disposable pictures.
func TestQueueLeadingProperty(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 3))
		q := New(2000+random.IntN(4000), 600*time.Millisecond)
		var needed [2][]int // pictures of each track since the key frame before the last one that a leading picture needs
		group := [2]int{}
		out := [2]map[int]bool{{}, {}}
		next, accepted, came, dropped := 0, 0, 0, 0
		needs := map[int][]int{} // by picture
		var batch []*Message
		for now := range uint32(8000) {
			track := random.IntN(2)
			c := InterFrame
			switch n := random.IntN(20); {
			case n == 0 || next < 8 && len(needed[track]) == 0:
				c = KeyFrame
			case n < 6:
				c = Disposable
			case n < 9 && len(needed[track]) == group[track]+1:
				c = Leading // directly behind the key frame or another of its kind
			case n < 11 && len(needed[track]) == group[track]+1:
				c = LeadingDisposable
			}
			if c == KeyFrame {
				needed[track], group[track] = needed[track][group[track]:], 0
				group[track] = len(needed[track])
			}
			switch c {
			case KeyFrame:
				needs[next] = nil
			case Leading, LeadingDisposable:
				needs[next] = append([]int(nil), needed[track]...)
			default:
				needs[next] = append([]int(nil), needed[track][group[track]:]...)
			}
			if c == KeyFrame || c == InterFrame {
				needed[track] = append(needed[track], next)
			}
			body := fmt.Appendf(nil, "%d", next)
			came++
			next++
			pieces := [][]byte{body, []byte(" "), make([]byte, random.IntN(400))}
			if q.Accepts(c, uint8(track), Size(pieces)) && q.Push(chunk.Header{Timestamp: now * 5}, c, uint8(track), pieces) {
				accepted++
			} else {
				require.NotEqual(t, KeyFrame, c)
			}
			if random.IntN(4) == 0 {
				batch = q.Pop(batch[:0], random.IntN(900))
				for _, e := range batch {
					var n int
					fmt.Sscanf(string(e.Payload), "%d", &n)
					for _, m := range needs[n] {
						require.True(t, out[e.track][m], "picture %d of class %d without %d, seed %d", n, e.Priority, m, seed)
					}
					out[e.track][n] = true
					q.Release(e)
				}
			}
			frames, _ := q.TakeDropped()
			dropped += int(frames)
		}
		require.Equal(t, came, dropped+len(out[0])+len(out[1])+len(q.waiting()))
		require.Positive(t, dropped)
		require.Positive(t, accepted)
	}
}

// A CRA picture behind a cut, whether it waits or comes later, says that what was in front of it is gone.
func TestQueueBreaksLinks(t *testing.T) {
	var b flv.Builder
	body := bytes.Join(b.VideoFrame(flv.Form{Codec: flv.HEVC, Enhanced: true}, flv.Picture{Key: true}, [][]byte{{0x2A, 1, 0xAC}}), nil)
	broken := bytes.Clone(body)
	flv.BreakLink(broken)
	require.NotEqual(t, body, broken)

	q := New(100, time.Hour)
	key := func(at uint32) bool { return push(q, chunk.Header{Timestamp: at}, KeyFrame, [][]byte{body}) }
	requireKeys := func(want ...[]byte) {
		t.Helper()
		for i, e := range q.Pop(nil, 1<<20) {
			require.Equal(t, want[i], e.Payload)
		}
	}
	require.True(t, key(0))
	require.True(t, key(40))
	require.True(t, put(q, InterFrame, 80, 70), "drops the first group")
	require.True(t, key(120))
	require.Equal(t, []string{"K40", "P80", "K120"}, contentOf(q.waiting()))
	requireKeys(broken, make([]byte, 70), body)

	require.True(t, key(0))
	require.False(t, put(q, InterFrame, 40, 90))
	require.True(t, key(80))
	require.True(t, key(120))
	require.Equal(t, []string{"K80", "K120"}, contentOf(q.waiting()))
	requireKeys(broken, body)

	require.True(t, put(q, KeyFrame, 0, 90))
	require.True(t, key(40))
	require.True(t, key(80))
	requireKeys(broken, body)
}
