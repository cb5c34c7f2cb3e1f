package sendqueue

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSpare(t *testing.T) {
	var s spare
	for _, c := range []struct{ size, room int }{
		{0, 512}, {1, 512}, {512, 512}, {513, 1024}, {1024, 1024}, {20_000, 32 << 10}, {1 << 24, 1 << 24}, {1<<24 + 1, 1<<24 + 1},
	} {
		e := s.take(c.size)
		require.Empty(t, e.Payload)
		require.Equal(t, c.room, cap(e.Payload), "%d", c.size)
	}

	random := rand.New(rand.NewPCG(1, 1))
	const limit = 1 << 20
	var out []*Message
	for range 20_000 {
		if random.IntN(2) == 0 || len(out) == 0 {
			e := s.take(random.IntN(100_000))
			e.Payload = append(e.Payload, 1)
			out = append(out, e)
			continue
		}
		i := random.IntN(len(out))
		s.give(out[i], limit)
		out = append(out[:i], out[i+1:]...)
		require.LessOrEqual(t, s.bytes, limit)
	}
	kept := 0
	for _, list := range s.entries {
		for e := list; e != nil; e = e.next {
			require.Empty(t, e.Payload)
			kept += cap(e.Payload)
		}
	}
	require.Equal(t, s.bytes, kept)
	require.Positive(t, kept)
	s.trim(10_000)
	require.LessOrEqual(t, s.bytes, 10_000)
	s.trim(0)
	require.Zero(t, s.bytes)
}
