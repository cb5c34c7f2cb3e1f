package flv

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestByID(t *testing.T) {
	var s byID[int]
	require.Nil(t, s.first())
	require.Nil(t, s.get(0))
	require.Nil(t, s.get(1<<32-1))
	two, zero, other := 2, 0, 22
	s.put(2, &two)
	require.Equal(t, []*int{nil, nil, &two}, []*int(s))
	require.Same(t, &two, s.first())
	s.put(0, &zero)
	s.put(2, &other)
	require.Same(t, &zero, s.first())
	require.Nil(t, s.get(1))
	require.Same(t, &other, s.get(2))
	require.Len(t, s, 3)
}
