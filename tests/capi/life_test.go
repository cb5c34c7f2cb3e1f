package capi_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/script"
)

// A thousand cycles of connect, publish and disconnect, and a hundred contexts at once: what the process holds stays the same.
func TestLife(t *testing.T) {
	server := script.Listen(t)
	server.Serve(func(c *script.Conn) { c.Accept(); c.Drain() })
	t.Logf("\n%s", run(t, nil, compile(t, gcc, library(t), "life", "-O2"), server.URL("live/stream"), "1000", "100"))
}

// Contexts that are ended one after the other are waited for together, and nothing is lost of a goodbye that goes on when main returns.
func TestEndsTogether(t *testing.T) {
	stalled, over := script.Listen(t), make(chan struct{})
	stalled.Serve(func(c *script.Conn) {
		c.Accept()
		<-over
	})
	defer close(over)
	good, ended := script.Listen(t), make(chan struct{})
	good.Serve(func(c *script.Conn) {
		c.Accept()
		c.Await("deleteStream")
		close(ended)
	})
	t.Logf("\n%s", run(t, nil, compile(t, gcc, library(t), "ends", "-O2"), "24", stalled.URL("live/stalled"), good.URL("live/good")))
	select {
	case <-ended:
	case <-time.After(script.Patience):
		require.Fail(t, "the server was not told")
	}
}
