package core

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/tests/script"
)

func TestHandover(t *testing.T) {
	for _, ca := range []struct {
		name, path string
		app        string
		TCURL      func(a, b *script.Server) string
		same       bool // the server asks to come back
	}{
		{"absolute", "live/key?token=1", "other/app", func(a, b *script.Server) string { return b.URL("other/app") }, false},
		{"network path", "live/key", "next", func(a, b *script.Server) string { return "//" + b.Address() + "/next" }, false},
		{"absolute path", "live/key", "next", func(a, b *script.Server) string { return "/next" }, true},
		{"relative", "a/b/key", "a/c", func(a, b *script.Server) string { return "c" }, true},
		{"none", "a/b/key", "a/b", func(a, b *script.Server) string { return "" }, true},
	} {
		t.Run(ca.name, func(t *testing.T) {
			noLeak(t)
			a, b := script.Listen(t), script.Listen(t)
			p, w := newPublisher(t, a.URL(ca.path))
			require.NoError(t, p.Connect())
			first := a.Accept()
			first.Accept()
			w.until(StatePublishing)
			s := pushStream(t, p, true, true)
			first.Unread(first.Next())
			first.Send(move(ca.TCURL(a, b)))
			old := collect(first)
			if ca.same {
				b = a
			}
			second := b.Accept()
			connect := second.AcceptConnect()
			second.AcceptStream()
			publish := second.AcceptPublish()
			app, _ := connect.Object.(amf.Object).GetString("app")
			require.Equal(t, ca.app, app)
			tcURL, _ := connect.Object.(amf.Object).GetString("tcUrl")
			require.Equal(t, b.URL(ca.app), tcURL)
			require.Equal(t, ca.path[strings.LastIndex(ca.path, "/")+1:], publish.Arguments[0])
			now := collect(second)

			before := <-old
			for p.Info().Reconnects == 0 {
				time.Sleep(time.Millisecond)
			}
			require.Contains(t, p.String(), b.URL(ca.app))
			time.Sleep(50 * time.Millisecond) // some more
			s.stop()
			p.Disconnect()
			after := <-now

			before.begins(t)
			after.begins(t)
			require.Equal(t, []string{"FCUnpublish", "deleteStream"}, before.goodbye)
			require.Equal(t, []string{"FCUnpublish", "deleteStream"}, after.goodbye)
			next := numbered(t, before.pictures, 0)
			require.Zero(t, next%gop, "the old connection ends before a key frame")
			require.Equal(t, s.pictures, numbered(t, after.pictures, next))
			require.Equal(t, s.frames, numbered(t, after.audio, numbered(t, before.audio, 0)))
			require.Equal(t, uint32(40), after.times[1])
			require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states(), "the script sees nothing of it")
			require.EqualValues(t, 1, p.Info().Reconnects)
			require.Zero(t, p.Stats().DroppedFrames)
			require.EqualValues(t, s.pictures, p.Stats().VideoFramesSent)
		})
	}
}

// A source goes on over a handover, and after a pause in it its time goes on too.
func TestHandoverOfASource(t *testing.T) {
	noLeak(t)
	a, b := script.Listen(t), script.Listen(t)
	p, w := newPublisher(t, a.URL("live/key"))
	require.NoError(t, p.SetSource(rawVideo(t, 10_000)))
	p.Start()
	require.NoError(t, p.Connect())
	first := a.Accept()
	first.Accept()
	_, _, ok := nextVideo(t, first)
	require.True(t, ok)
	first.Send(move(b.URL("live")))
	go first.Drain()
	second := b.Accept()
	second.Accept()
	for i := range uint32(20) {
		v, at, ok := nextVideo(t, second)
		require.True(t, ok)
		require.Equal(t, i%5 == 0, v.Key)
		require.Equal(t, i*2, at)
	}
	p.Stop()
	const pause = 300 * time.Millisecond
	time.Sleep(pause)
	p.Start()
	for last := uint32(38); ; {
		_, at, _ := nextVideo(t, second)
		if at-last >= uint32(pause.Milliseconds())/2 {
			break
		}
		require.Less(t, at, uint32(5_000), "the pause is not seen")
		last = at
	}
	p.Disconnect()
	require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states())
}

func TestHandoverOfAudio(t *testing.T) {
	noLeak(t)
	a, b := script.Listen(t), script.Listen(t)
	p, w := newPublisher(t, a.URL("live/key"))
	require.NoError(t, p.Connect())
	first := a.Accept()
	first.Accept()
	w.until(StatePublishing)
	s := pushStream(t, p, false, true)
	first.Unread(first.Next())
	first.Send(move(b.URL("live")))
	old := collect(first)
	second := b.Accept()
	second.Accept()
	now := collect(second)
	before := <-old
	s.stop()
	p.Disconnect()
	after := <-now
	require.Equal(t, []string{"M", "AH", "A"}, after.first)
	require.Equal(t, s.frames, numbered(t, after.audio, numbered(t, before.audio, 0)))
}

func TestHandoverHops(t *testing.T) {
	noLeak(t)
	a := script.Listen(t)
	log := &lines{more: make(chan struct{}, 1)}
	p, w := newPublisher(t, a.URL("live/key"))
	p.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	require.NoError(t, p.Connect())
	c := a.Accept()
	c.Accept()
	w.until(StatePublishing)
	s := pushStream(t, p, true, true)
	c.Unread(c.Next()) // media flows
	var all []<-chan media
	for range maxHops {
		c.Send(move(""))
		all = append(all, collect(c))
		c = a.Accept()
		c.AcceptConnect()
		c.AcceptStream()
		c.AcceptPublish()
		for p.Info().Reconnects < uint32(len(all)) {
			time.Sleep(time.Millisecond)
		}
	}
	c.Send(move(""))
	<-log.more
	require.Contains(t, log.String(), "5 in a short time")
	all = append(all, collect(c))
	s.stop()
	p.Disconnect()
	pictures, frames := 0, 0
	for _, one := range all {
		m := <-one
		m.begins(t)
		pictures, frames = numbered(t, m.pictures, pictures), numbered(t, m.audio, frames)
	}
	require.Equal(t, []int{s.pictures, s.frames}, []int{pictures, frames})
	require.EqualValues(t, maxHops, p.Info().Reconnects)
}

// A request that comes before the stream is accepted is obeyed as soon as it is, and one of the successor's too.
func TestHandoverAskedEarly(t *testing.T) {
	noLeak(t)
	a, b, d := script.Listen(t), script.Listen(t), script.Listen(t)
	p, w := newPublisher(t, a.URL("live/key"))
	require.NoError(t, p.Connect())
	first := a.Accept()
	first.AcceptConnect()
	first.Send(move(b.URL("live")))
	first.AcceptStream()
	first.AcceptPublish()
	w.until(StatePublishing)
	second := b.Accept()
	second.Accept()
	second.Send(move(d.URL("live")))
	s := pushStream(t, p, true, true)
	all := []<-chan media{collect(first), collect(second)}
	third := d.Accept()
	third.Accept()
	all = append(all, collect(third))
	for p.Info().Reconnects < 2 {
		time.Sleep(time.Millisecond)
	}
	s.stop()
	p.Disconnect()
	pictures := 0
	for _, one := range all {
		pictures = numbered(t, (<-one).pictures, pictures)
	}
	require.Equal(t, s.pictures, pictures)
}
