package faulty_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core"
	"luatrtmp/tests/script"
)

// A cable is pulled for ten seconds and for a minute, with the timeout that a user has who sets none: the connection fails within
// it, attempts go on, the queue keeps within its bounds, and when the cable is back so are the pictures, from a key frame on.
func TestCablePulled(t *testing.T) {
	t.Parallel()
	const size = 20_000
	for _, outage := range []time.Duration{10 * time.Second, time.Minute} {
		t.Run(outage.String(), func(t *testing.T) {
			t.Parallel()
			link := newNetwork(t)
			got := &arrivals{size: size}
			script.ListenOn(t, link.listen(t)).Serve(got.serve)
			c := newClient(t, "rtmp://"+link.address()+"/live/stream", "timeout", "5000", "reconnect", "true", "reconnect_max_ms", "3000")
			require.NoError(t, c.Connect())
			states, err := c.until(core.StatePublishing)
			require.Equal(t, gotThrough, states, "%v", err)
			n := c.push(t, 0, size, func(n int) bool { return n == 25 })

			link.set(trouble{cut: true})
			back, most := time.Now().Add(outage), 0
			out := func(until func() bool) {
				n += c.push(t, n, size, func(int) bool {
					most = max(most, c.Info().QueueBytes)
					return until() || !time.Now().Before(back)
				})
			}
			out(func() bool { return c.State() == core.StateError })
			require.ErrorContains(t, c.Failure(), "took no data for 5s")
			out(func() bool { return false })
			require.LessOrEqual(t, most, 4<<20)

			link.set(trouble{})
			before, _ := got.count()
			limit := time.Now().Add(2 * script.Patience)
			n += c.push(t, n, size, func(int) bool {
				arrived, conns := got.count()
				return conns > 1 && arrived > before+25 || time.Now().After(limit)
			})
			require.False(t, time.Now().After(limit), "%v, %v", c.State(), c.Failure())
			require.EqualValues(t, 1, c.Info().Reconnects)
			got.requireInOrder(t)
			require.Positive(t, c.Stats().DroppedFrames)
			t.Logf("%d pictures pushed, %d dropped; at most %d bytes waited", n, c.Stats().DroppedFrames, most)
			c.endsSoon(t)
		})
	}
}
