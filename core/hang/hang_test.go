package hang

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/rtmperr"
)

// No goroutine more is risked when too many hang already, and none is when they have come back.
func TestRoom(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	leftBehind.Add(maxLeftBehind)
	_, err := Call(log, func() (int, error) { return 1, nil }, func(int) {})
	require.ErrorIs(t, err, rtmperr.ErrTimeout)
	require.ErrorContains(t, err, "256 threads hang in it already")
	leftBehind.Add(-maxLeftBehind)
	n, err := Call(log, func() (int, error) { return 1, nil }, func(int) {})
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

// What comes too late is discarded.
func TestLateResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers, discarded := make(chan struct{}), 0
		began := time.Now()
		_, err := Call(slog.New(slog.DiscardHandler), func() (int, error) { <-answers; return 7, nil }, func(n int) { discarded = n })
		require.ErrorIs(t, err, rtmperr.ErrTimeout)
		require.Equal(t, OpenPatience, time.Since(began))
		require.Equal(t, 1, Hanging())
		close(answers)
		synctest.Wait()
		require.Equal(t, 7, discarded)
		require.Zero(t, Hanging())
	})
}

// A goroutine that was left behind throws away what it used.
func TestCalls(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	var c Calls
	discarded := false
	discard := func() { discarded = true }
	require.False(t, c.LeaveBehind(log), "it is in no call")
	c.Enter()
	require.True(t, c.Exit(discard))
	c.Enter()
	require.True(t, c.LeaveBehind(log))
	require.True(t, c.LeaveBehind(log))
	require.Equal(t, 1, Hanging())
	require.False(t, c.Exit(discard))
	require.True(t, discarded)
	require.True(t, c.Left())
	require.Zero(t, Hanging())
}
