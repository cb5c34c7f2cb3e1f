package instances

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Callers that wait one after the other, or at once, use up one patience, which comes back while nobody waits.
func TestPatience(t *testing.T) {
	const step = 10 * time.Millisecond
	var p patience
	now := time.Now()
	waitFor := func(d time.Duration) {
		now = now.Add(d)
		p.end(now)
	}
	require.Equal(t, goodbyesTogether, p.begin(now))
	waitFor(step)
	require.Equal(t, goodbyesTogether-step, p.begin(now))
	require.Equal(t, goodbyesTogether-step, p.begin(now), "two at once use up no more than one")
	now = now.Add(step)
	p.end(now)
	waitFor(step)
	require.Equal(t, goodbyesTogether-3*step, p.begin(now))
	waitFor(time.Hour)
	require.Zero(t, p.begin(now))
	waitFor(0)
	now = now.Add(time.Second / 2)
	require.InDelta(t, goodbyesTogether/2, p.begin(now), 1000)
	waitFor(0)
	now = now.Add(time.Hour)
	require.Equal(t, goodbyesTogether, p.begin(now))
}
