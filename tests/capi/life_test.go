package capi_test

import (
	"testing"

	"luatrtmp/tests/script"
)

// A thousand cycles of connect, publish and disconnect, and a hundred contexts at once: what the process holds stays the same.
func TestLife(t *testing.T) {
	server := script.Listen(t)
	server.Serve(func(c *script.Conn) { c.Accept(); c.Drain() })
	t.Logf("\n%s", run(t, nil, compile(t, gcc, library(t), "life", "-O2"), server.URL("live/stream"), "1000", "100"))
}
