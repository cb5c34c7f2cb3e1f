package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/script"
)

// The user ends it in every phase.
func TestReconnectEnded(t *testing.T) {
	for _, ca := range []struct {
		name    string
		options []string
		url     bool
		until   func(t *testing.T, s *script.Server)
		want    []State
	}{
		{"waiting", slow, false, func(*testing.T, *script.Server) {}, []State{1, 2, 7, 5, 6}},
		{"waiting for a URL", quick, true, func(*testing.T, *script.Server) {}, []State{1, 2, 7, 5, 6}},
		{"connecting", quick, false, func(t *testing.T, s *script.Server) { s.Accept() }, []State{1, 2, 7, 1, 2, 5, 6}},
		{"connected", quick, false, func(t *testing.T, s *script.Server) { s.Accept().AcceptConnect() }, []State{1, 2, 7, 1, 2, 3, 5, 6}},
	} {
		for name, end := range map[string]func(*Publisher){"disconnect": (*Publisher).Disconnect, "close": (*Publisher).Close} {
			t.Run(ca.name+" "+name, func(t *testing.T) {
				noLeak(t)
				s := script.Listen(t)
				p, w := newPublisher(t, s.URL("live/key"), ca.options...)
				asked := make(chan struct{}, 1)
				if ca.url {
					p.NotifyURL(func() bool { asked <- struct{}{}; return true })
				}
				require.NoError(t, p.Connect())
				s.HangUp()
				w.until(StateError)
				if ca.url {
					<-asked
				}
				ca.until(t, s)
				last := ca.want[len(ca.want)-3]
				for p.State() != last {
					time.Sleep(time.Millisecond)
				}
				begin := time.Now()
				end(p)
				require.Less(t, time.Since(begin), closeTimeout)
				require.False(t, p.Busy())
				if name == "disconnect" {
					require.Equal(t, ca.want, w.states())
				}
			})
		}
	}
}

// The user's own functions may end it or hurry it, from inside.
func TestReconnectFromInsideAnEvent(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	stop := s.Serve(func(c *script.Conn) { c.Handshake() }) // and closes
	p, w := newPublisher(t, s.URL("live/key"), slow...)
	failures := 0
	over := make(chan struct{})
	p.Notify(func(e Event) {
		w.take(e)
		switch {
		case e.New == StateError && failures < 20:
			failures++
			require.NoError(t, p.Connect())
		case e.New == StateError:
			p.Disconnect()
		case e.New == StateDisconnected:
			close(over)
		}
	})
	require.NoError(t, p.Connect())
	<-over
	require.Len(t, w.states(), 21*3+2)
	p.Close()
	stop()
}
