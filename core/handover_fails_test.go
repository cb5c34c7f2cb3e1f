package core

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

// A server that takes a name only once: the old connection ends first, and what comes meanwhile is not lost.
func TestHandoverOneNameAtATime(t *testing.T) {
	noLeak(t)
	a := script.Listen(t)
	p, w := newPublisher(t, a.URL("live/key"))
	require.NoError(t, p.Connect())
	first := a.Accept()
	first.Accept()
	w.until(StatePublishing)
	s := pushStream(t, p, true, true)
	first.Unread(first.Next())
	first.Send(move(""))
	old := collect(first)
	refuse := func() {
		c := a.Accept()
		c.Refuse(script.Info("error", "NetStream.Publish.BadName", "already publishing"))
		c.Close()
	}
	refuse()
	before := <-old
	require.Equal(t, []string{"FCUnpublish", "deleteStream"}, before.goodbye)
	refuse() // the server is not done yet with the old one
	second := a.Accept()
	second.Accept()
	now := collect(second)
	time.Sleep(50 * time.Millisecond)
	s.stop()
	p.Disconnect()
	after := <-now
	after.begins(t)
	next := numbered(t, before.pictures, 0)
	require.Zero(t, next%gop)
	require.Equal(t, s.pictures, numbered(t, after.pictures, next))
	require.Equal(t, s.frames, numbered(t, after.audio, numbered(t, before.audio, 0)))
	require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states())
}

// What comes instead of a successor leaves the old connection as it is; when that ends too, its reason is the error.
func TestHandoverFails(t *testing.T) {
	gone := func(t *testing.T) string {
		s := script.Listen(t)
		url := s.URL("live")
		s.Serve(nil)()
		return url
	}
	for _, ca := range []struct {
		name  string
		TCURL func(t *testing.T) string
		next  func(*script.Conn)
		log   string
	}{
		{"nobody listens", gone, nil, "nothing listens"},
		{"refused", nil, func(c *script.Conn) {
			c.Refuse(script.Info("error", "NetStream.Publish.BadAuth", "no"))
		}, "BadAuth"},
		{"closed", nil, func(c *script.Conn) { c.AcceptConnect(); c.Close() }, "closed the connection"},
		{"closed before the key frame", nil, func(c *script.Conn) { c.Accept(); c.Close() }, "soon"},
		{"taken back before the key frame", nil, func(c *script.Conn) {
			c.Accept()
			c.Status(script.Info("error", "NetStream.Publish.Denied", "changed my mind"))
		}, "changed my mind"},
		{"silent", nil, func(c *script.Conn) { c.Handshake() }, "no answer to connect"},
		{"no RTMP", nil, func(c *script.Conn) { c.Write(make([]byte, 4000)) }, "handshake"},
		{"another scheme", func(*testing.T) string { return "http://h/live" }, nil, "scheme"},
		{"no URL", func(*testing.T) string { return "rtmp://h:x/%zz" }, nil, "no URL"},
		{"endless", func(*testing.T) string { return "rtmp://h/" + strings.Repeat("x", 10_000) }, nil, "bytes"},
	} {
		t.Run(ca.name, func(t *testing.T) {
			noLeak(t)
			a, b := script.Listen(t), script.Listen(t)
			log := &lines{more: make(chan struct{}, 1)}
			p, w := newPublisher(t, a.URL("live/key"), "timeout", "500")
			p.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))
			require.NoError(t, p.Connect())
			first := a.Accept()
			first.Accept()
			w.until(StatePublishing)
			require.NoError(t, p.SendVideo(keyFrame, 0, 0))
			url := b.URL("live")
			if ca.TCURL != nil {
				url = ca.TCURL(t)
			}
			first.Send(move(url))
			if ca.next != nil {
				ca.next(b.Accept())
			}
			<-log.more
			require.Contains(t, log.String(), ca.log)
			require.Contains(t, log.String(), "the stream goes on")
			require.NoError(t, p.SendVideo(keyFrame, 40, 0))
			for pictures := 0; pictures < 2; {
				if _, ok := first.Next().Message.(*message.Video); ok {
					pictures++
				}
			}
			require.Zero(t, p.Info().Reconnects)
			first.Close()
			require.ErrorIs(t, w.until(StateError).Err, rtmperr.ErrNetwork)
			require.Equal(t, []State{1, 2, 3, 4, 7}, w.states())
		})
	}
}

// The old server does not wait: nothing but what it did not read is lost, and the script sees nothing.
func TestHandoverOldOneGoes(t *testing.T) {
	for _, ca := range []struct {
		name  string
		ready bool // the successor is, when the old one goes
	}{{"while the new one comes", false}, {"while a key frame is awaited", true}} {
		t.Run(ca.name, func(t *testing.T) {
			noLeak(t)
			a, b := script.Listen(t), script.Listen(t)
			p, w := newPublisher(t, a.URL("live/key"))
			require.NoError(t, p.SetSource(rawVideo(t, 10_000)))
			require.NoError(t, p.Connect())
			first := a.Accept()
			first.Accept()
			w.until(StatePublishing)
			if !ca.ready {
				p.Start()
				first.Next()
			}
			first.Send(move(b.URL("live")))
			second := b.Accept()
			if ca.ready {
				second.Accept()
				first.Close()
				p.Start()
			} else {
				first.Close()
				time.Sleep(100 * time.Millisecond)
				second.Accept()
			}
			for i := range uint32(20) {
				v, at, ok := nextVideo(t, second)
				require.True(t, ok)
				require.Equal(t, i%5 == 0, v.Key)
				require.LessOrEqual(t, at, i*2, "a source that is started again sends what it held at once")
			}
			require.Equal(t, []State{1, 2, 3, 4}, w.states())
			go second.Drain()
		})
	}
}

func TestHandoverOldOneGoesAndNewOneFails(t *testing.T) {
	noLeak(t)
	a, b := script.Listen(t), script.Listen(t)
	p, w := newPublisher(t, a.URL("live/key"))
	require.NoError(t, p.Connect())
	first := a.Accept()
	first.Accept()
	w.until(StatePublishing)
	first.Send(move(b.URL("live")))
	second := b.Accept()
	second.Handshake()
	first.Status(script.Info("error", "NetStream.Publish.Failed", "restarting"))
	first.Close()
	time.Sleep(20 * time.Millisecond)
	second.Close()
	require.ErrorContains(t, w.until(StateError).Err, "restarting")
}
