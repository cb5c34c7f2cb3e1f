package e2e_test

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/tests/peers"
	rtmpscript "luatrtmp/tests/script"
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

// A server that asks an HTTP server before it accepts connect, and takes nothing meanwhile, is no
// exception.
func TestServerThatAsks(t *testing.T) {
	t.Parallel()
	library(t)

	s := peers.StartNginx(t)
	publishOnce(t, startProxy(t, s.AsksAddr).url("live", "asked"))
	require.FileExists(t, s.Recording("asked"))
}

// A server whose AMF reader knows no strict arrays stays silent when it gets one: media that every
// server takes is published on the first connection, and other media on a second one.
func TestServerWithoutStrictArrays(t *testing.T) {
	t.Parallel()
	library(t)

	for _, ca := range []struct {
		name        string
		args        []string
		connections int32
	}{
		{"the clip", nil, 1},
		{"HEVC", []string{"source=" + codedFile(".mp4", "hevc", "aac", false).file(t), "timeout=500"}, 2},
	} {
		t.Run(ca.name, func(t *testing.T) {
			var connections atomic.Int32
			s := rtmpscript.Listen(t)
			s.Serve(func(c *rtmpscript.Conn) {
				connections.Add(1)
				c.Handshake()
				connect := c.Command("connect")
				for _, p := range connect.Object.(amf.Object) {
					if _, unreadable := p.Value.(amf.StrictArray); unreadable {
						c.Drain()
						return
					}
				}
				c.Result(connect, rtmpscript.Info("status", "NetConnection.Connect.Success", ""))
				c.AcceptStream()
				c.AcceptPublish()
				c.Drain()
			})
			publishOnce(t, s.URL("live/stream"), ca.args...)
			require.Equal(t, ca.connections, connections.Load())
		})
	}
}

func publishOnce(t *testing.T, url string, args ...string) {
	t.Helper()
	run := start(t, "publish.lua", append([]string{url, "seconds=1"}, args...)...)
	run.wait()
	run.requirePublished("1")
}
