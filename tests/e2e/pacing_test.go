package e2e_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// The clip is sent as fast as it is played: neither ahead of the clock nor, from beginning to end, behind it. This test does
// not run beside others.
func TestPacing(t *testing.T) {
	const (
		seconds   = 6
		tolerance = 100 // ms
		frame     = 40  // ms, of the clip
	)

	receiver := peers.StartReceiver(t)
	run := start(t, "pacing.lua", receiver.URL("live", "pace"), "6")
	run.wait()
	run.requirePublished("1")

	// A machine that is busy may hold the script or the library up for a moment; a feeder on time makes that good within the
	// second.
	lag := make([]float64, seconds)
	for i := range lag {
		lag[i] = math.Inf(1)
	}
	for _, p := range run.paces {
		clock, timestamp := p[0], p[1]
		require.LessOrEqual(t, timestamp, clock+tolerance, "ahead of the clock")
		second := min(int(clock/1000), seconds-1)
		lag[second] = min(lag[second], clock-timestamp)
	}
	t.Logf("smallest lag in each second: %.0f ms", lag)
	for i, l := range lag {
		require.LessOrEqual(t, l, float64(tolerance), "second %d", i)
	}

	got := frames(t, receiver.Recording("pace"))
	media.Compare(t, clipFrames(t), got, media.Options{Prefix: true, CodedAudioOnly: true})
	require.InDelta(t, seconds*1000, last(got.Video.Decoded).Milliseconds(), tolerance+frame)
}
