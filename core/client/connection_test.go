package client

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/link"
	"luatrtmp/core/message"
	"luatrtmp/core/options"
	"luatrtmp/core/stats"
	"luatrtmp/tests/script"
)

// brokenPipe is a connection that takes nothing any more.
type brokenPipe struct{ net.Conn }

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// Writing failed first: the reason is what the server has said before, if it has said anything.
func TestWhyWritingFailed(t *testing.T) {
	for _, c := range []struct {
		name   string
		says   *message.Command
		closes bool
		text   string
	}{
		{"refused", script.Status(script.Info("error", "NetStream.Publish.BadName", "")), true, "BadName"},
		{"closed", script.Status(script.Started()), true, "stream key"},
		{"nothing known", nil, false, "broken pipe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, peer := net.Pipe()
				defer peer.Close()
				o := options.Default()
				s := New(Config{Log: slog.New(slog.DiscardHandler), Counters: &stats.Counters{}, SentCodecs: func(*link.Sender) string { return "a codec that is sent" }}, &endpoint.Endpoint{}, &o, context.Background(), context.Background())
				s.conn, s.accepted, s.stopForce = brokenPipe{ours}, time.Now(), func() bool { return true }
				s.start()
				defer s.stop()
				go func() {
					if c.says != nil {
						body, err := c.says.AppendBody(nil)
						assert.NoError(t, err)
						h := chunk.Header{ChunkStreamID: message.CommandChunkStream, Type: uint8(c.says.Type())}
						pieces, err := chunk.NewWriter().AppendMessage(nil, h, body)
						assert.NoError(t, err)
						_, err = peer.Write(bytes.Join(pieces, nil))
						assert.NoError(t, err)
					}
					if c.closes {
						peer.Close()
					}
				}()
				require.NoError(t, s.Out.SetChunkSize(4096))
				<-s.Out.Done()
				require.ErrorContains(t, s.WhyBroken(), c.text)
			})
		})
	}
}
