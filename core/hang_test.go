package core

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/flv"
	"luatrtmp/core/hang"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/source"
)

// hangs says in which call a file system hangs.
type hangs string

const (
	hangsInOpen  hangs = "open"
	hangsInRead  hangs = "read"
	hangsInClose hangs = "close"
)

// hangingSource is a source on a file system that stops answering.
type hangingSource struct {
	*fakeSource
	where hangs
	disk  *disk
}

// disk is that file system. It answers again when answers is closed.
type disk struct {
	answers chan struct{}
	mu      sync.Mutex
	opened  []*hangingSource
	conn    net.Conn // to the server
}

func (d *disk) breakConnection() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conn.Close()
}

// unitsBeforeHang is how many units can be read before reading hangs.
const unitsBeforeHang = 10

func (s *hangingSource) Next() (*flv.AccessUnit, error) {
	if s.where == hangsInRead && s.at == unitsBeforeHang {
		<-s.disk.answers
	}
	return s.fakeSource.Next()
}

func (s *hangingSource) Close() error {
	if s.where == hangsInClose {
		<-s.disk.answers
	}
	return s.fakeSource.Close()
}

// hangingPublisher publishes from a source that hangs, and has been hanging for a while.
func hangingPublisher(t *testing.T, where hangs, log *slog.Logger, with ...string) (*Publisher, *disk) {
	t.Helper()
	p, w := virtualPublisherOfClip(t, log, func(c *memConn) { serveMedia(c, nil) }, with...)
	d := &disk{answers: make(chan struct{})}
	dial := p.dial
	p.dial = func(shutdown context.Context, resolver *net.Resolver, to *endpoint.Endpoint, o *options.Options) (net.Conn, error) {
		conn, err := dial(shutdown, resolver, to, o)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.conn = conn
		return conn, err
	}
	p.open = func(source.Spec) (source.Source, error) {
		s := &hangingSource{fakeVideo(250, 25), where, d}
		d.mu.Lock()
		d.opened = append(d.opened, s)
		d.mu.Unlock()
		if where == hangsInOpen {
			<-d.answers
		}
		return s, nil
	}
	p.Start()
	require.NoError(t, p.Connect())
	w.until(StatePublishing)
	time.Sleep(2 * time.Second)
	return p, d
}

// Whoever ends something is not held by the file system of a source, and nothing is left when that answers again.
func TestHangingFileSystem(t *testing.T) {
	for _, where := range []hangs{hangsInOpen, hangsInRead, hangsInClose} {
		for _, c := range []struct {
			name string
			end  func(*Publisher)
		}{
			{"stop", (*Publisher).Stop},
			{"disconnect", (*Publisher).Disconnect},
			{"close", (*Publisher).Close},
			{"another source", func(p *Publisher) { _ = p.SetSource("none") }},
			{"a frame is pushed", func(p *Publisher) { _ = p.SendVideo(keyFrame, 0, 0) }},
			{"a camera takes over", func(p *Publisher) {
				p.SetCamera(CameraExpected)
				_ = p.SendVideo(keyFrame, 0, 0)
			}},
		} {
			t.Run(fmt.Sprint(where, "/", c.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p, d := hangingPublisher(t, where, quietLog())
					began := time.Now()
					c.end(p)
					require.LessOrEqual(t, time.Since(began), endsWithin)
					began = time.Now()
					p.Close()
					require.LessOrEqual(t, time.Since(began), endsWithin)
					require.Equal(t, 1, hang.Hanging())
					close(d.answers)
					synctest.Wait()
					require.Zero(t, hang.Hanging())
					for _, s := range d.opened {
						require.True(t, s.closed)
					}
				})
			})
		}
	}
}

// A hanging file is opened anew when the source goes on, and its first reader has no part in that any more.
func TestSourceGoesOnAfterAHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, d := hangingPublisher(t, hangsInRead, quietLog())
		p.Stop()
		p.Start()
		time.Sleep(time.Second)
		synctest.Wait()
		require.Len(t, d.opened, 2)
		require.EqualValues(t, unitsBeforeHang*2, p.Stats().VideoFramesSent)
		close(d.answers)
		synctest.Wait()
		require.Zero(t, hang.Hanging())
		time.Sleep(time.Second)
		require.Greater(t, p.Stats().VideoFramesSent, uint32(unitsBeforeHang*3))
		require.True(t, d.opened[0].closed)
		require.Equal(t, unitsBeforeHang+1, d.opened[0].at)
		p.Close()
	})
}

// A file that is only slow keeps its place when the connection breaks meanwhile, and nobody waits for the end.
func TestSlowFileKeepsItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, d := hangingPublisher(t, hangsInRead, quietLog(), "reconnect", "true", "reconnect_min_ms", "10")
		d.breakConnection()
		time.Sleep(3 * time.Second)
		require.Zero(t, hang.Hanging())
		close(d.answers)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Len(t, d.opened, 1)
		require.Equal(t, StatePublishing, p.State())
		require.Greater(t, p.Stats().VideoFramesSent, uint32(unitsBeforeHang*3))
		require.EqualValues(t, 1, p.Info().Reconnects)
		p.Close()
	})
}

// Nor does it hold a user who ends the stream then.
func TestDisconnectWhileASlowFileIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, d := hangingPublisher(t, hangsInRead, quietLog(), "reconnect", "true")
		d.breakConnection()
		time.Sleep(time.Second)
		began := time.Now()
		p.Disconnect()
		require.LessOrEqual(t, time.Since(began), endsWithin)
		require.Equal(t, StateDisconnected, p.State())
		p.Close()
		close(d.answers)
	})
}

// While files are opened or read, for the source or for an option, nothing that only asks or sets waits for that.
func TestNothingWaitsForAFile(t *testing.T) {
	for _, where := range []hangs{hangsInOpen, hangsInRead} {
		t.Run(string(where), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, d := hangingPublisher(t, where, quietLog())
				p.loadCA = func(string, string) (*x509.CertPool, error) {
					<-d.answers
					return x509.NewCertPool(), nil
				}
				var setting sync.WaitGroup
				setting.Go(func() { _ = p.SetOption("tls_ca", "authorities.pem") })
				setting.Go(func() { _ = p.SetSource("movie.mp4") })
				synctest.Wait()
				began := time.Now()
				for _, ask := range []func(){
					func() { _ = p.State() }, func() { p.Stats() }, func() { p.Info() }, func() { _ = p.String() }, func() { _ = p.Failure() },
					func() { p.Busy() }, func() { p.KeepURL() }, func() { _ = p.SetURL("rtmp://h/a/b") }, func() { _ = p.Connect() },
					func() { p.Notify(nil) }, func() { p.NotifyBitrate(nil) }, func() { p.NotifyURL(nil) },
					func() { _ = p.SetOption("timeout", "1000") }, func() { p.SetCamera(CameraExpected) }, func() { p.SetCamera(NoCamera) },
					func() { _ = p.SetMetadata("a", 1.0) }, func() { _ = p.SendMetadata() }, func() { p.ClearMetadata() },
					func() { _ = p.SetStatsWindow(time.Second) }, func() { _ = p.SetStatsInterval(time.Second) }, func() { p.Start() },
				} {
					ask()
				}
				require.Zero(t, time.Since(began))
				p.Disconnect()
				p.Close()
				require.LessOrEqual(t, time.Since(began), 2*endsWithin)
				close(d.answers)
				setting.Wait()
				synctest.Wait()
				require.Zero(t, hang.Hanging())
			})
		})
	}
}

// A call that opens a file for its caller does not wait for ever.
func TestSetSourceOnAHangingFileSystem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := virtualPublisher(t, func(c *memConn) { serveMedia(c, nil) })
		answers, src := make(chan struct{}), fakeVideo(1, 1)
		p.open = func(source.Spec) (source.Source, error) {
			<-answers
			return src, nil
		}
		began := time.Now()
		err := p.SetSource("movie.mp4")
		require.ErrorIs(t, err, rtmperr.ErrTimeout)
		require.ErrorContains(t, err, "the file system did not answer within 30s")
		require.Equal(t, hang.OpenPatience, time.Since(began))
		require.Equal(t, 1, hang.Hanging())
		close(answers)
		synctest.Wait()
		require.True(t, src.closed)
		require.Zero(t, hang.Hanging())
		p.Close()
	})
}

// The log says once that something is left behind.
func TestHangIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text strings.Builder
		p, d := hangingPublisher(t, hangsInRead, slog.New(slog.NewTextHandler(&text, nil)))
		p.Stop()
		p.Stop()
		p.Disconnect()
		p.Close()
		require.Equal(t, 1, strings.Count(text.String(), "does not answer"), text.String())
		require.Contains(t, text.String(), "hanging=1")
		close(d.answers)
	})
}

// farSource is on a slow card: after going back it reads a long way up to the key frame.
type farSource struct {
	*fakeSource
	behind int // units up to the key frame
}

func (s *farSource) Back() error {
	s.behind = 1000
	return s.fakeSource.Back()
}

func (s *farSource) Next() (*flv.AccessUnit, error) {
	if s.behind > 0 {
		s.behind--
		time.Sleep(20 * time.Millisecond)
		return nil, source.ErrAgain
	}
	return s.fakeSource.Next()
}

// A long way up to a key frame is no file system that hangs: the feeder ends on it at once, and the log says nothing.
func TestStopOnTheWayToAKeyFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &farSource{fakeSource: fakeVideo(250, 25)}
		log := &record{}
		f := newFed(t, slog.New(log), nil)
		f.setSource(src)
		f.Start()
		f.after(time.Second)
		f.Stop()
		f.reconnect()
		f.Start()
		words, _ := f.after(time.Second)
		require.Empty(t, words)
		require.Positive(t, src.behind)
		began := time.Now()
		f.Stop()
		require.Less(t, time.Since(began), hang.StopPatience)
		require.Zero(t, log.count("does not answer"))

		f.Start()
		words, _ = f.after(20 * time.Second)
		require.Equal(t, []string{"M", "VH", "K"}, words[:3], "it goes on from there")
		f.Stop()
	})
}
