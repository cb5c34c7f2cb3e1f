package core

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/handshake"
	"luatrtmp/core/message"
	"luatrtmp/core/options"
)

// splitConn returns what it reads in pieces of random size up to a largest.
type splitConn struct {
	*memConn
	random  *rand.Rand
	largest int
}

func (c *splitConn) Read(p []byte) (int, error) {
	return c.memConn.Read(p[:min(len(p), 1+c.random.IntN(c.largest))])
}

// talkative is a server that beside what has to be says all kinds of things. It returns what the publisher said, but for
// acknowledgements, which go by reads.
func talkative(c *memConn) (heard []string) {
	if handshake.Server(c, zeroBytes{}) != nil {
		return nil
	}
	out := &randomServer{conn: c, out: chunk.NewWriter()}
	in := message.NewReader(c)
	answer := map[string]message.Message{"connect": goodAnswers[0], "createStream": goodAnswers[1], "publish": goodAnswers[2]}
	n := uint32(0) // commands
	for {
		h, m, err := in.Read()
		if err != nil {
			return heard
		}
		if m.Type() == message.TypeAcknowledgement {
			continue
		}
		heard = append(heard, fmt.Sprintf("%d %d %+v", h.StreamID, h.Timestamp, m))
		command, ok := m.(*message.Command)
		if !ok || command.Name == "FCUnpublish" || command.Name == "deleteStream" { // the publisher says goodbye, and may not listen
			continue
		}
		n++
		out.send(&message.WindowAckSize{Size: 500})
		out.send(&message.SetChunkSize{Size: n * 7})
		out.send(message.NewUserControl(message.PingRequest, n))
		out.send(&message.Unknown{TypeID: message.TypeAudio, Body: make([]byte, n*1000)})
		if a := answer[command.Name]; a != nil {
			out.send(a)
		}
	}
}

// However what a server says is split into reads, a publisher hears the same, and answers the same.
func TestAnySplit(t *testing.T) {
	var want []string
	for seed, largest := range []int{1 << 20, 1, 2, 3, 10, 100, 100, 1000, 1000, 2000, 2000} {
		synctest.Test(t, func(t *testing.T) {
			heard := make(chan []string, 1)
			p, w := virtualPublisher(t, func(*memConn) {})
			defer p.Close()
			p.dial = func(context.Context, *net.Resolver, *endpoint.Endpoint, *options.Options) (net.Conn, error) {
				near, far := newMemConn()
				go func() { heard <- talkative(far); far.Close() }()
				return &splitConn{near, rand.New(rand.NewPCG(uint64(seed), 1)), largest}, nil
			}
			connect(t, p)
			time.Sleep(time.Second)
			disconnect(t, p)
			require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states())
			got := <-heard
			slices.Sort(got) // answers to pings may overtake commands
			if want == nil {
				want = got
				require.Greater(t, len(want), 10)
			}
			require.Equal(t, want, got, "reads of up to %d bytes", largest)
		})
	}
}
