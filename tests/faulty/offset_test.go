package faulty_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core"
	"luatrtmp/core/chunk"
	"luatrtmp/core/handshake"
	"luatrtmp/core/message"
	"luatrtmp/tests/script"
)

// step is a part of the server's side of the dialogue: what it waits for, what it then says, and how a publisher fails that hears
// nothing or not all of it.
type step struct {
	await  string // a command; "": C0 and C1
	say    []byte
	states []core.State
	text   string
}

// encode returns the bytes of a message.
func encode(t testing.TB, m message.Message) []byte {
	t.Helper()
	body, err := m.AppendBody(nil)
	require.NoError(t, err)
	pieces, err := chunk.NewWriter().AppendMessage(nil, chunk.Header{ChunkStreamID: 3, Type: uint8(m.Type())}, body)
	require.NoError(t, err)
	return slices.Concat(pieces...)
}

func dialogue(t testing.TB) []step {
	t.Helper()
	result := func(transaction float64, arguments ...amf.Value) []byte {
		return encode(t, &message.Command{Name: "_result", TransactionID: transaction, Object: amf.Null{}, Arguments: arguments})
	}
	return []step{
		{"", append([]byte{handshake.Version}, make([]byte, 2*handshake.Size)...), []core.State{1, 2, 7}, "handshake"},
		{"connect", result(1, script.Info("status", "NetConnection.Connect.Success", "")), []core.State{1, 2, 7}, "instead of answering connect"},
		{"createStream", result(4, 1.0), []core.State{1, 2, 3, 7}, "instead of answering createStream"},
		{"publish", encode(t, script.Status(script.Started())), []core.State{1, 2, 3, 7}, "instead of answering publish"},
		{"", nil, []core.State{1, 2, 3, 4, 7}, "closed the connection soon"},
	}
}

// speak says the first bytes of the dialogue, each step in its turn; false when the publisher ended it before that.
func speak(c *net.TCPConn, steps []step, bytes int) bool {
	c.SetDeadline(time.Now().Add(script.Patience))
	in := message.NewReader(c)
	for i, s := range steps {
		if i == 0 {
			if _, err := io.CopyN(io.Discard, c, 1+handshake.Size); err != nil {
				return false
			}
		}
		if s.await != "" && !heard(in, s.await) {
			return false
		}
		if _, err := c.Write(s.say[:min(bytes, len(s.say))]); err != nil {
			return false
		}
		if bytes -= len(s.say); bytes <= 0 {
			return true
		}
		if i == 0 {
			if _, err := io.CopyN(io.Discard, c, handshake.Size); err != nil {
				return false
			}
		}
	}
	return true
}

// heard reads until a command.
func heard(in *message.Reader, command string) bool {
	for {
		_, m, err := in.Read()
		if err != nil {
			return false
		}
		if m, ok := m.(*message.Command); ok && m.Name == command {
			return true
		}
	}
}

// breakingServer is a server that on each connection says so many bytes as it is told, and ends it. An attempt is several
// connections when it fails in the handshake: there are forms of it.
type breakingServer struct {
	listener *net.TCPListener
	bytes    atomic.Int64
	reset    bool
	steps    []step
}

func (s *breakingServer) run() {
	for {
		c, err := s.listener.AcceptTCP()
		if err != nil {
			return
		}
		if speak(c, s.steps, int(s.bytes.Load())) {
			if s.reset {
				c.SetLinger(0)
			} else {
				c.CloseWrite()
				io.Copy(io.Discard, c) //nolint:errcheck // until the publisher has seen the end
			}
		}
		c.Close()
	}
}

// expected returns the step at which a publisher fails that hears so many bytes.
func expected(steps []step, bytes int) int {
	for i, s := range steps {
		if bytes < len(s.say) {
			return i
		}
		bytes -= len(s.say)
	}
	return len(steps) - 1
}

// is reports whether a publisher has failed as that step says.
func (s step) is(states []core.State, err error) bool {
	return slices.Equal(states, s.states) && err != nil && strings.Contains(err.Error(), s.text)
}

// The server closes or resets the connection after every number of bytes that a good dialogue has. The publisher says at which step
// that was, and the next connection works.
func TestEveryOffset(t *testing.T) {
	steps := dialogue(t)
	all := 0
	for _, s := range steps {
		all += len(s.say)
	}
	for _, how := range []string{"close", "reset"} {
		t.Run(how, func(t *testing.T) {
			leavesNothing(t)
			goodURL := good(t)
			offsets := make(chan int)
			var workers sync.WaitGroup
			for range 16 {
				listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
				require.NoError(t, err)
				server := &breakingServer{listener: listener, reset: how == "reset", steps: steps}
				workers.Go(server.run)
				url := "rtmp://" + listener.Addr().String() + "/live/stream"
				client := newClient(t, url, "timeout", "10000")
				workers.Go(func() {
					defer listener.Close()
					for bytes := range offsets {
						server.bytes.Store(int64(bytes))
						if err := client.breaks(url, steps, bytes, server.reset); err != nil {
							t.Errorf("after %d of %d bytes: %v", bytes, all, err)
						}
						if err := client.works(goodURL); err != nil {
							t.Errorf("after %d of %d bytes: %v", bytes, all, err)
						}
					}
				})
			}
			for bytes := range all + 1 {
				offsets <- bytes
			}
			close(offsets)
			workers.Wait()
			t.Logf("%d offsets", all+1)
		})
	}
}

// breaks connects to a server that breaks off.
func (c *client) breaks(url string, steps []step, bytes int, reset bool) error {
	if err := errors.Join(c.SetURL(url), c.Connect()); err != nil {
		return err
	}
	states, err := c.until(core.StateError)
	at := expected(steps, bytes)
	if steps[at].is(states, err) {
		return nil
	}
	// a reset may overtake what was said last
	if reset && at > 0 && expected(steps, bytes-1) == at-1 && steps[at-1].is(states, err) {
		return nil
	}
	return fmt.Errorf("states %v, %w; expected %v, %q", states, err, steps[at].states, steps[at].text)
}
