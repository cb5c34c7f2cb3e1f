package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/peers"
)

// Error codes as scripts see them.
const (
	errConnectFailed = -4
	errNetwork       = -6
	errInvalidParam  = -2
	errTimeout       = -7
	errFailed        = -1
)

// The sequences of states that end in an error.
var (
	afterConnect   = []int{connecting, handshaking, failed}
	afterConnected = []int{connecting, handshaking, connected, failed}
	afterPublish   = []int{connecting, handshaking, connected, publishing, failed}
)

// Each way in which a server refuses a stream, or ends it, is an error that says what happened.
func TestRefusal(t *testing.T) {
	t.Parallel()
	nginx, receiver, nms := peers.StartNginx(t), peers.StartReceiver(t), peers.StartNodeMediaServer(t)
	start(t, "publish.lua", nginx.URL("live", "taken")).waitState("1", publishing, 1) // until the test ends

	for _, ca := range []struct {
		name   string
		url    string
		args   []string
		states [][]int // any of these
		code   int
		parts  []string // of the message
		act    func(t *testing.T, run *script)
	}{
		{
			name: "nginx, unknown application", url: nginx.URL("unknown", "x"),
			states: [][]int{afterConnect}, code: errNetwork,
			parts: []string{"closed the connection instead of answering connect", "check the application"},
		},
		{
			name: "nginx, wrong token", url: nginx.URL("auth", "x?token=bad"),
			states: [][]int{afterConnected}, code: errNetwork,
			parts: []string{"closed the connection instead of answering publish", "check the stream key and its token"},
		},
		{
			// Publish.Start, and then the end.
			name: "nginx, denied", url: nginx.URL("denied", "x"),
			states: [][]int{afterPublish, afterConnected}, code: errNetwork,
			parts: []string{"closed the connection", "check the stream key"},
		},
		{
			name: "nginx, refused while publishing", url: nginx.URL("short", "x"),
			states: [][]int{afterPublish}, code: errNetwork,
			parts: []string{"the server closed the connection"},
		},
		{
			name: "nginx, nothing sent any more", url: nginx.URL("idle", "x"), args: []string{"stop=0.5"},
			states: [][]int{afterPublish}, code: errNetwork,
			parts: []string{"the server closed the connection while publishing"},
		},
		{
			name: "nginx, dropped by its operator", url: nginx.URL("live", "dropped"),
			states: [][]int{afterPublish}, code: errNetwork,
			parts: []string{"the server closed the connection"},
			act: func(t *testing.T, run *script) {
				run.waitState("1", publishing, 1)
				nginx.For(t).DropPublisher("live", "dropped")
			},
		},
		{
			name: "nginx, name in use", url: nginx.URL("live", "taken"),
			states: [][]int{afterConnected}, code: errFailed,
			parts: []string{"NetStream.Publish.BadName", "the stream name is in use"},
		},
		{
			name: "gortmplib, refused", url: receiver.URL("live", "deny"),
			states: [][]int{afterConnected},
			code:   errFailed, parts: []string{"NetStream.Publish.Unauthorized", "authentication failed"},
		},
		{
			name: "gortmplib, silent", url: receiver.URL("live", "mute"), args: []string{"timeout=500"},
			states: [][]int{afterConnected}, code: errTimeout,
			parts: []string{"no answer to publish within 500ms"},
		},
		{
			name: "gortmplib, cut", url: receiver.URL("live", "cut1"),
			states: [][]int{afterPublish}, code: errNetwork,
			parts: []string{"the server closed the connection"},
		},
		{
			// Publish.Start, and then the end.
			name: "node-media-server, refused", url: nms.URL("live", "deny"),
			states: [][]int{afterPublish, afterConnected}, code: errNetwork,
			parts: []string{"closed the connection", "check the stream key"},
		},
	} {
		t.Run(ca.name, func(t *testing.T) {
			t.Parallel()
			run := start(t, "publish.lua", append([]string{ca.url}, ca.args...)...)
			if ca.act != nil {
				ca.act(t, run)
			}
			run.wait()

			got := run.requireFailed(ca.states...)
			t.Logf("%d %s", got.code, got.message)
			require.Equal(t, ca.code, got.code, got.message)
			for _, part := range ca.parts {
				require.Contains(t, got.message, part)
			}
		})
	}
}

// The right token, and an application with slashes, are taken.
func TestAccepted(t *testing.T) {
	t.Parallel()
	nginx := peers.StartNginx(t)

	for _, url := range []string{nginx.URL("auth", "x?token=good"), nginx.URL("multi/seg/app", "x")} {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			run := start(t, "publish.lua", url, "seconds=1")
			run.wait()
			run.requirePublished("1")
		})
	}
}

// A server that has been stopped refuses at once.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	nginx := peers.StartNginx(t)
	nginx.Stop()

	before := time.Now()
	run := start(t, "publish.lua", nginx.URL("live", "x"))
	run.wait()
	require.Less(t, time.Since(before), stateTimeout)

	got := run.requireFailed([]int{connecting, failed})
	require.Equal(t, errConnectFailed, got.code)
	require.Contains(t, got.message, "nothing listens at "+nginx.Addr)
}
