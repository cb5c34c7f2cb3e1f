package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/peers"
)

// Every server is published to on one connection, the only one that the proxy lets through.
func TestOneConnection(t *testing.T) {
	t.Parallel()
	library(t)

	const stream = "once"
	for _, launch := range []func(testing.TB) *peers.Server{
		peers.StartNginx,
		func(t testing.TB) *peers.Server { return peers.StartReceiver(t) },
		peers.StartNodeMediaServer,
		func(t testing.TB) *peers.Server { return peers.StartFFmpegListen(t, stream) },
		func(t testing.TB) *peers.Server { return peers.StartNodeAV(t, stream) },
	} {
		s := launch(t)
		t.Run(s.Name, func(t *testing.T) { publishOnce(t, startProxy(t, s.Addr).url("live", stream)) })
	}
}

// A server that asks an HTTP server before it accepts connect, and takes nothing meanwhile, is no exception.
func TestServerThatAsks(t *testing.T) {
	t.Parallel()
	library(t)

	s := peers.StartNginx(t)
	publishOnce(t, startProxy(t, s.AsksAddr).url("live", "asked"))
	require.FileExists(t, s.Recording("asked"))
}

func publishOnce(t *testing.T, url string) {
	t.Helper()
	run := start(t, "publish.lua", url, "seconds=1")
	run.wait()
	run.requirePublished("1")
}
