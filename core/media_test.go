package core

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/source"
	"luatrtmp/tests/script"
)

// rawVideo writes an H.264 file: groups of five pictures, 2 ms each.
func rawVideo(t *testing.T, groups int) string {
	t.Helper()
	au := annexB(spsMain, ppsMain, idr)
	for range 4 {
		au = append(au, picture...)
	}
	path := filepath.Join(t.TempDir(), "video.h264")
	require.NoError(t, os.WriteFile(path, bytes.Repeat(au, groups), 0o600))
	return path + "?fps=500"
}

// nextVideo returns the next picture, or false when FCUnpublish comes.
func nextVideo(t *testing.T, c *script.Conn) (flv.VideoTag, uint32, bool) {
	t.Helper()
	for {
		r := c.Next()
		switch m := r.Message.(type) {
		case *message.Command:
			require.Equal(t, "FCUnpublish", m.Name)
			return flv.VideoTag{}, 0, false
		case *message.Video:
			v, err := flv.ParseVideoTag(m.Body)
			require.NoError(t, err)
			if v.PacketType == flv.PacketFrame {
				return v, r.Timestamp, true
			}
		}
	}
}

func TestSourceThatEnds(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/stream"))
	require.NoError(t, p.SetSource(rawVideo(t, 10)))
	p.Start()     // before connect: it waits
	for range 2 { // the second time it begins anew
		require.NoError(t, p.Connect())
		c := s.Accept()
		c.Accept()
		for i := range uint32(50) {
			v, at, ok := nextVideo(t, c)
			require.True(t, ok)
			require.Equal(t, i%5 == 0, v.Key)
			require.Equal(t, i*2, at)
		}
		_, _, more := nextVideo(t, c)
		require.False(t, more)
		c.Command("deleteStream")
		c.End()
		c.Close()
		w.until(StateDisconnected)
		require.NoError(t, p.Failure())
	}
	require.Equal(t, []State{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}, w.states())
}

func TestSourceThatIsTruncated(t *testing.T) {
	noLeak(t)
	clip, err := os.ReadFile("source/clip.flv")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "cut.flv")
	require.NoError(t, os.WriteFile(path, clip[:12_000], 0o600))

	whole, err := source.Open(source.Spec{Path: path})
	require.NoError(t, err)
	good := 0
	for err == nil {
		var u *flv.AccessUnit
		if u, err = whole.Next(); err == nil && u.Kind == flv.Video {
			good++
		}
	}
	require.ErrorIs(t, err, source.ErrTruncated)
	whole.Close()
	require.NotZero(t, good)

	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/stream"))
	require.NoError(t, p.SetSource(path))
	require.NoError(t, p.Connect())
	p.Start()
	c := s.Accept()
	c.Accept()
	received := 0
	for {
		if _, _, ok := nextVideo(t, c); !ok {
			break
		}
		received++
	}
	require.Equal(t, good, received, "all good data comes before the error")
	c.End()
	c.Close()
	e := w.until(StateError)
	require.ErrorIs(t, e.Err, rtmperr.ErrInvalid)
	require.ErrorContains(t, e.Err, "truncated")
	require.ErrorContains(t, e.Err, "cut.flv")
}

func TestSetSourceErrors(t *testing.T) {
	p := New(quietLog())
	for _, spec := range []string{"", "/does/not/exist", "rtp://host", os.DevNull, "media_test.go"} {
		require.ErrorIs(t, p.SetSource(spec), rtmperr.ErrInvalid, spec)
	}
	p.Close()
	require.ErrorIs(t, p.SetSource("clip"), rtmperr.ErrState)
}

// The built-in clip is what flows when nothing is said.
func TestSourceByDefault(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p := New(quietLog())
	defer p.Close()
	require.NoError(t, p.SetURL(s.URL("live/stream")))
	require.NoError(t, p.Connect())
	c := s.Accept()
	c.Accept()
	p.Start()
	v, at, ok := nextVideo(t, c)
	require.True(t, ok && v.Key)
	require.Zero(t, at)
}

func TestSourceStopAndStartOnOneConnection(t *testing.T) {
	noLeak(t)
	p, _, c := publishing(t)
	require.NoError(t, p.SetSource(rawVideo(t, 10_000)))
	p.Start()
	last, pictures := uint32(0), 0
	read := func(n int) {
		for range n {
			v, at, ok := nextVideo(t, c)
			require.True(t, ok)
			require.Equal(t, pictures%5 == 0, v.Key, "none is missing, none comes twice")
			require.GreaterOrEqual(t, at, last)
			last = at
			pictures++
		}
	}
	for range 5 {
		read(20)
		p.Stop()
		p.Start()
	}
	p.Stop()
	p.Disconnect()
}

func TestSetSourceWhilePublishing(t *testing.T) {
	noLeak(t)
	p, w, c := publishing(t)
	p.Start()
	require.NoError(t, p.SetSource(rawVideo(t, 10_000)))
	last := uint32(0)
	for range 30 {
		_, at, _ := nextVideo(t, c)
		last = at
	}
	require.NoError(t, p.SetSource("clip"))
	for { // the clip's pictures are larger
		v, at, ok := nextVideo(t, c)
		require.True(t, ok)
		require.GreaterOrEqual(t, at, last)
		last = at
		if len(v.Data) > 50 {
			require.True(t, v.Key, "it takes over at a key frame")
			break
		}
	}
	require.NoError(t, p.SetSource("none"))
	require.NoError(t, p.SendVideo(annexB(spsHigh, ppsHigh, idr), 0, 0))
	for {
		v, at, ok := nextVideo(t, c)
		require.True(t, ok)
		require.GreaterOrEqual(t, at, last)
		if bytes.Equal(v.Data, append([]byte{0, 0, 0, 4}, idr...)) {
			break
		}
	}
	require.Equal(t, []State{1, 2, 3, 4}, w.states())
}

// A source that vanished between SetSource and the time it is opened again.
func TestSourceThatVanished(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/stream"))
	spec := rawVideo(t, 1)
	require.NoError(t, p.SetSource(spec))
	p.Start()
	require.NoError(t, p.Connect())
	c := s.Accept()
	c.Accept()
	c.End()
	c.Close()
	w.until(StateDisconnected)
	require.NoError(t, os.Remove(spec[:len(spec)-len("?fps=500")]))
	require.NoError(t, p.Connect())
	c = s.Accept()
	c.Accept()
	c.End()
	c.Close()
	require.ErrorContains(t, w.until(StateError).Err, "no such file")
}
