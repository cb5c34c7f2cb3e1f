package stats

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRateMeter(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	var r rateMeter
	require.Zero(t, r.kbps(at(0)))

	r.add(at(5), 1000)
	require.EqualValues(t, 8, r.kbps(at(5)), "the first second counts as one")
	r.add(at(6.5), 3000)
	require.EqualValues(t, 16, r.kbps(at(6.5)))
	for s := 7; s < 60; s++ {
		r.add(at(float64(s)), 125_000)
	}
	require.EqualValues(t, 1000, r.kbps(at(59.5)))
	require.EqualValues(t, 500, r.kbps(at(64.5)), "five of the ten seconds are silent")
	require.Zero(t, r.kbps(at(80)))

	r.add(at(81), 1000)
	r.add(at(80), 1000) // a caller that was held up between looking at the clock and here
	require.EqualValues(t, 1, r.kbps(at(81)))
	r.add(at(0), 1000) // before the first byte
	require.EqualValues(t, 2, r.kbps(at(81)))
}

// Another window keeps what has been measured, and does not take what is not known for silence.
func TestRateMeterWindow(t *testing.T) {
	at := func(second int) time.Time { return time.Unix(int64(second), 0) }
	var r rateMeter
	for s := range 30 {
		r.add(at(s), 125_000)
	}
	r.setWindow(5)
	require.EqualValues(t, 1000, r.kbps(at(29)))
	require.EqualValues(t, 800, r.kbps(at(30)), "one of the five seconds is silent")
	r.setWindow(MaxWindow)
	require.EqualValues(t, 900, r.kbps(at(30)), "no more than the default window is known")
	r.add(at(31), 125_000)
	require.EqualValues(t, 10*1000/11, r.kbps(at(31)))
	r.setWindow(1)
	require.EqualValues(t, 1000, r.kbps(at(31)))
}
