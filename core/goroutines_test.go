package core

import (
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/source"
	"luatrtmp/tests/script"
)

// roles are the goroutines that a context may have, by the function of which each consists.
var roles = []struct{ name, function string }{
	{"redirect", "luatrtmp/core.(*handover).run("},
	{"leaving", "luatrtmp/core/client.(*Connection).Leave("},
	{"session", "luatrtmp/core.(*session).run("},
	{"receiver", "luatrtmp/core/link.(*Receiver).Run("},
	{"sender", "luatrtmp/core/link.(*Sender).drain("},
	{"dialer", "luatrtmp/core/transport.dialFirst."},
	{"feeder", "luatrtmp/core/feeder.(*run)"},
}

// createdBy finds who began a goroutine, and in which file.
var createdBy = regexp.MustCompile(`created by (luatrtmp/core\S*) in goroutine \d+\n\t(\S+):`)

// goroutinesNow returns the roles of the goroutines of all contexts of this process, in order. One that has no role, but was
// begun by this package, is called by the function that began it.
func goroutinesNow() []string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	all := []string{}
	for _, stack := range strings.Split(string(stacks), "\n\n") {
		i := slices.IndexFunc(roles, func(r struct{ name, function string }) bool { return strings.Contains(stack, "\n"+r.function) })
		if i >= 0 {
			all = append(all, roles[i].name)
		} else if by := createdBy.FindStringSubmatch(stack); by != nil && !strings.HasSuffix(by[2], "_test.go") {
			all = append(all, by[1])
		}
	}
	slices.Sort(all)
	return all
}

// requireGoroutines waits until exactly these goroutines run.
func requireGoroutines(t *testing.T, want ...string) {
	t.Helper()
	slices.Sort(want)
	limit := time.Now().Add(patience)
	for !slices.Equal(want, goroutinesNow()) {
		if time.Now().After(limit) {
			stacks := make([]byte, 1<<20)
			require.Equal(t, want, goroutinesNow(), "%s", stacks[:runtime.Stack(stacks, true)])
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// A context has a session's goroutine while it is connected or about to be, a receiving one for each connection, and others
// only as long as they have something to do.
func TestGoroutinesOfAContext(t *testing.T) {
	requireGoroutines(t)
	t.Run("idle", func(t *testing.T) {
		newPublisher(t, "rtmp://127.0.0.1/live/key")
		requireGoroutines(t)
	})
	t.Run("connecting", func(t *testing.T) {
		p, _ := newPublisher(t, "rtmp://"+script.Blackhole(t)+"/live/key")
		require.NoError(t, p.Connect())
		requireGoroutines(t, "session", "dialer")
	})
	t.Run("handshaking", func(t *testing.T) {
		s := script.Listen(t)
		p, w := newPublisher(t, s.URL("live/key"))
		require.NoError(t, p.Connect())
		s.Accept()
		w.until(StateHandshaking)
		requireGoroutines(t, "session")
	})
	t.Run("publishing, then disconnected, then closed", func(t *testing.T) {
		p, _, c := publishing(t)
		p.NotifyBitrate(func(uint32, time.Duration) {})
		requireGoroutines(t, "session", "receiver")
		go c.Drain()
		p.Disconnect()
		requireGoroutines(t)
		p.Close()
		requireGoroutines(t)
	})
	t.Run("with a backlog", func(t *testing.T) {
		p, _, c := publishing(t)
		pushUntilItWaits(t, p)
		requireGoroutines(t, "session", "receiver", "sender")
		go c.Drain()
		requireGoroutines(t, "session", "receiver")
	})
	t.Run("with a source", func(t *testing.T) {
		p, _, c := publishing(t)
		go c.Drain()
		require.NoError(t, p.SetSource(source.Clip))
		p.Start()
		requireGoroutines(t, "session", "receiver", "feeder")
		p.Stop()
		requireGoroutines(t, "session", "receiver")
	})
	t.Run("during a redirect", func(t *testing.T) {
		p, _, c := publishing(t)
		next := script.Listen(t)
		c.Send(move(next.URL("live")))
		second := next.Accept()
		requireGoroutines(t, "session", "receiver", "redirect")
		second.Accept()
		requireGoroutines(t, "session", "receiver", "receiver", "redirect") // it awaits a key frame
		go c.Drain()
		go second.Drain()
		for at := uint32(0); p.Info().Reconnects == 0; at += 40 {
			require.NoError(t, p.SendVideo(keyFrame, at, 0))
			time.Sleep(time.Millisecond)
		}
		requireGoroutines(t, "session", "receiver")
	})
	t.Run("waiting for the next attempt", func(t *testing.T) {
		_, w, c := publishing(t, "reconnect", "true", "reconnect_min_ms", "60000", "reconnect_max_ms", "60000")
		c.Close()
		w.until(StateError)
		requireGoroutines(t, "session")
	})
	requireGoroutines(t)
}
