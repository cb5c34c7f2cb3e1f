package core

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
)

// record is a handler that keeps the lines of a log.
type record struct {
	slog.Handler // never called: nobody gives the lines attributes beforehand
	mu           sync.Mutex
	lines        []string
}

func (r *record) Enabled(context.Context, slog.Level) bool { return true }

func (r *record) Handle(_ context.Context, line slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var values strings.Builder
	line.Attrs(func(a slog.Attr) bool {
		fmt.Fprintf(&values, " %v=%v", a.Key, a.Value)
		return true
	})
	r.lines = append(r.lines, line.Level.String()+" "+line.Message+values.String())
	return nil
}

// taken returns the lines of the levels that are told since the last call.
func (r *record) taken(levels ...slog.Level) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for _, line := range r.lines {
		for _, level := range levels {
			if strings.HasPrefix(line, level.String()+" ") {
				lines = append(lines, line)
			}
		}
	}
	r.lines = nil
	return lines
}

// At the default level the log says that the connection is lost, why, and when it is tried again; then once a minute that
// it still is, and that the stream is back.
func TestOutageInLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out atomic.Bool
		var current atomic.Pointer[memConn]
		log := &record{}
		p, w := virtualPublisher(t, nil, "reconnect", "true", "reconnect_max_ms", "5000")
		p.log = slog.New(log)
		defer p.Close()
		p.dial = func(context.Context, *net.Resolver, *endpoint.Endpoint, *options.Options) (net.Conn, error) {
			if out.Load() {
				return nil, rtmperr.New(rtmperr.ErrConnect, "the cable is cut")
			}
			near, far := newMemConn()
			current.Store(far)
			go func() {
				defer far.Close()
				serveMedia(far, nil)
			}()
			return near, nil
		}
		connect(t, p)
		w.until(StatePublishing)
		synctest.Wait()
		require.Equal(t, []string{
			"INFO connecting server=server.test:1935", "INFO connected server=server.test:1935", "INFO publishing server=server.test:1935",
		}, log.taken(slog.LevelInfo, slog.LevelWarn))

		time.Sleep(time.Minute)
		out.Store(true)
		current.Load().Close()
		time.Sleep(5*time.Minute + 30*time.Second)
		lines := log.taken(slog.LevelWarn)
		require.Len(t, lines, 6, lines)
		require.Regexp(t, `^WARN the connection is lost why=.*closed the connection.* retry_in=\S+s$`, lines[0])
		for i, line := range lines[1:] {
			require.Regexp(t, fmt.Sprintf(`^WARN still not connected why=.*the cable is cut retry_in=\S+s since=%dm\d+s failures=\d+$`, i+1), line)
		}

		out.Store(false)
		time.Sleep(10 * time.Second)
		lines = log.taken(slog.LevelWarn)
		require.Len(t, lines, 1)
		require.Regexp(t, `^WARN the stream is back server=server.test:1935 after=5m\S+s failures=\d+$`, lines[0])

		disconnect(t, p)
		synctest.Wait()
		require.Equal(t, []string{"INFO ended"}, log.taken(slog.LevelInfo, slog.LevelWarn))
	})
}

// A stream that is not tried again says once why it has ended, one that never was published too.
func TestFailureInLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &record{}
		p, w := virtualPublisher(t, func(c *memConn) { c.Close() })
		p.log = slog.New(log)
		defer p.Close()
		connect(t, p)
		w.until(StateError)
		synctest.Wait()
		lines := log.taken(slog.LevelWarn)
		require.Len(t, lines, 1)
		require.Regexp(t, `^WARN connecting failed why=.*handshake`, lines[0])
	})
}

// A log calls a Publisher what the option says, else its URL without what is secret.
func TestNameInLog(t *testing.T) {
	p := New(quietLog())
	defer p.Close()
	require.Empty(t, p.Name())
	require.NoError(t, p.SetURL("rtmp://user:password@127.0.0.1/live/stream?token=secret"))
	require.Equal(t, "rtmp://127.0.0.1:1935/live/...", strings.Replace(p.Name(), "127.0.0.1/", "127.0.0.1:1935/", 1))
	require.NoError(t, p.SetOption("name", "camera 字"))
	require.Equal(t, "camera 字", p.Name())
	for _, wrong := range []string{"", "a\nb", strings.Repeat("x", 8<<10+1)} {
		require.ErrorIs(t, p.SetOption("name", wrong), rtmperr.ErrInvalid)
	}
	require.Equal(t, "camera 字", p.Name())
}

// The debug level tells of the dialogue and of what is dropped.
func TestDialogueInLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &record{}
		p, w := virtualPublisher(t, func(c *memConn) { serveMedia(c, nil) })
		p.log = slog.New(log)
		defer p.Close()
		connect(t, p)
		w.until(StatePublishing)
		synctest.Wait()
		lines := strings.Join(log.taken(slog.LevelDebug), "\n")
		for _, want := range []string{
			"the handshake is complete", "sending a command command=connect", "the server has answered command=connect",
			"sending a command command=publish", "the server has answered command=publish code=NetStream.Publish.Start",
		} {
			require.Contains(t, lines, want)
		}
	})
}
