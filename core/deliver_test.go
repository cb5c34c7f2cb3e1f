package core

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/link"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
	"luatrtmp/tests/script"
)

// largeVideo returns the spec of a file of key frames, 5000 bytes each, which is sent faster than in real time.
func largeVideo(t *testing.T, frames int, fps string) string {
	t.Helper()
	large := annexB(spsMain, ppsMain, append(bytes.Clone(idr), bytes.Repeat([]byte{0x55}, 5000)...))
	path := filepath.Join(t.TempDir(), "large.h264")
	require.NoError(t, os.WriteFile(path, bytes.Repeat(large, frames), 0o600))
	return path + "?fps=" + fps
}

// sending returns a Publisher whose source is sent to a server with little room, in the clear or encrypted. The server has
// accepted the stream and read nothing of it.
func sending(t *testing.T, secure bool, source string, options ...string) (*Publisher, *watch, *script.Conn) {
	t.Helper()
	s := script.Listen(t)
	if secure {
		a := script.NewAuthority(t)
		s = script.ListenTLS(t, a.For("127.0.0.1"))
		options = append(options, "tls_ca", a.File())
	}
	p, w := newPublisher(t, s.URL("live/key"), options...)
	require.NoError(t, p.SetSource(source))
	p.Start()
	require.NoError(t, p.Connect())
	c := s.Accept()
	require.NoError(t, c.SetReadBuffer(4096))
	c.Accept()
	w.until(StatePublishing)
	return p, w, c
}

// A server stops reading while a source is sent, and keeps the connection open: the end of the source is an error that says
// what is missing.
func TestEndOfASourceAtAServerThatStoppedReading(t *testing.T) {
	for name, secure := range map[string]bool{"in the clear": false, "encrypted": true} {
		for _, c := range []struct {
			name   string
			frames int
			text   string
		}{
			{"frames wait", 100, "video frames not sent, "},
			{"the kernel has the rest", 25, "has not got all of it ("},
		} {
			t.Run(name+", "+c.name, func(t *testing.T) {
				noLeak(t)
				p, w, _ := sending(t, secure, largeVideo(t, c.frames, "1000"), "timeout", "700", "queue_bytes", "100000000", "queue_ms", "100000")
				e := w.until(StateError)
				require.ErrorIs(t, e.Err, rtmperr.ErrTimeout)
				require.ErrorContains(t, e.Err, "the source is at its end, but the server has not got all of it")
				require.ErrorContains(t, e.Err, c.text)
				require.ErrorContains(t, e.Err, "bytes not acknowledged")
				require.ErrorContains(t, e.Err, "took no data for 700ms")
				require.Equal(t, []State{1, 2, 3, 4, 5, 7}, w.states())
				require.Equal(t, StateError, p.State())
			})
		}
	}
}

// The queue is full and drops frames: the error counts them.
func TestEndOfASourceWithDroppedFrames(t *testing.T) {
	noLeak(t)
	_, w, _ := sending(t, false, largeVideo(t, 1500, "1000"), "timeout", "6000", "queue_bytes", "65536")
	e := w.until(StateError)
	require.ErrorIs(t, e.Err, rtmperr.ErrTimeout)
	require.ErrorContains(t, e.Err, "dropped before")
}

// Another attempt would send the whole file again: there is none.
func TestEndOfASourceIsNotTriedAgain(t *testing.T) {
	noLeak(t)
	p, w, _ := sending(t, false, largeVideo(t, 50, "1000"), "timeout", "300", "reconnect", "true", "reconnect_min_ms", "10")
	w.until(StateError)
	time.Sleep(100 * time.Millisecond)
	require.False(t, p.Busy())
	require.Equal(t, []State{1, 2, 3, 4, 5, 7}, w.states())
}

// A server closes the connection without having read the last bytes.
func TestEndOfASourceAtAServerThatCloses(t *testing.T) {
	for name, end := range map[string]func(*script.Conn){"resets": (*script.Conn).Reset, "closes": func(c *script.Conn) { c.Close() }} {
		t.Run(name, func(t *testing.T) {
			noLeak(t)
			_, w, c := sending(t, false, largeVideo(t, 50, "1000"))
			w.until(StateDisconnecting)
			end(c)
			e := w.until(StateError)
			require.ErrorIs(t, e.Err, rtmperr.ErrNetwork)
			require.ErrorContains(t, e.Err, "the server has not got all of it")
			require.ErrorContains(t, e.Err, "the server closed the connection")
		})
	}
}

// A server refuses the stream when the source is at its end already, but not all of it has arrived.
func TestEndOfASourceThatIsRefused(t *testing.T) {
	noLeak(t)
	_, w, c := sending(t, false, largeVideo(t, 50, "1000"))
	w.until(StateDisconnecting)
	c.Status(script.Info("error", "NetStream.Publish.Failed", "quota"))
	e := w.until(StateError)
	require.ErrorIs(t, e.Err, rtmperr.ErrRefused)
	require.ErrorContains(t, e.Err, "quota")
}

// The user wants the end: then it is no error that something is missing.
func TestDisconnectWhileTheEndOfASourceIsDelivered(t *testing.T) {
	noLeak(t)
	p, w, _ := sending(t, false, largeVideo(t, 50, "1000"), "timeout", "60000")
	w.until(StateDisconnecting)
	began := time.Now()
	p.Disconnect()
	require.Less(t, time.Since(began), endsOnABusyMachine)
	require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states())
	require.NoError(t, p.Failure())
}

// A server reads slowly: as long as its kernel acknowledges something that is no error, also when it takes longer than the
// option timeout.
func TestEndOfASourceAtASlowServer(t *testing.T) {
	for name, secure := range map[string]bool{"in the clear": false, "encrypted": true} {
		t.Run(name, func(t *testing.T) {
			noLeak(t)
			const frames = 100
			_, w, c := sending(t, secure, largeVideo(t, frames, "1000"), "timeout", "400")
			require.NoError(t, c.SetReadBuffer(64<<10))
			w.until(StateDisconnecting)
			for range frames {
				time.Sleep(10 * time.Millisecond)
				_, _, ok := nextVideo(t, c)
				require.True(t, ok)
			}
			go c.Drain()
			w.until(StateDisconnected)
			require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states())
		})
	}
}

// A server that reads next to nothing cannot keep the end from coming.
func TestEndOfASourceAtAServerThatTrickles(t *testing.T) {
	noLeak(t)
	_, w, c := sending(t, false, largeVideo(t, 25, "1000"), "timeout", "250")
	w.until(StateDisconnecting)
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for b := make([]byte, 300); ; {
			select {
			case <-quit:
				return
			case <-time.After(40 * time.Millisecond):
				c.SetReadDeadline(time.Now().Add(patience))
				c.TCPConn.Read(b)
			}
		}
	}()
	began := time.Now()
	e := w.until(StateError)
	require.Less(t, time.Since(began), 12*250*time.Millisecond+endsOnABusyMachine)
	close(quit)
	<-done
	require.ErrorIs(t, e.Err, rtmperr.ErrTimeout)
	require.ErrorContains(t, e.Err, "bytes not acknowledged")
}

// A server has read everything and keeps the connection open: a second later that is the end.
func TestEndOfASourceAtAServerThatStays(t *testing.T) {
	for name, secure := range map[string]bool{"in the clear": false, "encrypted": true} {
		t.Run(name, func(t *testing.T) {
			noLeak(t)
			const frames = 10
			_, w, c := sending(t, secure, largeVideo(t, frames, "100"))
			for range frames {
				_, _, ok := nextVideo(t, c)
				require.True(t, ok)
			}
			began := time.Now()
			c.Await("deleteStream")
			w.until(StateDisconnected)
			require.Less(t, time.Since(began), link.EndPatience+endsOnABusyMachine-closeTimeout)
		})
	}
}

// The connection has ended and media waits for the one that the server wants instead: the end of the source waits for it too.
func TestEndOfASourceDuringAHandover(t *testing.T) {
	for _, arrives := range []bool{true, false} {
		t.Run(map[bool]string{true: "arrives", false: "fails"}[arrives], func(t *testing.T) {
			noLeak(t)
			a, b := script.Listen(t), script.Listen(t)
			log := &coretest.Log{}
			p, w := newLoggingPublisher(t, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), a.URL("live/key"))
			require.NoError(t, p.SetSource(largeVideo(t, 100, "100")))
			p.Start()
			require.NoError(t, p.Connect())
			first := a.Accept()
			first.Accept()
			w.until(StatePublishing)
			_, _, ok := nextVideo(t, first)
			require.True(t, ok)
			first.Send(move(b.URL("live")))
			go first.Drain()
			second := b.Accept()
			second.Refuse(script.Info("error", "NetStream.Publish.BadName", ""))
			second.Drain()
			third := b.Accept() // the old connection has ended, and what comes is parked
			require.Eventually(t, func() bool { return strings.Contains(log.String(), "the source is at its end") }, patience, time.Millisecond)
			if !arrives {
				third.Refuse(script.Info("error", "NetStream.Publish.Denied", ""))
				e := w.until(StateError)
				require.ErrorIs(t, e.Err, rtmperr.ErrRefused)
				return
			}
			third.Accept()
			n := 0
			for ; ; n++ {
				if _, _, ok := nextVideo(t, third); !ok {
					break
				}
			}
			require.NotZero(t, n)
			third.End()
			third.Close()
			w.until(StateDisconnected)
		})
	}
}

// A source of which not a single frame could be sent has not ended well.
func TestEndOfASourceWithoutAFrame(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	s.Serve(func(c *script.Conn) { c.Accept(); c.Drain() })
	p, w := newPublisher(t, s.URL("live/key"), "reconnect", "true")
	path := filepath.Join(t.TempDir(), "video.h264")
	require.NoError(t, os.WriteFile(path, append(annexB(spsMain, ppsMain), bytes.Repeat(picture, 5)...), 0o600))
	require.NoError(t, p.SetSource(path+"?fps=500"))
	p.Start()
	require.NoError(t, p.Connect())
	e := w.until(StateError)
	require.ErrorIs(t, e.Err, rtmperr.ErrInvalid)
	require.ErrorContains(t, e.Err, "none of its 5 frames could be decoded without the key frame before")
	require.Equal(t, []State{1, 2, 3, 4, 5, 7}, w.states())
}

func TestNothingSent(t *testing.T) {
	p, _ := newPublisher(t, "rtmp://h/a/s")
	s := newSession(p, nil, p.options)
	require.ErrorContains(t, s.nothingSent(""), "it had no frame")
	p.counters.Dropped(3, 300)
	require.ErrorContains(t, s.nothingSent(""), "none of its 3 frames")
	require.ErrorContains(t, s.nothingSent("too large"), "nothing of it could be sent: too large")
	p.counters.Sent([]*sendqueue.Message{{Priority: sendqueue.Audio}})
	require.NoError(t, s.nothingSent(""))
}
