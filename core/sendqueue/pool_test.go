package sendqueue

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBufferPool(t *testing.T) {
	var p bufferPool
	for _, c := range []struct{ size, room int }{
		{0, 512}, {1, 512}, {512, 512}, {513, 1024}, {1024, 1024}, {20_000, 32 << 10}, {1 << 24, 1 << 24}, {1<<24 + 1, 1<<24 + 1},
	} {
		e := p.get(c.size)
		require.Empty(t, e.Payload)
		require.Equal(t, c.room, cap(e.Payload), "%d", c.size)
	}

	random := rand.New(rand.NewPCG(1, 1))
	const limit = 1 << 20
	var out []*Message
	for range 20_000 {
		if random.IntN(2) == 0 || len(out) == 0 {
			e := p.get(random.IntN(100_000))
			e.Payload = append(e.Payload, 1)
			out = append(out, e)
			continue
		}
		i := random.IntN(len(out))
		p.put(out[i], limit)
		out = append(out[:i], out[i+1:]...)
		require.LessOrEqual(t, p.bytes, limit)
	}
	kept := 0
	for _, list := range p.lists {
		for e := list; e != nil; e = e.next {
			require.Empty(t, e.Payload)
			kept += cap(e.Payload)
		}
	}
	require.Equal(t, p.bytes, kept)
	require.Positive(t, kept)
	p.trim(10_000)
	require.LessOrEqual(t, p.bytes, 10_000)
	p.trim(0)
	require.Zero(t, p.bytes)
}
