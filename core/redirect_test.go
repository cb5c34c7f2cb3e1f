package core

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/message"
	"luatrtmp/core/options"
	"luatrtmp/tests/script"
)

// Where the option redirect lets a request lead, and where user and password go along. home is the user's URL, and at is where
// the stream is when the request comes.
func TestRedirect(t *testing.T) {
	any, same, off := options.Default(), options.Default(), options.Default()
	same.Redirect, off.Redirect = options.RedirectSame, options.RedirectOff
	insecure := options.Default()
	insecure.TLS.Insecure = true
	const password = "bob:hunter2"
	for _, c := range []struct {
		name            string
		o               *options.Options
		home, at, TCURL string
		user, text      string
	}{
		{"same host", &any, "rtmp://bob:hunter2@h/a/s", "", "rtmp://h/b", password, ""},
		{"another port of it", &any, "rtmp://bob:hunter2@h/a/s", "", "rtmp://h:1936/b", password, ""},
		{"written differently", &any, "rtmp://bob:hunter2@cdn.test/a/s", "", "rtmp://CDN.test./b", password, ""},
		{"an address", &any, "rtmp://bob:hunter2@[::1]/a/s", "", "rtmp://[0::1]/b", password, ""},
		{"no tcUrl", &any, "rtmp://bob:hunter2@h/a/s", "", "", password, ""},
		{"a relative one", &any, "rtmp://bob:hunter2@h/a/s", "", "/b", password, ""},
		{"another host", &any, "rtmp://bob:hunter2@h/a/s", "", "rtmp://other/b", "", ""},
		{"another host, encrypted", &any, "rtmp://bob:hunter2@h/a/s", "", "rtmps://other/b", password, ""},
		{"encrypted, both", &any, "rtmps://bob:hunter2@h/a/s", "", "rtmps://other/b", password, ""},
		{"a network path", &any, "rtmps://bob:hunter2@h/a/s", "", "//other/b", password, ""},
		{"not verified", &insecure, "rtmps://bob:hunter2@h/a/s", "", "rtmps://other/b", "", ""},
		{"the same host, not verified", &insecure, "rtmps://bob:hunter2@h/a/s", "", "rtmps://h:444/b", password, ""},
		{"another host that has sent it on to one more", &any, "rtmp://bob:hunter2@h/a/s", "rtmp://other/a/s", "rtmp://third/b", "", ""},
		{"another host that comes back to itself", &any, "rtmp://bob:hunter2@h/a/s", "rtmp://other/a/s", "/b", "", ""},
		{"back home", &any, "rtmp://bob:hunter2@h/a/s", "rtmp://other/a/s", "rtmp://h/b", password, ""},
		{"with a password of the server's", &any, "rtmp://bob:hunter2@h/a/s", "", "rtmp://eve:sesame@other/b", "eve:sesame", ""},
		{"and on, relative", &any, "rtmp://bob:hunter2@h/a/s", "rtmp://eve:sesame@other/a/s", "/b", "eve:sesame", ""},
		{"and on, relative to the folder", &any, "rtmp://h/a/s", "rtmp://eve:sesame@other/a/b/s", "c", "eve:sesame", ""},
		{"and on, to another port", &any, "rtmp://h/a/s", "rtmp://eve:sesame@other/a/s", "rtmp://other:1936/b", "eve:sesame", ""},
		{"and on, with another one", &any, "rtmp://h/a/s", "rtmp://eve:sesame@other/a/s", "rtmp://mia:pass@other/b", "mia:pass", ""},
		{"and on, to a third host", &any, "rtmp://h/a/s", "rtmp://eve:sesame@other/a/s", "rtmp://third/b", "", ""},
		{"and on, to a third host, encrypted", &any, "rtmp://bob:hunter2@h/a/s", "rtmp://eve:sesame@other/a/s", "rtmps://third/b", password, ""},
		{"and back home", &any, "rtmp://bob:hunter2@h/a/s", "rtmp://eve:sesame@other/a/s", "rtmp://h/b", password, ""},
		{"of the server's for home itself", &any, "rtmp://bob:hunter2@h/a/s", "rtmp://eve:sesame@h/a/s", "/b", "eve:sesame", ""},
		{"no password", &any, "rtmp://h/a/s", "", "rtmps://other/b", "", ""},
		{"never in the clear again", &any, "rtmps://h/a/s", "", "rtmp://h/b", "", "what was encrypted stays so"},
		{"nor after a first step", &any, "rtmp://h/a/s", "rtmps://other/a/s", "rtmp://h/b", "", "what was encrypted stays so"},

		{"same: the same host", &same, "rtmp://bob:hunter2@h/a/s", "", "rtmp://H:1936/b", password, ""},
		{"same: no tcUrl", &same, "rtmp://bob:hunter2@h/a/s", "", "", password, ""},
		{"same: another host", &same, "rtmp://h/a/s", "", "rtmp://other/b", "", `the option redirect is "same"`},
		{"same: another host, encrypted", &same, "rtmps://h/a/s", "", "rtmps://other/b", "", `the option redirect is "same"`},
		{"off", &off, "rtmp://h/a/s", "", "rtmp://h/b", "", `the option redirect is "off"`},
		{"off: no tcUrl", &off, "rtmp://h/a/s", "", "", "", `the option redirect is "off"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			home, err := endpoint.Parse(c.home, nil, nil)
			require.NoError(t, err)
			at := home
			if c.at != "" {
				at, err = endpoint.Parse(c.at, nil, nil)
				require.NoError(t, err)
			}
			to, err := whereto(at, c.TCURL, home, c.o)
			if c.text != "" {
				require.ErrorContains(t, err, c.text)
				return
			}
			require.NoError(t, err)
			user := ""
			if to.User != nil {
				user = to.User.Name + ":" + to.User.Password
			}
			require.Equal(t, c.user, user)
			require.Equal(t, "s", to.Stream)
		})
	}
}

// A server that asks to reconnect without end does not fill the log, and the stream goes on.
func TestFloodOfRequestsToReconnect(t *testing.T) {
	for name, c := range map[string]struct{ redirect, TCURL string }{
		"not possible": {"any", "http://x/" + strings.Repeat("y", 900)},
		"not wanted":   {"off", ""},
		"elsewhere":    {"same", "rtmp://127.0.0.99/live"},
	} {
		t.Run(name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			log := &lines{}
			p, w := newPublisher(t, s.URL("live/key"), "redirect", c.redirect)
			p.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			require.NoError(t, p.Connect())
			conn := s.Accept()
			conn.Accept()
			w.until(StatePublishing)
			requests := bytes.Repeat(conn.Encode(chunk.Header{ChunkStreamID: 20}, move(c.TCURL)), 200)
			for range 10 {
				conn.Write(requests)
			}
			conn.Send(message.NewUserControl(message.PingRequest, 7))
			conn.AwaitControl(message.TypeUserControl)
			require.NoError(t, p.SendVideo(keyFrame, 0, 0))
			_, _, ok := nextVideo(t, conn)
			require.True(t, ok)
			require.Equal(t, 1, strings.Count(log.String(), "is not followed"))
			require.Less(t, strings.Count(log.String(), "\n"), 50, "of 2000 requests")
		})
	}
}

func TestHopsTell(t *testing.T) {
	now := time.Unix(1000, 0)
	var h hops
	for i := range 2 {
		untold, tell := h.tell(now)
		require.True(t, tell)
		require.Equal(t, i*5, min(untold, i*5), "those that were not logged are counted")
		for range 5 {
			_, tell = h.tell(now.Add(time.Second))
			require.False(t, tell)
		}
		now = now.Add(stableTime)
	}
}

func TestHops(t *testing.T) {
	now := time.Unix(1000, 0)
	var h hops
	for range 3 { // the third minute is like the first
		for range maxHops {
			require.True(t, h.allow(now))
			now = now.Add(time.Second)
		}
		require.False(t, h.allow(now))
		now = now.Add(stableTime - 2*time.Second)
		require.False(t, h.allow(now))
		now = now.Add(2 * time.Second)
	}
}
