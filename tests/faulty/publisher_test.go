// Package faulty_test sets a publisher on servers that do everything wrong. After each of them the publisher has to be in the right
// state, with the right message, hold nothing of the connection any more, and get through to a good server.
package faulty_test

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core"
	"luatrtmp/tests/script"
)

// timeout is the option of that name: what a server may take for each step.
const timeout = 300 * time.Millisecond

// client is a publisher whose states are noted.
type client struct {
	*core.Publisher
	mu     sync.Mutex
	states []core.State
	err    error // of the last StateError
	moved  chan struct{}
}

// newClient returns a publisher with pairs of options, without a source.
func newClient(t testing.TB, url string, options ...string) *client {
	t.Helper()
	c := &client{Publisher: core.New(slog.New(slog.DiscardHandler)), moved: make(chan struct{}, 1)}
	t.Cleanup(c.Close)
	require.NoError(t, c.SetURL(url))
	require.NoError(t, c.SetSource("none"))
	require.NoError(t, c.SetOption("timeout", fmt.Sprint(timeout.Milliseconds())))
	for i := 0; i < len(options); i += 2 {
		require.NoError(t, c.SetOption(options[i], options[i+1]))
	}
	c.Notify(c.note)
	return c
}

func (c *client) note(e core.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.states = append(c.states, e.New)
	if e.Err != nil {
		c.err = e.Err
	}
	select {
	case c.moved <- struct{}{}:
	default:
	}
}

// until waits until one of these states has been entered, and returns all states up to there, which it forgets.
func (c *client) until(ends ...core.State) (states []core.State, err error) {
	limit := time.NewTimer(script.Patience)
	defer limit.Stop()
	for {
		c.mu.Lock()
		for i, s := range c.states {
			for _, end := range ends {
				if s == end {
					states, err = c.states[:i+1], c.err
					c.states = c.states[i+1:]
					c.mu.Unlock()
					return states, err
				}
			}
		}
		so := fmt.Sprint(c.states)
		c.mu.Unlock()
		select {
		case <-c.moved:
		case <-limit.C:
			return nil, fmt.Errorf("the states are %s, none of %v", so, ends)
		}
	}
}

// works connects to a good server and disconnects.
func (c *client) works(url string) error {
	if err := c.SetURL(url); err != nil {
		return err
	}
	if err := c.Connect(); err != nil {
		return err
	}
	states, err := c.until(core.StatePublishing, core.StateError)
	if len(states) == 0 || states[len(states)-1] != core.StatePublishing {
		return fmt.Errorf("with a good server: %v, %w", states, err)
	}
	c.Disconnect()
	_, err = c.until(core.StateDisconnected)
	if c.State() != core.StateDisconnected {
		return err
	}
	return nil
}

// good starts a good server, and returns a URL of it.
func good(t testing.TB) string {
	t.Helper()
	s := script.Listen(t)
	s.Serve(func(c *script.Conn) {
		c.Accept()
		c.Drain()
	})
	return s.URL("live/good")
}

// usage is what the process holds.
type usage struct {
	goroutines, descriptors int
	heap                    uint64
}

func measure(t testing.TB) usage {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{runtime.NumGoroutine(), len(entries), m.HeapAlloc}
}

// leavesNothing fails the test when what it holds at its end, cleanup included, is more than at this call.
func leavesNothing(t *testing.T) {
	t.Helper()
	const heapSlack = 4 << 20 // what the runtime and the test itself keep
	before := measure(t)
	t.Cleanup(func() {
		after := measure(t)
		for limit := time.Now().Add(script.Patience); time.Now().Before(limit); after = measure(t) {
			if after.goroutines <= before.goroutines && after.descriptors <= before.descriptors && after.heap <= before.heap+heapSlack {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		stacks := make([]byte, 64<<10)
		stacks = stacks[:runtime.Stack(stacks, true)]
		require.Fail(t, "something is left", "before %+v, after %+v\n%s", before, after, strings.TrimSpace(string(stacks)))
	})
}
