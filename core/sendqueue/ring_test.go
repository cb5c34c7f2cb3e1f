package sendqueue

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A ring does what a slice does, and keeps nothing that has left.
func TestRing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	var r ring
	var model []*Message
	for range 20_000 {
		switch n := random.IntN(12); {
		case n < 6:
			m := &Message{Size: random.Int()}
			r.push(m)
			model = append(model, m)
		case n < 11 && len(model) > 0:
			require.Same(t, model[0], r.pop())
			model = model[1:]
		case len(model) > 0:
			first := random.IntN(len(model))
			end := first + random.IntN(len(model)-first+1)
			asked := 0
			gone := func(m *Message) bool { asked++; return m.Size%3 == 0 }
			r.remove(first, end, gone)
			require.Equal(t, end-first, asked)
			var kept []*Message
			for i, m := range model {
				if i < first || i >= end || m.Size%3 != 0 {
					kept = append(kept, m)
				}
			}
			model = kept
		}
		require.Equal(t, len(model), r.count)
		for i, m := range model {
			require.Same(t, m, r.at(i))
		}
		held := 0
		for _, m := range r.buffer {
			if m != nil {
				held++
			}
		}
		require.Equal(t, len(model), held)
	}
}
