package core

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/chunk"
	"luatrtmp/core/handshake"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

func TestHostileServers(t *testing.T) {
	flood := func(c *script.Conn, m message.Message, times int) {
		all := bytes.Repeat(c.Encode(chunk.Header{ChunkStreamID: 20}, m), 1)
		all = append(all, bytes.Repeat(c.Encode(chunk.Header{ChunkStreamID: 20}, m), times)...)
		c.Write(all)
	}
	for _, c := range []struct {
		name   string
		server func(*script.Conn)
		want   sequence
		text   string
	}{
		{"garbage after the handshake", func(c *script.Conn) { c.Handshake(); c.Write(bytes.Repeat([]byte{0xFF}, 5000)) },
			sequence{1, 2, 7}, "not RTMP"},
		{"zeros after the handshake", func(c *script.Conn) { c.Handshake(); c.Write(make([]byte, 5000)); c.CloseWrite() },
			sequence{1, 2, 7}, ""},
		{"chunk size 0", func(c *script.Conn) {
			c.Handshake()
			c.SendOn(chunk.Header{ChunkStreamID: 2}, &message.Unknown{TypeID: message.TypeSetChunkSize, Body: make([]byte, 4)})
		}, sequence{1, 2, 7}, "chunk size"},
		{"chunk size with the top bit", func(c *script.Conn) {
			c.AcceptConnect()
			c.SendOn(chunk.Header{ChunkStreamID: 2}, &message.Unknown{TypeID: message.TypeSetChunkSize, Body: []byte{0x80, 0, 0, 1}})
		}, sequence{1, 2, 3, 7}, "chunk size"},
		{"broken AMF, then nothing", func(c *script.Conn) {
			c.Handshake()
			flood(c, &message.Unknown{TypeID: message.TypeCommandAMF0, Body: []byte{2, 0, 7, '_', 'r'}}, 1000)
		}, sequence{1, 2, 7}, "no answer to connect"},
		{"deep AMF, then nothing", func(c *script.Conn) {
			c.Handshake()
			flood(c, &message.Unknown{TypeID: message.TypeCommandAMF0, Body: append([]byte{2, 0, 1, 'x'}, bytes.Repeat([]byte{3, 0, 1, 'a'}, 10_000)...)}, 10)
		}, sequence{1, 2, 7}, "no answer to connect"},
		{"answers to other transactions", func(c *script.Conn) {
			c.Handshake()
			flood(c, &message.Command{Name: "_result", TransactionID: 77}, 10_000)
		}, sequence{1, 2, 7}, "no answer to connect"},
		{"endless pings, reading nothing", func(c *script.Conn) {
			c.Handshake()
			flood(c, message.NewUserControl(message.PingRequest, 1), 20_000)
		}, sequence{1, 2, 7}, ""},
		{"a giant message that never ends", func(c *script.Conn) {
			c.Handshake()
			head := []byte{4, 0, 0, 0, 0xFF, 0xFF, 0xFF, 20, 0, 0, 0, 0}
			c.Write(append(head, make([]byte, 100)...))
			c.CloseWrite()
		}, sequence{1, 2, 7}, "closed"},
		{"giant messages on many chunk streams", func(c *script.Conn) {
			c.Handshake()
			c.Send(&message.SetChunkSize{Size: 0x7FFFFFFF})
			for id := byte(4); id < 60; id++ {
				c.Write([]byte{id, 0, 0, 0, 0xFF, 0xFF, 0xFF, 20, 0, 0, 0, 0})
				c.Write(make([]byte, 1000))
			}
		}, sequence{1, 2, 7}, "no answer"},
		{"too many chunk streams", func(c *script.Conn) {
			c.Handshake()
			var all []byte
			for id := range uint16(200) {
				all = append(all, 1)
				all = binary.LittleEndian.AppendUint16(all, id+1000)
				all = append(all, make([]byte, 11)...)
			}
			c.Write(all)
		}, sequence{1, 2, 7}, "not RTMP"},
		{"commands without end while publishing", func(c *script.Conn) {
			c.Accept()
			flood(c, &message.Command{Name: "onBWDone", Arguments: []amf.Value{1.0}}, 10_000)
			c.CloseWrite()
		}, sequence{1, 2, 3, 4, 7}, "closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := failing(t, c.server, "timeout", "300")
			require.Equal(t, c.want, got)
			require.ErrorContains(t, err, c.text)
		})
	}
}

// descriptors counts the open files of the process.
func descriptors(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Logf("not counted on this system: %v", err)
		return 0
	}
	return len(entries)
}

// A server that reads nothing cannot hold anybody up: neither who sends nor who ends.
func TestServerThatNeverReads(t *testing.T) {
	for _, how := range []string{"disconnect", "close"} {
		t.Run(how, func(t *testing.T) {
			noLeak(t)
			p, w, c := publishing(t)
			c.SetReadBuffer(4096)
			frame := annexB(spsMain, ppsMain, append([]byte{0x65}, make([]byte, 900_000)...), []byte{0x65, 1})
			frame = bytes.ReplaceAll(frame, make([]byte, 900_000), bytes.Repeat([]byte{0x55}, 900_000))
			for i := range uint32(40) {
				require.NoError(t, p.SendVideo(frame, i*40, 0))
			}
			require.NotZero(t, p.Info().QueueBytes)
			require.LessOrEqual(t, p.Info().QueueBytes, 4<<20)
			began := time.Now()
			if how == "close" {
				p.Close()
			} else {
				p.Disconnect()
				require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states())
			}
			require.Less(t, time.Since(began), patience, "600 ms are usual")
			s := p.Stats()
			require.NotZero(t, s.DroppedFrames)
			require.EqualValues(t, 40, s.VideoFramesSent+s.DroppedFrames, "what was left in the queue is counted too")
		})
	}
}

func TestServerThatStopsReading(t *testing.T) {
	noLeak(t)
	p, w, c := publishing(t, "timeout", "300")
	c.SetReadBuffer(4096)
	frame := annexB(spsMain, ppsMain, append([]byte{0x65}, bytes.Repeat([]byte{0x55}, 900_000)...))
	for i := uint32(0); p.State() == StatePublishing; i++ {
		p.SendVideo(frame, i*40, 0)
	}
	e := w.until(StateError)
	require.ErrorIs(t, e.Err, rtmperr.ErrTimeout)
	require.ErrorContains(t, e.Err, "took no data for 300ms")
}

func TestAudioThatOverflows(t *testing.T) {
	noLeak(t)
	p, w, c := publishing(t, "queue_bytes", "65536")
	c.SetReadBuffer(4096)
	frame := bytes.Repeat([]byte{0x21}, 50_000)
	var err error
	for i := uint32(0); err == nil; i++ {
		err = p.SendAAC(frame, ascStereo, i*20)
	}
	require.ErrorIs(t, err, rtmperr.ErrOverflow)
	require.ErrorIs(t, w.until(StateError).Err, rtmperr.ErrOverflow)
}

func TestHandshakeInSingleBytes(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/stream"))
	require.NoError(t, p.Connect())
	c := s.Accept()
	c.SetNoDelay(true)
	c1 := make([]byte, 1+handshake.Size)
	_, err := io.ReadFull(c.TCPConn, c1)
	require.NoError(t, err)
	answer := append(append([]byte{3}, make([]byte, handshake.Size)...), c1[1:]...)
	for i := range answer {
		_, err := c.Write(answer[i : i+1])
		require.NoError(t, err)
	}
	_, err = io.ReadFull(c.TCPConn, make([]byte, handshake.Size))
	require.NoError(t, err)
	acceptRest(c)
	w.until(StatePublishing)
}
