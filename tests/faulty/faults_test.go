package faulty_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
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

// Where a publisher fails.
var (
	inHandshake  = []core.State{1, 2, 7}
	afterConnect = []core.State{1, 2, 3, 7}
	afterPublish = []core.State{1, 2, 3, 4, 7}
	gotThrough   = []core.State{1, 2, 3, 4}
)

// fault is a server that does something wrong, and what becomes of a publisher there.
type fault struct {
	name   string
	server func(*script.Conn)
	states []core.State
	text   string // in the error; "" without one
}

// raw is a command message with any body.
func raw(body []byte) *message.Unknown {
	return &message.Unknown{TypeID: message.TypeCommandAMF0, Body: body}
}

// result1 begins the answer to connect: its name and transaction ID in AMF0.
var result1 = []byte{2, 0, 7, '_', 'r', 'e', 's', 'u', 'l', 't', 0, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0}

// badValues are AMF0 values that are broken, each in another way. AMF 0, 2.1.
var badValues = [][]byte{
	{0}, {0, 1, 2, 3}, {1}, // number and boolean cut off
	{2}, {2, 0}, {2, 0xFF, 0xFF, 'a'}, // string
	{3}, {3, 0}, {3, 0, 1, 'a'}, {3, 0, 1, 'a', 5}, {3, 0, 0, 8}, {3, 0, 5, 'a'}, {3, 0, 1, 'a', 9}, // object
	{4, 0, 1, 'a'}, {14}, {7}, {7, 0}, // movie clip, record set, reference
	{8}, {8, 0xFF, 0xFF, 0xFF, 0xFF}, {8, 0, 0, 0, 1, 0, 1}, {9}, // ECMA array, object end
	{10}, {10, 0xFF, 0xFF, 0xFF, 0xFF}, {10, 0, 0, 0, 2, 5}, {10, 0x7F, 0xFF, 0xFF, 0xFF, 5}, // strict array
	{11, 0}, {12, 0xFF, 0xFF, 0xFF, 0xFF, 'a'}, {12, 0}, {15, 0, 0}, {16, 0, 3, 'a'}, {17}, {17, 9, 0xFF}, // date, long string, XML, typed object, AMF3
	{18}, {99}, {255}, // no such marker
	bytes.Repeat([]byte{10, 0, 0, 0, 1}, 5000), bytes.Repeat([]byte{3, 0, 1, 'a'}, 5000), bytes.Repeat([]byte{8, 0, 0, 0, 1, 0, 1, 'a'}, 5000),
}

// until sends the same until the publisher ends the connection.
func until(c *script.Conn, all []byte) {
	for {
		if _, err := c.Write(all); err != nil {
			return
		}
	}
}

// slowly sends a byte now and then, each long before the timeout.
func slowly(c *script.Conn, all []byte) {
	for i := range all {
		if _, err := c.Write(all[i : i+1]); err != nil {
			return
		}
		time.Sleep(timeout / 6)
	}
}

// begin returns the first chunk of a message, which claims a length. RTMP 1.0, 5.3.1.2.1.
func begin(chunkStream byte, length uint32, t message.Type, body ...byte) []byte {
	return append([]byte{chunkStream, 0, 0, 0, byte(length >> 16), byte(length >> 8), byte(length), byte(t), 0, 0, 0, 0}, body...)
}

// noise writes random bytes, always the same of a seed, and ends.
func noise(c *script.Conn, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 5))
	all := make([]byte, random.IntN(20_000))
	for i := range all {
		all[i] = byte(random.Uint32())
	}
	c.Write(all) //nolint:errcheck // the publisher may end it
	c.CloseWrite()
	c.Drain()
}

var handshakeBytes = append([]byte{handshake.Version}, make([]byte, 2*handshake.Size)...)

var faults = []fault{
	{"silent", func(c *script.Conn) { io.Copy(io.Discard, c.TCPConn) }, inHandshake, "did not complete the handshake within 300ms"},
	{"silent after the handshake", func(c *script.Conn) { c.Handshake(); c.Drain() }, inHandshake, "no answer to connect within 300ms"},
	{"silent after connect", func(c *script.Conn) { c.AcceptConnect(); c.Drain() }, afterConnect, "no answer to createStream within 300ms"},
	{"silent after createStream", func(c *script.Conn) { c.AcceptConnect(); c.AcceptStream(); c.Drain() }, afterConnect, "no answer to publish within 300ms"},
	{"a handshake byte by byte", func(c *script.Conn) { slowly(c, handshakeBytes) }, inHandshake, "did not complete the handshake within 300ms"},
	{"an answer byte by byte", func(c *script.Conn) {
		c.Handshake()
		m := &message.Command{Name: "_result", TransactionID: 1, Arguments: []amf.Value{strings.Repeat("x", 100)}}
		slowly(c, c.Encode(chunk.Header{ChunkStreamID: 3}, m))
	}, inHandshake, "no answer to connect within 300ms"},
	{"a web server", func(c *script.Conn) {
		c.Write([]byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")) //nolint:errcheck // as the case goes
		c.CloseWrite()
		c.Drain()
	}, inHandshake, "version"},

	{"a message shorter than it says", func(c *script.Conn) {
		c.Handshake()
		c.Write(begin(3, 100, message.TypeCommandAMF0, result1...)) //nolint:errcheck // as the case goes
		c.Drain()
	}, inHandshake, "no answer to connect"},
	{"a message longer than it says", func(c *script.Conn) {
		c.Handshake()
		c.Write(append(begin(3, uint32(len(result1)), message.TypeCommandAMF0, result1...), bytes.Repeat([]byte{0xC7}, 500)...)) //nolint:errcheck // as the case goes
		c.Drain()
	}, afterConnect, "not RTMP"},
	{"a message without end", func(c *script.Conn) {
		c.Handshake()
		c.Send(&message.SetChunkSize{Size: 0x7FFFFFFF})
		slowly(c, append(begin(4, 0xFFFFFF, message.TypeVideo), make([]byte, 1000)...))
	}, inHandshake, "no answer to connect"},
	{"messages of 16 MB without end", func(c *script.Conn) {
		c.Handshake()
		c.Send(&message.SetChunkSize{Size: 0x7FFFFFFF})
		until(c, append(begin(4, 0xFFFFFF, message.TypeVideo), make([]byte, 0xFFFFFF)...))
	}, inHandshake, "no answer to connect"},
	{"every chunk stream", func(c *script.Conn) {
		c.Handshake()
		for id := range uint16(0xFFFF) { // RTMP 1.0, 5.3.1.1: the form of three bytes
			head := binary.LittleEndian.AppendUint16([]byte{1}, id)
			if _, err := c.Write(append(head, begin(0, 200, message.TypeVideo, make([]byte, 128)...)[1:]...)); err != nil {
				return // the publisher has ended it
			}
		}
		c.Drain()
	}, inHandshake, "not RTMP"},
	{"continuations of nothing", func(c *script.Conn) { c.Handshake(); until(c, []byte{0xC9, 0xCA, 0xCB}) }, inHandshake, "not RTMP"},

	{"pings without end", func(c *script.Conn) {
		c.Handshake()
		until(c, bytes.Repeat(c.Encode(chunk.Header{ChunkStreamID: 2}, message.NewUserControl(message.PingRequest, 7)), 1000))
	}, inHandshake, "no answer to connect"},
	{"user controls of every kind and length", func(c *script.Conn) {
		c.Handshake()
		var all []byte
		for event := range uint16(300) {
			for length := range 12 {
				body := append(binary.BigEndian.AppendUint16(nil, event), make([]byte, 10)...)[:length]
				all = append(all, c.Encode(chunk.Header{ChunkStreamID: 2}, &message.Unknown{TypeID: message.TypeUserControl, Body: body})...)
			}
		}
		until(c, all)
	}, inHandshake, "no answer to connect"},
	{"windows of one byte", func(c *script.Conn) {
		c.Handshake()
		var all []byte
		for i := range uint32(100) {
			all = append(all, c.Encode(chunk.Header{ChunkStreamID: 2}, &message.WindowAckSize{Size: 1})...)
			all = append(all, c.Encode(chunk.Header{ChunkStreamID: 2}, &message.SetPeerBandwidth{Size: i})...)
		}
		until(c, all)
	}, inHandshake, "no answer to connect"},

	{"AMF that is broken in every way", func(c *script.Conn) {
		c.Handshake()
		for _, v := range badValues {
			c.Send(raw(v))
			c.Send(raw(append(slices.Clone(result1), v...)))
		}
		c.Drain()
	}, inHandshake, "no answer to connect"},
	{"createStream answered with no number", func(c *script.Conn) {
		c.AcceptConnect()
		c.Result(c.Await("createStream"), "7")
		c.Drain()
	}, afterConnect, "without a message stream ID"},
	{"createStream answered with half a stream", func(c *script.Conn) {
		c.AcceptConnect()
		c.Result(c.Await("createStream"), 0.5)
		c.Drain()
	}, afterConnect, "without a message stream ID"},
	{"_result for what was never asked", func(c *script.Conn) {
		c.AcceptConnect()
		for id := range 100 {
			c.Send(&message.Command{Name: "_result", TransactionID: float64(id) + 0.5, Arguments: []amf.Value{9.0}})
			c.Send(&message.Command{Name: "_error", TransactionID: float64(-id - 1), Arguments: []amf.Value{script.Info("error", "x", "y")}})
		}
		c.AcceptStream()
		c.AcceptPublish()
		c.Drain()
	}, gotThrough, ""},
	{"status on message streams that nobody has", func(c *script.Conn) {
		c.AcceptConnect()
		c.AcceptStream()
		c.Command("publish")
		c.SendOn(chunk.Header{ChunkStreamID: 3, StreamID: 0xFFFFFFFF}, script.Status(script.Started()))
		c.Drain()
	}, gotThrough, ""},
	{"the smallest chunk size", func(c *script.Conn) {
		c.Handshake()
		c.Send(&message.SetChunkSize{Size: 1})
		c.Result(c.Command("connect"), script.Info("status", "NetConnection.Connect.Success", strings.Repeat("x", 5000)))
		c.AcceptStream()
		c.AcceptPublish()
		c.Drain()
	}, gotThrough, ""},
	{"the largest chunk size", func(c *script.Conn) {
		c.Handshake()
		c.Send(&message.SetChunkSize{Size: 0x7FFFFFFF})
		c.Result(c.Command("connect"), script.Info("status", "NetConnection.Connect.Success", strings.Repeat("x", 5000)))
		c.AcceptStream()
		c.AcceptPublish()
		c.Drain()
	}, gotThrough, ""},
	{"Set Chunk Size in the middle of a message", func(c *script.Conn) {
		c.Handshake()
		c.Command("connect")
		m := &message.Command{Name: "_result", TransactionID: 1, Object: amf.Null{},
			Arguments: []amf.Value{script.Info("status", "NetConnection.Connect.Success", strings.Repeat("x", 200))}}
		body, _ := m.AppendBody(nil)
		all := begin(3, uint32(len(body)), message.TypeCommandAMF0, body[:128]...)
		all = append(all, c.Encode(chunk.Header{ChunkStreamID: 2}, &message.SetChunkSize{Size: 50})...)
		for rest := body[128:]; len(rest) > 0; rest = rest[min(50, len(rest)):] {
			all = append(append(all, 0xC3), rest[:min(50, len(rest))]...)
		}
		c.Write(all) //nolint:errcheck // as the case goes
		c.AcceptStream()
		c.AcceptPublish()
		c.Drain()
	}, gotThrough, ""},
	{"an end right after Publish.Start", func(c *script.Conn) { c.Accept() }, afterPublish, "closed the connection soon"},
}

func TestFaults(t *testing.T) {
	leavesNothing(t)
	goodURL := good(t)
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			leavesNothing(t)
			s := script.Listen(t)
			stop := s.Serve(f.server)
			c := newClient(t, s.URL("live/stream"))
			require.NoError(t, c.Connect())
			end := core.StateError
			if slices.Equal(f.states, gotThrough) {
				end = core.StatePublishing
			}
			states, err := c.until(end)
			require.NotEmpty(t, states, "%v", err)
			require.Equal(t, f.states, states, "%v", err)
			if end == core.StateError {
				require.Error(t, err)
				require.ErrorContains(t, err, f.text)
				require.ErrorIs(t, c.Failure(), err)
			}
			c.Disconnect()
			_, err = c.until(core.StateDisconnected)
			require.True(t, c.State() == core.StateDisconnected, "%v", err)
			stop()
			require.NoError(t, c.works(goodURL))
		})
	}
}

// Random bytes, from the beginning, after the handshake, and while media flows.
func TestNoise(t *testing.T) {
	leavesNothing(t)
	goodURL := good(t)
	for i, before := range []func(*script.Conn){func(*script.Conn) {}, (*script.Conn).Handshake, (*script.Conn).Accept} {
		for seed := range uint64(100) {
			s := script.Listen(t)
			stop := s.Serve(func(c *script.Conn) {
				before(c)
				noise(c, seed)
			})
			c := newClient(t, s.URL("live/stream"))
			require.NoError(t, c.Connect())
			states, err := c.until(core.StateError)
			require.NotEmpty(t, states, "stage %d, seed %d: %v", i, seed, err)
			require.Error(t, err)
			require.NoError(t, c.works(goodURL))
			c.Close()
			stop()
		}
	}
}

// A server that does it wrong two times or more, and a publisher that tries again.
func TestFaultsWhileReconnecting(t *testing.T) {
	leavesNothing(t)
	for _, f := range faults {
		if slices.Equal(f.states, gotThrough) {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			leavesNothing(t)
			var mended atomic.Bool
			s := script.Listen(t)
			s.Serve(func(c *script.Conn) {
				if !mended.Load() {
					f.server(c)
					return
				}
				c.Accept()
				c.Drain()
			})
			c := newClient(t, s.URL("live/stream"), "reconnect", "true", "reconnect_min_ms", "10", "reconnect_max_ms", "20")
			require.NoError(t, c.Connect())
			for range 2 {
				states, err := c.until(core.StateError)
				require.Equal(t, f.states, states)
				require.ErrorContains(t, err, f.text)
			}
			mended.Store(true)
			states, err := c.until(core.StatePublishing)
			require.GreaterOrEqual(t, len(states), len(gotThrough), "%v", err)
			require.Equal(t, gotThrough, states[len(states)-len(gotThrough):], "perhaps after an attempt that was under way")
			require.Equal(t, slices.Equal(f.states, afterPublish), c.Info().Reconnects > 0)
			c.Disconnect()
			require.Equal(t, core.StateDisconnected, c.State())
		})
	}
}
