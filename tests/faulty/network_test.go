package faulty_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

// pictureOf returns an access unit of some bytes that says which it is; every 25th is a key frame.
func pictureOf(t testing.TB, n, size int) []byte {
	t.Helper()
	sets, err := hex.DecodeString("00000001674d401fa6110280bfe5c044000003000400000300c83c60c846" + "0000000168e84332c8")
	require.NoError(t, err)
	body := append([]byte(fmt.Sprintf("#%06d.", n)), bytes.Repeat([]byte{0x55}, size)...)
	if n%25 == 0 {
		return append(append(sets, 0, 0, 0, 1, 0x65, 0x88), body...)
	}
	return append([]byte{0, 0, 0, 1, 0x41, 0x9A}, body...)
}

// arrivals notes the pictures that reach a server.
type arrivals struct {
	mu       sync.Mutex
	pictures int
	unsorted []string // pictures that came after a later one of their connection
	conns    int
	broken   int // pictures that are not as they were sent
	size     int
}

func (a *arrivals) serve(c *script.Conn) {
	c.Accept()
	a.mu.Lock()
	a.conns++
	a.mu.Unlock()
	last := -1
	for {
		r, err := c.Read()
		if err != nil {
			return
		}
		if m, ok := r.Message.(*message.Video); ok {
			a.note(m.Body, &last)
		}
	}
}

func (a *arrivals) note(body []byte, last *int) {
	_, rest, ok := bytes.Cut(body, []byte("#"))
	if !ok {
		return // a sequence header
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	fmt.Sscanf(string(rest[:7]), "%06d.", &n)
	if !bytes.Equal(rest[7:], bytes.Repeat([]byte{0x55}, a.size)) {
		a.broken++
	}
	a.pictures++
	if n <= *last {
		a.unsorted = append(a.unsorted, fmt.Sprintf("%d after %d", n, *last))
	}
	*last = n
}

func (a *arrivals) count() (pictures, conns int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pictures, a.conns
}

// requireInOrder requires that the pictures of each connection came as they were sent, each once. What an old connection has left
// in the kernels may still arrive when the next one is up.
func (a *arrivals) requireInOrder(t testing.TB) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	require.Zero(t, a.broken)
	require.Empty(t, a.unsorted)
}

const pictureTime = 40 * time.Millisecond

// push pushes pictures from first on until done says so, in real time, and returns how many.
func (c *client) push(t testing.TB, first, size int, done func(n int) bool) (n int) {
	t.Helper()
	next := time.Now()
	for ; !done(n); n++ {
		if err := c.SendVideo(pictureOf(t, first+n, size), uint32((first+n)*40), 0); err != nil {
			require.ErrorIs(t, err, rtmperr.ErrState, "no other error while a connection is down")
		}
		next = next.Add(pictureTime)
		time.Sleep(time.Until(next))
	}
	return n
}

// requireAll waits until all pictures that were pushed have arrived or are counted as dropped.
func (c *client) requireAll(t testing.TB, got *arrivals, pushed int) {
	t.Helper()
	arrived, conns := 0, 0
	for limit := time.Now().Add(4 * script.Patience); ; time.Sleep(10 * time.Millisecond) {
		arrived, conns = got.count()
		if arrived+int(c.Stats().DroppedFrames) == pushed {
			return
		}
		require.False(t, time.Now().After(limit), "%d arrived over %d connections of %d that were pushed; state %v, %v, %+v",
			arrived, conns, pushed, c.State(), c.Failure(), c.Stats())
	}
}

// endsSoon disconnects.
func (c *client) endsSoon(t testing.TB) {
	t.Helper()
	began := time.Now()
	c.Disconnect()
	require.Less(t, time.Since(began), 2*time.Second, "half a second, on a machine that is not busy")
	require.Equal(t, core.StateDisconnected, c.State())
}

// On networks that lose, delay and reorder packets every picture arrives, or is counted as dropped.
func TestBadNetworks(t *testing.T) {
	t.Parallel()
	const size, pictures = 3000, 75
	for name, bad := range map[string]trouble{
		"loss 1 %":     {loss: 0.01},
		"loss 10 %":    {loss: 0.1},
		"loss 20 %":    {loss: 0.2},
		"delay 500 ms": {delay: 250 * time.Millisecond}, // there and back
		"reorder":      {delay: 5 * time.Millisecond, jitter: 60 * time.Millisecond},
		"all of it":    {loss: 0.03, delay: 50 * time.Millisecond, jitter: 50 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			link := newNetwork(t)
			got := &arrivals{size: size}
			script.ListenOn(t, link.listen(t)).Serve(got.serve)
			link.set(bad)
			c := newClient(t, "rtmp://"+link.address()+"/live/stream", "timeout", "30000", "reconnect", "true")
			require.NoError(t, c.Connect())
			var states []core.State
			for limit := time.Now().Add(4 * script.Patience); len(states) == 0 && time.Now().Before(limit); {
				states, _ = c.until(core.StatePublishing, core.StateError)
			}
			require.Equal(t, gotThrough, states, "%v", c.Failure())
			c.push(t, 0, size, func(n int) bool { return n == pictures })
			c.requireAll(t, got, pictures)
			got.requireInOrder(t)
			link.set(trouble{})
			c.endsSoon(t)
		})
	}
}

// A cable is pulled for a second: the connection stays, and every picture arrives or is counted.
func TestCablePulledBriefly(t *testing.T) {
	t.Parallel()
	const size = 20_000
	link := newNetwork(t)
	got := &arrivals{size: size}
	script.ListenOn(t, link.listen(t)).Serve(got.serve)
	c := newClient(t, "rtmp://"+link.address()+"/live/stream", "timeout", "20000")
	require.NoError(t, c.Connect())
	states, err := c.until(core.StatePublishing)
	require.Equal(t, gotThrough, states, "%v", err)

	n := c.push(t, 0, size, func(n int) bool { return n == 25 })
	link.set(trouble{cut: true})
	n += c.push(t, n, size, func(n int) bool { return n == 25 })
	link.set(trouble{})
	n += c.push(t, n, size, func(n int) bool { return n == 50 })
	c.requireAll(t, got, n)
	got.requireInOrder(t)
	require.Equal(t, core.StatePublishing, c.State())
	c.endsSoon(t)
}

// A cable is pulled, or the server's address vanishes, for several times the timeout: that ends in an error that says so, attempts
// go on meanwhile, and when the network is back so are the pictures. Memory stays bounded, and disconnect is as quick as ever.
func TestLongOutage(t *testing.T) {
	t.Parallel()
	const size = 100_000
	for name, set := range map[string]func(testing.TB, network, bool){
		"the cable is pulled":   func(_ testing.TB, link network, out bool) { link.set(trouble{cut: out}) },
		"the address vanishes":  func(t testing.TB, link network, out bool) { link.vanish(t, out) },
		"and never comes again": func(_ testing.TB, link network, out bool) { link.set(trouble{cut: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			link := newNetwork(t)
			got := &arrivals{size: size}
			script.ListenOn(t, link.listen(t)).Serve(got.serve)
			c := newClient(t, "rtmp://"+link.address()+"/live/stream", "timeout", "500", "reconnect", "true", "reconnect_min_ms", "50", "reconnect_max_ms", "100")
			require.NoError(t, c.Connect())
			states, err := c.until(core.StatePublishing)
			require.Equal(t, gotThrough, states, "%v", err)
			n := c.push(t, 0, size, func(n int) bool { return n == 25 })

			set(t, link, true)
			limit := time.Now().Add(2 * script.Patience)
			n += c.push(t, n, size, func(int) bool { return c.State() == core.StateError || time.Now().After(limit) })
			states, err = c.until(core.StateError)
			require.NotEmpty(t, states, "%v", err)
			require.ErrorContains(t, err, "took no data for 500ms")
			n += c.push(t, n, size, func(n int) bool { return n == 50 }) // two seconds of further attempts
			states, err = c.until(core.StateError)
			require.Contains(t, [][]core.State{{1, 7}, inHandshake}, states, "%v; the latter with a relay, which is still there", err)
			require.LessOrEqual(t, c.Info().QueueBytes, 4<<20)

			set(t, link, false)
			if name == "and never comes again" {
				c.endsSoon(t)
				link.set(trouble{})
				return
			}
			limit = time.Now().Add(2 * script.Patience)
			before, _ := got.count()
			n += c.push(t, n, size, func(int) bool {
				arrived, conns := got.count()
				return conns == 2 && arrived > before+50 || time.Now().After(limit)
			})
			_, conns := got.count()
			require.Equal(t, 2, conns)
			require.EqualValues(t, 1, c.Info().Reconnects)
			got.requireInOrder(t)
			require.Positive(t, c.Stats().DroppedFrames)
			c.endsSoon(t)
		})
	}
}
