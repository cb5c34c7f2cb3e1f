package core

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/message"
	"luatrtmp/tests/script"
)

func TestRedact(t *testing.T) {
	const key = "live_12345_AbCdEfGhIj"
	long := strings.Repeat("t0ken", 1000)
	for _, c := range []struct{ url, text, want string }{
		{"rtmp://h/live/" + key, "no stream " + key + " here", "no stream ... here"},
		{"rtmp://h/live/" + key, key, "..."},
		{"rtmp://h/live/" + key, "'" + key + "', x" + key + "y", "'...', x...y"},
		{"rtmp://h/live/" + key, "cut off: " + key[:15], "cut off: ..."},
		{"rtmp://h/live/" + key, "cut off: " + key[:15] + "...", "cut off: ......"},
		{"rtmp://h/live/" + key + "?sign=0123456789abcdef&e=1", "rtmp://h/live/" + key + "?sign=0123456789abcdef&e=1", "rtmp://h/live/..."},
		{"rtmp://h/live/" + key + "?sign=0123456789abcdef&e=1", "bad sign 0123456789abcdef at 1", "bad sign ... at 1"},
		{"rtmp://h/live/a%2Fb%20cdefghijkl", "no a/b cdefghijkl", "no ..."},
		{"rtmp://h/live/s?token=" + long, "bad token " + long[:500], "bad token ..."},
		{"rtmp://h/live/s?token=" + long, "bad token " + long, "bad token ..."},
		{"rtmp://h/live/cam", "cam: camera of cameras, cam", "...: camera of cameras, ..."},
		{"rtmp://h/live/s", "NetStream is s", "NetStream is ..."},
		{"rtmp://h/live/s", "", ""},
		{"rtmp://bob:pa%20ss%2Fword@h/live/s", "pa ss/word, pa%20ss%2Fword, bob", "..., ..., bob"},
		{"rtmp://bob:hunter2@h/live/s", "rtmp://bob:hunter2@h/live", "rtmp://bob:...@h/live"},
	} {
		to, err := parseURL(c.url, nil, nil)
		require.NoError(t, err)
		require.Equal(t, c.want, to.redact(c.text))
	}
	to, err := parseURL("rtmp://h/live/s", text("app?vhost=v&auth=0123456789"), nil)
	require.NoError(t, err)
	require.Equal(t, "app?... for v is bad", to.redact("app?vhost=v&auth=0123456789 for v is bad"))
	require.Equal(t, "rtmp://h/app?.../...", to.masked())
	require.Len(t, to.redact(strings.Repeat("x", 1<<20)), maxURLLength+maxServerText)
}

// What is secret reaches no log, no error and no description, whatever the server repeats.
func TestSecretsStaySecret(t *testing.T) {
	const password, key, token = "hunter2/sesame", "key_0123456789abcdef", "t0ken-fedcba9876543210"
	everything := fmt.Sprintf("rtmp://bob:hunter2%%2Fsesame@h/live/%s?token=%s %s %s?%s", key, token, password, key, token)
	echo := script.Info("error", "NetStream.Publish.Failed "+key, everything)
	for _, c := range []struct {
		name   string
		server func(*testing.T, *script.Server)
	}{
		{"refuses connect", func(t *testing.T, s *script.Server) { reject(s.Accept(), everything) }},
		{"refuses the password", func(t *testing.T, s *script.Server) {
			reject(s.Accept(), needAuth)
			reject(s.Accept(), adobe)
			reject(s.Accept(), wrong+everything)
		}},
		{"refuses createStream", func(t *testing.T, s *script.Server) {
			c := s.Accept()
			c.AcceptConnect()
			c.Send(&message.Command{Name: "_error", TransactionID: c.Await("createStream").TransactionID, Arguments: []amf.Value{echo}})
		}},
		{"refuses publish", func(t *testing.T, s *script.Server) {
			c := s.Accept()
			c.Refuse(echo)
		}},
		{"ends the stream", func(t *testing.T, s *script.Server) {
			c := s.Accept()
			c.Accept()
			c.Status(echo)
		}},
		{"wants to move the stream", func(t *testing.T, s *script.Server) {
			c := s.Accept()
			c.Accept()
			info := script.Info("status", reconnectRequest, everything)
			c.Status(append(info, amf.Property{Name: "tcUrl", Value: "http://" + everything}))
			c.Status(echo)
		}},
		{"hangs up in the handshake", func(t *testing.T, s *script.Server) { s.HangUp() }},
		{"hangs up", func(t *testing.T, s *script.Server) { c := s.Accept(); c.Handshake(); c.Command("connect"); c.Close() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			log := &lines{}
			p, w := newPublisher(t, "rtmp://h/a/s")
			p.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			require.NoError(t, p.SetURL(withUser(s, "bob:hunter2%2Fsesame", "live/"+key+"?token="+token)))
			require.NoError(t, p.Connect())
			c.server(t, s)
			e := w.until(StateError)
			all := log.String() + e.Err.Error() + p.Failure().Error() + p.String()
			for _, secret := range []string{password, "hunter2", key, key[:12], token, token[:12]} {
				require.NotContains(t, all, secret)
			}
			require.Contains(t, p.String(), "/live/...")
		})
	}
}
