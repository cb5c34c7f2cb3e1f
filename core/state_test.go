package core

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStateMoves(t *testing.T) {
	legal := map[[2]State]bool{
		{0, 1}: true, {0, 6}: true,
		{1, 2}: true, {1, 5}: true, {1, 7}: true,
		{2, 3}: true, {2, 5}: true, {2, 7}: true,
		{3, 4}: true, {3, 5}: true, {3, 7}: true,
		{4, 5}: true, {4, 7}: true,
		{5, 6}: true, {5, 7}: true,
		{6, 1}: true,
		{7, 1}: true, {7, 5}: true,
	}
	for from := StateIdle; from <= StateError; from++ {
		for to := StateIdle; to <= StateError; to++ {
			require.Equal(t, legal[[2]State{from, to}], from.mayBecome(to), "%v to %v", from, to)
		}
	}
}

func TestStateNames(t *testing.T) {
	names := []string{"idle", "connecting", "handshaking", "connected", "publishing", "disconnecting", "disconnected", "error"}
	for s := StateIdle; s <= StateError; s++ {
		require.Equal(t, names[s], s.String())
		require.Equal(t, s >= 1 && s <= 5, s.active(), "%v", s)
	}
	require.Equal(t, "state 8", State(8).String())
	require.Equal(t, "state -1", State(-1).String())
}
