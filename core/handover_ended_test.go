package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/script"
)

// The user ends it in every phase, and everything ends with it, cleanly where there is a connection to say so.
func TestHandoverEnded(t *testing.T) {
	badName := script.Info("error", "NetStream.Publish.BadName", "")
	phases := []struct {
		name string
		run  func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server)
	}{
		{"dialing", func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server) {}},
		{"handshaking", func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server) { b.Accept() }},
		{"connecting", func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server) { b.Accept().Handshake() }},
		{"awaiting a key frame", func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server) {
			c := b.Accept()
			c.Accept()
			go c.Drain()
		}},
		{"awaiting a key frame to end first", func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server) {
			c := b.Accept()
			c.Refuse(badName)
			c.Drain()
		}},
		{"parked", func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server) {
			c := b.Accept()
			c.Refuse(badName)
			c.Drain()
			pushStream(t, p, true, false)
			go first.Drain()
			b.Accept().Handshake()
		}},
		{"leaving", func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server) {
			c := b.Accept()
			c.Accept()
			for p.Info().Reconnects == 0 {
				p.SendVideo(keyFrame, 80, 0)
			}
			go c.Drain()
		}},
	}
	for _, phase := range phases {
		for name, end := range map[string]func(*Publisher){"disconnect": (*Publisher).Disconnect, "close": (*Publisher).Close} {
			t.Run(phase.name+" "+name, func(t *testing.T) {
				noLeak(t)
				a, b := script.Listen(t), script.Listen(t)
				p, w := newPublisher(t, a.URL("live/key"))
				require.NoError(t, p.Connect())
				first := a.Accept()
				first.Accept()
				w.until(StatePublishing)
				require.NoError(t, p.SendVideo(keyFrame, 0, 0))
				first.Next()
				first.Send(move(b.URL("live")))
				phase.run(t, p, first, b)
				begin := time.Now()
				end(p)
				require.Less(t, time.Since(begin), closeTimeout+closeTimeout)
				p.mu.Lock()
				require.Nil(t, p.session)
				p.mu.Unlock()
				if name == "disconnect" {
					require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states())
				}
			})
		}
	}
}
