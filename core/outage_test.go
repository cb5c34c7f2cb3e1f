package core

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/message"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
)

// The network is away for a second up to a day, in each of the ways in which it can be: attempts go on, none more often than the
// back-off allows, what is held does not grow, and the pictures are back soon after the network.
func TestOutages(t *testing.T) {
	noLeak(t)
	const pictureEvery = 500 * time.Millisecond
	for name, away := range map[string]func(context.Context) (net.Conn, error){
		"refused": func(context.Context) (net.Conn, error) { return nil, rtmperr.New(rtmperr.ErrConnect, "refused") },
		"nothing comes back": func(ctx context.Context) (net.Conn, error) {
			select {
			case <-ctx.Done():
				return nil, rtmperr.ErrEnded
			case <-time.After(5 * time.Second):
				return nil, rtmperr.New(rtmperr.ErrTimeout, "no connection")
			}
		},
		"silent": func(context.Context) (net.Conn, error) {
			near, far := newMemConn()
			go func() {
				for b := make([]byte, 4096); ; {
					if _, err := far.Read(b); err != nil {
						return
					}
				}
			}()
			return near, nil
		},
	} {
		for _, outage := range []time.Duration{time.Second, 10 * time.Second, time.Minute, time.Hour, 24 * time.Hour} {
			t.Run(name+" "+outage.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var out atomic.Bool
					var attempts, arrived atomic.Int64
					var current atomic.Pointer[memConn]
					p, w := virtualPublisher(t, func(*memConn) {}, "reconnect", "true")
					defer p.Close()
					p.dial = func(shutdown context.Context, _ *net.Resolver, _ *endpoint.Endpoint, _ *options.Options) (net.Conn, error) {
						attempts.Add(1)
						if out.Load() {
							return away(shutdown)
						}
						near, far := newMemConn()
						current.Store(far)
						go func() {
							defer far.Close()
							serveMedia(far, func(chunk.Header, message.Message) { arrived.Add(1) })
						}()
						return near, nil
					}
					connect(t, p)
					pushed := 0
					push := func(length time.Duration) {
						for range length / pictureEvery {
							require.NoError(t, p.SendVideo(keyFrame, uint32(pushed)*500, 0), "an outage is nobody's concern who pushes")
							pushed++
							time.Sleep(pictureEvery)
						}
					}
					w.until(StatePublishing)
					push(2 * time.Minute)
					out.Store(true)
					current.Load().Close()
					var first life
					for gone := time.Duration(0); gone < outage; gone += min(outage, time.Minute) {
						push(min(outage, time.Minute))
						if gone%time.Hour == 0 {
							now := lifeNow(t)
							if gone == 0 {
								first = now
							}
							require.LessOrEqual(t, now.heap, first.heap+(1<<20))
							require.LessOrEqual(t, now.goroutines, first.goroutines+3, "those of an attempt")
						}
					}
					tried := attempts.Load()
					out.Store(false)
					before := arrived.Load()
					push(70 * time.Second) // the longest wait between two attempts, and what is left of the last
					require.Equal(t, StatePublishing, p.State())
					require.Greater(t, arrived.Load(), before)
					require.EqualValues(t, 1, p.Info().Reconnects)
					least := int64(outage / (70 * time.Second))
					require.GreaterOrEqual(t, tried, least)
					require.LessOrEqual(t, tried, 2*least+10)
					stats := p.Stats()
					require.EqualValues(t, pushed, stats.VideoFramesSent+stats.DroppedFrames)
					t.Logf("%d attempts; %d of %d pictures dropped", tried, stats.DroppedFrames, pushed)
					disconnect(t, p)
				})
			})
		}
	}
}
