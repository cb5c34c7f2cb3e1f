package media

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

func TestSplicer(t *testing.T) {
	const v, a = flv.Video, flv.Audio
	type stamp struct {
		kind     flv.Kind
		in, want int64 // ms
	}
	const hours = 3_600_000
	for _, c := range []struct {
		name   string
		stamps []stamp
	}{
		{"begins where it begins", []stamp{{v, 500, 500}, {a, 480, 480}, {v, 540, 540}}},
		{"a small disorder stays", []stamp{{v, 0, 0}, {v, 80, 80}, {v, 40, 40}, {v, 120, 120}}},
		{"half a second back stays", []stamp{{v, 0, 0}, {v, 500, 500}, {v, 40, 40}, {v, 80, 80}}},
		{"a pause stays", []stamp{{v, 0, 0}, {a, 0, 0}, {v, 9000, 9000}, {a, 9000, 9000}}},
		{"one track has long frames", []stamp{{v, 0, 0}, {a, 0, 0}, {a, 8000, 8000}, {a, 16_000, 16_000}, {v, 16_000, 16_000}, {a, 16_020, 16_020}}},
		{"one stamp of video is damaged", []stamp{
			{v, 0, 0}, {a, 0, 0}, {v, 40, 40}, {a, 23, 23}, {v, 80 + 5*hours, 80}, {a, 46, 46}, {a, 69, 69}, {v, 120, 120}, {a, 92, 92}, {v, 160, 160},
		}},
		{"two in a row", []stamp{{v, 0, 0}, {v, 40, 40}, {v, 5 * hours, 80}, {v, 9 * hours, 120}, {v, 160, 160}, {v, 200, 200}}},
		{"one is damaged backward", []stamp{{v, 5000, 5000}, {a, 5000, 5000}, {v, 5040, 5040}, {v, 0, 5080}, {a, 5023, 5023}, {v, 5120, 5120}}},
		{"the clock starts again", []stamp{
			{v, 0, 0}, {a, 0, 0}, {v, 5000, 5000}, {a, 5010, 5010}, {v, 5040, 5040}, {a, 5033, 5033},
			{v, 0, 5080}, {a, 5056, 5056}, {a, 5079, 5079}, {v, 40, 5120}, {a, 10, 5090}, {a, 33, 5113}, {v, 80, 5160},
		}},
		{"the clock is set by less than a pause", []stamp{
			{v, 0, 0}, {a, 0, 0}, {v, 3000, 3000}, {a, 3010, 3010}, {v, 3040, 3040},
			{v, 1000, 3080}, {a, 3033, 3033}, {v, 1040, 3120}, {a, 1000, 3080}, {v, 1080, 3160}, {a, 1023, 3103},
		}},
		{"the clock is set forward", []stamp{
			{v, 0, 0}, {a, 0, 0}, {v, 40, 40}, {a, 23, 23}, {v, 9 * hours, 80}, {a, 46, 46}, {a, 9 * hours, 80}, {v, 9*hours + 40, 120}, {a, 9*hours + 23, 103},
		}},
		{"slowly backward", []stamp{{v, 9000, 9000}, {v, 9040, 9040}, {v, 8540, 8540}, {v, 8000, 9080}, {v, 8040, 9120}}},
		{"a track with a clock of its own", []stamp{{v, 0, 0}, {v, 40, 40}, {a, 9 * hours, 40}, {v, 80, 80}, {a, 9*hours + 23, 63}, {v, 120, 120}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Splicer{Second: 1000}
			for i, x := range c.stamps {
				require.Equal(t, x.want, s.Next(x.kind, x.in), "stamp %d", i)
			}
		})
	}
}

// A track that begins late is where the others are, whatever its stamps are; in step with them if they go on.
func TestSplicerResume(t *testing.T) {
	for _, c := range []struct {
		name              string
		video, wantVideo  int64
		audio, wantsAudio int64
	}{
		{"of the same recording", 5040, 5040, 5023, 5023},
		{"of another recording, which begins at 0", 0, 5023, -14, 5009},
		{"of another recording, which is later", 90_000, 5023, 89_986, 5009},
	} {
		s := Splicer{Second: 1000}
		s.Resume(flv.Video, 0) // nothing is known
		for at := int64(0); at <= 5000; at += 23 {
			s.Next(flv.Audio, at)
		}
		s.Next(flv.Audio, 5000)
		s.Resume(flv.Video, 5023)
		require.Equal(t, c.wantVideo, s.Next(flv.Video, c.video), c.name)
		require.Equal(t, c.wantsAudio, s.Next(flv.Audio, c.audio), c.name)
	}
}

// A stamp that is ahead by less than a jump is a pause, or damaged: the next one of its track tells.
func TestSplicerRetract(t *testing.T) {
	const v, a = flv.Video, flv.Audio
	begin := []int64{0, 40, 80} // of video
	for _, c := range []struct {
		name  string
		ahead int64 // a stamp of video
		next  int64
		want  int64 // its time; 0 if it is not retracted
	}{
		{"damaged", 4216, 160, 120},
		{"damaged, and the next one is a little late", 4216, 1000, 120},
		{"a pause", 4216, 4256, 0},
		{"a pause, then disorder", 4216, 4000, 0},
		{"no pause", 120, 80, 0},
		{"a jump, which is closed up already", 50_000, 160, 0},
		{"the next one is damaged, too", 4216, 2500, 0},
		{"the clock starts again", 4216, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Splicer{Second: 1000}
			for _, at := range begin {
				s.Next(v, at)
				s.Next(a, at)
			}
			s.Next(v, c.ahead)
			s.Next(a, 120)
			at, ok := s.Retract(v, c.next)
			require.Equal(t, c.want > 0, ok)
			if !ok {
				return
			}
			require.Equal(t, c.want, at)
			require.Equal(t, c.next, s.Next(v, c.next), "it goes on where it was")
			require.EqualValues(t, 160, s.Next(a, 160))
			_, ok = s.Retract(v, 0)
			require.False(t, ok, "once only")
		})
	}
	s := Splicer{Second: 1000}
	s.Next(v, 0)
	s.Next(a, 5000)
	at, ok := s.Retract(a, 23)
	require.True(t, ok, "the first stamp of a track")
	require.EqualValues(t, 40, at)
}

// Expect is what Next would say, and changes nothing.
func TestSplicerExpect(t *testing.T) {
	s := Splicer{Second: 1000}
	at, ahead := s.Expect(flv.Video, 700)
	require.EqualValues(t, 700, at)
	require.False(t, ahead)
	for _, stamp := range []int64{0, 40, 80} {
		s.Next(flv.Video, stamp)
		s.Next(flv.Audio, stamp)
	}
	for _, c := range []struct {
		stamp, at int64
		ahead     bool
	}{{120, 120, false}, {9000, 9000, false}, {50_000, 50_000, true}, {-5000, 120, false}} {
		before := s
		at, ahead := s.Expect(flv.Video, c.stamp)
		require.Equal(t, c.at, at)
		require.Equal(t, c.ahead, ahead)
		require.Equal(t, before, s)
	}
}
