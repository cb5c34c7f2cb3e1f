package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// leastTarget is the default of the option bitrate_floor, kbit/s.
const leastTarget = 50

// simulate steers an encoder for some seconds over a network of the given capacity, both in kbit/s, and returns every
// target that it was told.
func simulate(b *bitrateSteer, encoder *uint32, waiting *time.Duration, seconds int, capacity func(int) uint32) (told []uint32) {
	backlog := float64(*encoder) * waiting.Seconds() // kbit
	for s := range seconds {
		backlog += float64(*encoder)
		sent := min(backlog, float64(capacity(s)))
		backlog -= sent
		*waiting = min(2*time.Second, time.Duration(backlog/float64(*encoder)*float64(time.Second)))
		if target, changed := b.look(*waiting, uint32(sent)); changed {
			*encoder = target
			told = append(told, target)
		}
	}
	return told
}

func TestBitrateFollowsTheNetwork(t *testing.T) {
	b := bitrateSteer{floor: leastTarget}
	encoder, waiting := uint32(2000), time.Duration(0)
	always := func(kbps uint32) func(int) uint32 { return func(int) uint32 { return kbps } }

	require.Empty(t, simulate(&b, &encoder, &waiting, 20, always(10_000)), "a network that keeps up is no news")

	told := simulate(&b, &encoder, &waiting, 20, always(1000))
	require.NotEmpty(t, told)
	require.LessOrEqual(t, encoder, uint32(1200), "one step over what the network takes at most")
	require.Less(t, waiting, bitrateCongested)

	told = simulate(&b, &encoder, &waiting, 100, always(10_000))
	require.NotEmpty(t, told)
	for i := 1; i < len(told); i++ {
		require.Greater(t, told[i], told[i-1])
		require.LessOrEqual(t, told[i]-told[i-1], uint32(201), "a tenth of the original at a time")
	}
	require.EqualValues(t, 2000, encoder, "all the way back to where it was")
	require.Empty(t, simulate(&b, &encoder, &waiting, 20, always(10_000)))
}

func TestBitrateAfterAStall(t *testing.T) {
	for _, before := range []int{0, 10} { // seconds of good network
		b := bitrateSteer{floor: leastTarget}
		encoder, waiting := uint32(2000), time.Duration(0)
		simulate(&b, &encoder, &waiting, before, func(int) uint32 { return 10_000 })
		told := simulate(&b, &encoder, &waiting, 3, func(int) uint32 { return 0 })
		require.Equal(t, []uint32{leastTarget}, told, "never under the floor")
		told = simulate(&b, &encoder, &waiting, 200, func(int) uint32 { return 10_000 })
		require.NotEmpty(t, told)
		for _, kbps := range told {
			require.Greater(t, kbps, uint32(leastTarget), "recovery goes up")
		}
		if before > 0 {
			require.EqualValues(t, 2000, encoder)
		}
	}
}

// A network of half the rate of the encoder, then of a tenth: the target never rises while too much waits, never falls below the
// floor, and an encoder at the floor is left alone.
func TestBitrateFloor(t *testing.T) {
	b := bitrateSteer{floor: 300}
	encoder, waiting := uint32(2000), time.Duration(0)
	simulate(&b, &encoder, &waiting, 10, func(int) uint32 { return 10_000 })
	simulate(&b, &encoder, &waiting, 10, func(int) uint32 { return 1000 })
	told := simulate(&b, &encoder, &waiting, 20, func(int) uint32 { return 200 })
	require.NotEmpty(t, told)
	require.EqualValues(t, 300, encoder)
	for i, kbps := range told {
		require.GreaterOrEqual(t, kbps, uint32(300))
		require.True(t, i == 0 || kbps < told[i-1])
	}

	b = bitrateSteer{floor: 300}
	encoder, waiting = 250, 0
	simulate(&b, &encoder, &waiting, 10, func(int) uint32 { return 10_000 })
	require.Empty(t, simulate(&b, &encoder, &waiting, 20, func(int) uint32 { return 100 }), "it is never told to send more than it does")
}

// The rate goes up and down: the target follows, and the encoder never sends more than a step above what the network takes for long.
func TestBitrateOnAnUnevenNetwork(t *testing.T) {
	b := bitrateSteer{floor: leastTarget}
	encoder, waiting := uint32(2000), time.Duration(0)
	simulate(&b, &encoder, &waiting, 10, func(int) uint32 { return 10_000 })
	congested := 0
	for s := range 600 {
		capacity := uint32(1500)
		if s/60%2 == 1 {
			capacity = 700
		}
		simulate(&b, &encoder, &waiting, 1, func(int) uint32 { return capacity })
		if waiting > bitrateCongested {
			congested++
		}
	}
	require.Less(t, congested, 150, "of 600 s")
	require.Greater(t, encoder, uint32(300))
}

// The rules one by one: what is told for a second with so much waiting and such a rate, 0 for nothing.
func TestBitrateRules(t *testing.T) {
	type second struct {
		waiting time.Duration
		kbps    uint32
		told    uint32
	}
	const ms = time.Millisecond
	calm := second{0, 1000, 0}
	for _, c := range []struct {
		name    string
		seconds []second
	}{
		{"200 ms are not too much", []second{calm, {200 * ms, 500, 0}, {201 * ms, 500, 400}}},
		{"it falls again as the rate does", []second{calm, {300 * ms, 500, 400}, {300 * ms, 400, 320}, {300 * ms, 450, 0}}},
		{"five seconds without waiting for each step", []second{
			calm, {300 * ms, 500, 400}, calm, calm, calm, calm, {0, 1000, 500}, calm, calm, calm, calm, {0, 1000, 600},
		}},
		{"some that waits begins them anew", []second{calm, {300 * ms, 500, 400}, calm, calm, calm, calm, {51 * ms, 400, 0}, calm, calm, calm, calm, {0, 1000, 500}}},
		{"the floor", []second{calm, {300 * ms, 0, 250}, {300 * ms, 0, 0}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := bitrateSteer{floor: 250}
			for i, s := range c.seconds {
				target, changed := b.look(s.waiting, s.kbps)
				require.Equal(t, s.told != 0, changed, i)
				if changed {
					require.Equal(t, s.told, target, i)
				}
			}
		})
	}
}
