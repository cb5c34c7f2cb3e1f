package core

import (
	"fmt"
	"log/slog"
	"luatrtmp/core/client"
	"luatrtmp/core/coretest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/endpoint/leaktest"
	"luatrtmp/core/message"
	"luatrtmp/tests/script"
)

// What is secret reaches no log, no error and no description, whatever the server repeats, wherever and in whatever form.
func TestSecretsStaySecret(t *testing.T) {
	const (
		password = "hunter2/sesame"
		key      = "key_0123456789abcdef"
		token    = "t0ken-fedcba9876543210"
		place    = "pl4ce+token/AbCdEfGh=="  // of the option tc_url
		next     = "n3xt-token-a1b2c3d4e5f6" // of the address to which the server sends the stream
	)
	all := []string{password, key, token, place, next}
	texts := []string{fmt.Sprintf("rtmp://bob:hunter2%%2Fsesame@h/live/%s?token=%s %s %s?%s %s", key, token, password, key, token, place)}
	for name := range leaktest.Forms(key) {
		text := texts[len(texts)-1]
		if len(texts) == 1 || len(text) > endpoint.MaxForeign/2 {
			text = ""
		} else {
			texts = texts[:len(texts)-1]
		}
		for _, secret := range all {
			text += " '" + leaktest.Forms(secret)[name] + "'"
		}
		texts = append(texts, text)
	}
	for _, c := range []struct {
		name   string
		moves  bool // next becomes known
		server func(*testing.T, *script.Server, string)
	}{
		{"refuses connect", false, func(t *testing.T, s *script.Server, text string) { reject(s.Accept(), text) }},
		{"refuses the password", false, func(t *testing.T, s *script.Server, text string) {
			reject(s.Accept(), coretest.AuthNeeded)
			reject(s.Accept(), coretest.AuthAdobe)
			reject(s.Accept(), coretest.AuthWrong+text)
		}},
		{"refuses createStream", false, func(t *testing.T, s *script.Server, text string) {
			c := s.Accept()
			c.AcceptConnect()
			c.Send(&message.Command{
				Name: "_error", TransactionID: c.Await("createStream").TransactionID,
				Arguments: []amf.Value{script.Info("error", text, text)},
			})
		}},
		{"refuses publish", false, func(t *testing.T, s *script.Server, text string) {
			c := s.Accept()
			c.Refuse(script.Info("error", text, text))
		}},
		{"ends the stream", false, func(t *testing.T, s *script.Server, text string) {
			c := s.Accept()
			c.Accept()
			c.Status(script.Info("error", text, text))
		}},
		{"wants to move the stream to no URL", true, func(t *testing.T, s *script.Server, text string) {
			c := s.Accept()
			c.Accept()
			info := script.Info("status", client.ReconnectRequest, text)
			for _, url := range []string{
				"http://h/" + text + "?token=" + next, "rtmp://[::1/" + text + "?token=" + next, "rtmp:bob:" + next + "@h/" + text,
				"rtmp://h/" + text + "?token=" + next, "rtmp://bob:" + next + "@h/a b",
			} {
				c.Status(append(info, amf.Property{Name: "tcUrl", Value: url}))
			}
			c.Status(script.Info("error", "", text))
		}},
		{"moves the stream, and the next server ends it", true, func(t *testing.T, s *script.Server, text string) {
			c := s.Accept()
			c.Accept()
			info := script.Info("status", client.ReconnectRequest, text)
			c.Status(append(info, amf.Property{Name: "tcUrl", Value: s.URL("live?token=" + next)}))
			c2 := s.Accept()
			c2.Refuse(script.Info("error", "", text))
			c.Status(script.Info("error", "", text))
		}},
		{"hangs up in the handshake", false, func(t *testing.T, s *script.Server, _ string) { s.HangUp() }},
		{"hangs up", false, func(t *testing.T, s *script.Server, _ string) {
			c := s.Accept()
			c.Handshake()
			c.Command("connect")
			c.Close()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			texts := texts
			if strings.HasPrefix(c.name, "hangs up") {
				texts = texts[:1] // it says nothing
			}
			for _, text := range texts {
				s := script.Listen(t)
				log := &lines{}
				p, w := newPublisher(t, "rtmp://h/a/s", "timeout", "1000")
				p.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				require.NoError(t, p.SetURL(withUser(s, "bob:hunter2%2Fsesame", "live/"+key+"?token="+token)))
				require.NoError(t, p.SetOption("tc_url", "rtmp://h/live?token="+place))
				require.NoError(t, p.Connect())
				c.server(t, s, text)
				e := w.until(StateError)
				require.Contains(t, p.String(), "/live/...")
				for _, shown := range append(strings.Split(log.String(), "\n"), e.Err.Error(), p.Failure().Error(), p.String()) {
					for _, secret := range append(all, "hunter2%2Fsesame") {
						if secret == next && !c.moves {
							continue
						}
						require.Empty(t, leaktest.Leaked(shown, secret), "%q shows what is in %q", shown, text)
					}
				}
				p.Close()
			}
		})
	}
}

// After a fresh URL neither the secrets of the new one nor those of the old ones are shown.
func TestSecretsOfAllURLsStaySecret(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	log := &lines{}
	p, w := newPublisher(t, "rtmp://h/a/s", "reconnect", "true", "reconnect_min_ms", "10", "reconnect_max_ms", "10")
	p.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	secret := func(what string, n uint32) string { return fmt.Sprintf("fresh-%s-%d-0123456789", what, n) }
	var asked atomic.Uint32
	fresh := func() string {
		n := asked.Add(1)
		return s.URL("live/" + secret("key", n) + "?token=" + secret("token", n))
	}
	require.NoError(t, p.SetURL(fresh()))
	p.NotifyURL(func() bool {
		p.SetURL(fresh())
		return false
	})
	require.NoError(t, p.Connect())
	var all []string
	for n := range uint32(4) {
		all = append(all, secret("key", n+1), secret("token", n+1))
		reject(s.Accept(), "as before: "+strings.Join(all, ", "))
		w.until(StateError)
		shown := log.String() + p.Failure().Error() + p.String()
		require.Contains(t, shown, "as before: ..., ...")
		for _, secret := range all {
			require.Empty(t, leaktest.Leaked(shown, secret))
		}
	}
}
