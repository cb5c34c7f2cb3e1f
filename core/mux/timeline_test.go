package mux

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// step is an input timestamp, the real ms since the one before, and what has to come out.
type step struct {
	in     uint32
	passed int
	want   uint32
}

func TestTimeline(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"begins at 0", []step{{5000, 0, 0}, {5040, 40, 40}, {5080, 40, 80}}},
		{"wraps", []step{{0xFFFFFFF0, 0, 0}, {0x18, 40, 40}, {0x40, 40, 80}}},
		{"repeats", []step{{100, 0, 0}, {100, 0, 0}, {140, 40, 40}}},
		{"small disorder is lifted", []step{{100, 0, 0}, {200, 100, 100}, {150, 0, 100}, {199, 0, 100}, {240, 40, 140}}},
		{"a second back is lifted", []step{{2000, 0, 0}, {3000, 0, 1000}, {2000, 0, 1000}, {3040, 0, 1040}}},
		{"more is a jump", []step{{5000, 0, 0}, {5040, 40, 40}, {4039, 40, 80}, {4079, 40, 120}}},
		{"back to 0 is a jump", []step{{900_000, 0, 0}, {900_040, 40, 40}, {0, 40, 80}, {40, 40, 120}}},
		{"slowly backwards is a jump too", []step{{9000, 0, 0}, {9040, 40, 40}, {8540, 40, 40}, {8039, 40, 80}, {8079, 40, 120}}},
		{"forward jump is repaired", []step{{0, 0, 0}, {40, 40, 40}, {10_081, 40, 80}, {10_121, 40, 120}}},
		{"9 s are no jump", []step{{0, 0, 0}, {9000, 1, 9000}, {18_000, 1, 18_000}}},
		{"a real pause is none", []step{{0, 0, 0}, {40, 40, 40}, {60_040, 60_000, 60_040}}},
		{"half way round", []step{{0, 0, 0}, {40, 40, 40}, {0x80000030, 40, 80}, {0x80000058, 40, 120}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := time.Unix(1000, 0)
			var line timeline
			for i, s := range c.steps {
				now = now.Add(time.Duration(s.passed) * time.Millisecond)
				got := uint32(0)
				if i == 0 {
					line.start(s.in, 0, now)
					got = line.lastOut
				} else {
					got = line.next(s.in, now)
				}
				require.Equal(t, s.want, got, "step %d", i)
			}
		})
	}
}

func TestTimelineSecondTrack(t *testing.T) {
	for _, c := range []struct {
		name      string
		first, at uint32   // the other track: its first timestamp, and the latest
		in, want  []uint32 // of the second track
	}{
		{"keeps the distance", 1000, 1100, []uint32{1150, 1170}, []uint32{150, 170}},
		{"behind", 1000, 1100, []uint32{1050, 1070}, []uint32{50, 70}},
		{"over the wrap", 0xFFFFFFF0, 0xFFFFFFF0, []uint32{0x10}, []uint32{32}},
		{"before the beginning waits and stays in step", 1000, 1000, []uint32{900, 923, 1010, 1033}, []uint32{0, 0, 10, 33}},
		{"another clock", 1000, 5000, []uint32{900_000, 900_020}, []uint32{4000, 4020}},
		{"another clock behind", 9000, 9500, []uint32{0, 20}, []uint32{500, 520}},
		{"after 30 days", 0, 30 * 86400 * 1000, []uint32{30*86400*1000 + 20}, []uint32{30*86400*1000 + 20}},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := time.Unix(1000, 0)
			var first, second timeline
			first.start(c.first, 0, now)
			first.lastOut = c.at - c.first
			second.start(c.in[0], 0, now, &first)
			require.Equal(t, c.want[0], second.lastOut)
			for i := 1; i < len(c.in); i++ {
				require.Equal(t, c.want[i], second.next(c.in[i], now))
			}
		})
	}
}

// Whatever comes in, time does not go back, and no jump goes through.
func TestTimelineProperty(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	now := time.Unix(1000, 0)
	var line timeline
	in := random.Uint32()
	line.start(in, 0, now)
	last, stood := line.lastOut, 0
	for range 20_000 {
		switch random.IntN(50) {
		case 0:
			in = random.Uint32()
		case 1:
			in -= random.Uint32N(1000)
		default:
			in += random.Uint32N(50)
		}
		passed := random.IntN(50)
		now = now.Add(time.Duration(passed) * time.Millisecond)
		out := line.next(in, now)
		require.GreaterOrEqual(t, int32(out-last), int32(0))
		require.LessOrEqual(t, out-last, uint32(10_050))
		if out == last {
			stood++
		} else {
			stood = 0
		}
		require.Less(t, stood, 200, "the track does not stand still for ever")
		last = out
	}
}

// A track that begins anew on a connection that has run for a while goes on at its time, and never
// before lastOut.
func TestTimelineBeginsAgain(t *testing.T) {
	now := time.Unix(1000, 0)
	for _, c := range []struct{ last, elapsed, want uint32 }{{500, 700, 700}, {700, 500, 700}, {0xFFFFFF00, 5, 5}} {
		line := timeline{lastOut: c.last}
		line.start(123, c.elapsed, now)
		require.Equal(t, c.want, line.lastOut)
		second := timeline{lastOut: c.last}
		second.start(133, c.elapsed, now, &line)
		require.Equal(t, c.want+10, second.lastOut)
	}
}

// Of several tracks, the first one whose clock a new one's timestamps may be of gives the distance.
func TestTimelineOfSeveralTracks(t *testing.T) {
	now := time.Unix(1000, 0)
	var a, b, none timeline
	a.start(1000, 0, now)
	a.next(6000, now)                   // 5000
	b.start(900_000, 0, now, &a, &none) // another clock: 5000
	require.EqualValues(t, 5000, b.lastOut)
	b.next(900_500, now) // 5500
	for _, c := range []struct{ in, want uint32 }{{6100, 5100}, {900_700, 5700}, {400_000_000, 5500}} {
		var line timeline
		line.start(c.in, 0, now, &none, &a, &b)
		require.Equal(t, c.want, line.lastOut, c.in)
		require.Equal(t, c.want+40, line.next(c.in+40, now))
	}
}
