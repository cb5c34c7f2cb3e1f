package core

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/message"
	"luatrtmp/core/mux"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/stats"
	"luatrtmp/tests/script"
)

func TestWireDialogue(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/room/key?token=a/b&x=1"), "chunk_size", "4096", "enhanced", "on")
	require.NoError(t, p.Connect())
	c := s.Accept()
	c.Handshake()

	r, err := c.Read()
	require.NoError(t, err)
	require.Equal(t, &message.SetChunkSize{Size: 4096}, r.Message, "before anything else")
	require.EqualValues(t, 2, r.ChunkStreamID)
	require.Zero(t, r.StreamID)

	r = c.Next()
	require.EqualValues(t, 3, r.ChunkStreamID)
	require.Zero(t, r.StreamID)
	fourCCs := func(names ...string) amf.Object {
		var all amf.Object
		for _, n := range names {
			all = append(all, amf.Property{Name: n, Value: 6.0})
		}
		return all
	}
	require.Equal(t, &message.Command{Name: "connect", TransactionID: 1, Object: amf.Object{
		{Name: "app", Value: "live/room"},
		{Name: "type", Value: "nonprivate"},
		{Name: "flashVer", Value: "FMLE/3.0 (compatible; FMSc/1.0)"},
		{Name: "tcUrl", Value: s.URL("live/room")},
		{Name: "fourCcList", Value: amf.StrictArray{
			"avc1", "hvc1", "av01", "vp09", "vp08", "mp4a", ".mp3", "Opus", "fLaC", "ac-3", "ec-3",
		}},
		{Name: "videoFourCcInfoMap", Value: fourCCs("avc1", "hvc1", "av01", "vp09", "vp08")},
		{Name: "audioFourCcInfoMap", Value: fourCCs("mp4a", ".mp3", "Opus", "fLaC", "ac-3", "ec-3")},
		{Name: "capsEx", Value: 3.0},
	}}, r.Message)
	c.Result(r.Message.(*message.Command), script.Info("status", "NetConnection.Connect.Success", ""))
	w.until(StateConnected)

	key := "key?token=a/b&x=1"
	require.Equal(t, &message.Command{Name: "releaseStream", TransactionID: 2, Object: amf.Null{}, Arguments: []amf.Value{key}}, c.Command("releaseStream"))
	require.Equal(t, &message.Command{Name: "FCPublish", TransactionID: 3, Object: amf.Null{}, Arguments: []amf.Value{key}}, c.Command("FCPublish"))
	create := c.Command("createStream") // without an answer to the two before
	require.Equal(t, &message.Command{Name: "createStream", TransactionID: 4, Object: amf.Null{}}, create)
	c.Result(create, 1.0)
	r = c.Next()
	require.EqualValues(t, 1, r.StreamID)
	require.Equal(t, &message.Command{Name: "publish", TransactionID: 5, Object: amf.Null{}, Arguments: []amf.Value{key, "live"}}, r.Message)
	c.Status(script.Started())
	w.until(StatePublishing)
	require.NotContains(t, p.String(), "token")
	require.Contains(t, p.String(), "publishing rtmp://127.0.0.1:")

	require.NoError(t, p.SendVideo(keyFrame, 90_000, 40))
	require.NoError(t, p.SendAAC(adts, nil, 90_010))
	require.NoError(t, p.SendVideo(picture, 90_040, 0))
	go p.Disconnect()
	for i, want := range []struct {
		kind       message.Type
		timestamp  uint32
		chunk      uint32
		head       []byte
		transacted string
	}{
		{kind: message.TypeDataAMF0, chunk: 5},
		{kind: message.TypeVideo, chunk: 6, head: []byte{0x17, 0}},
		{kind: message.TypeVideo, chunk: 6, head: []byte{0x17, 1, 0, 0, 40}},
		{kind: message.TypeDataAMF0, chunk: 5, timestamp: 10},
		{kind: message.TypeAudio, chunk: 4, timestamp: 10, head: []byte{0xAF, 0}},
		{kind: message.TypeAudio, chunk: 4, timestamp: 10, head: []byte{0xAF, 1}},
		{kind: message.TypeVideo, chunk: 6, timestamp: 40, head: []byte{0x27, 1}},
	} {
		r := c.Next()
		require.Equal(t, want.kind, r.Message.Type(), "message %d", i)
		require.Equal(t, want.timestamp, r.Timestamp, "message %d", i)
		require.EqualValues(t, 1, r.StreamID)
		require.Equal(t, want.chunk, r.ChunkStreamID)
		body, err := r.Message.AppendBody(nil)
		require.NoError(t, err)
		if want.head != nil {
			require.Equal(t, want.head, body[:len(want.head)])
		}
	}
	require.Equal(t, []amf.Value{key}, c.Command("FCUnpublish").Arguments)
	require.Equal(t, []amf.Value{1.0}, c.Command("deleteStream").Arguments)
	require.Empty(t, c.End(), "then it closes its direction")
	c.Close()
	w.until(StateDisconnected)
	s2 := p.Stats()
	require.Equal(t, []uint32{2, 1}, []uint32{s2.VideoFramesSent, s2.AudioFramesSent})
	require.Greater(t, s2.BytesSent, uint64(500))
}

func TestWireOverrides(t *testing.T) {
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("a/b"), "app", "x?vhost=v", "stream", "y", "flash_ver", "LNX", "tc_url", "rtmp://other/z")
	require.NoError(t, p.Connect())
	c := s.Accept()
	object := c.AcceptConnect().Object.(amf.Object)
	for name, want := range map[string]string{"app": "x?vhost=v", "flashVer": "LNX", "tcUrl": "rtmp://other/z"} {
		got, _ := object.GetString(name)
		require.Equal(t, want, got)
	}
	c.AcceptStream()
	require.Equal(t, []amf.Value{"y", "live"}, c.AcceptPublish().Arguments)
	w.until(StatePublishing)
}

// Timestamps over 0xFFFFFF and over 2^32 on the wire, where other streams than audio fall far behind in between.
func TestWireLongTimestamps(t *testing.T) {
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/stream"), "queue_ms", "3600000")
	var days atomic.Int64 // by which the muxer's clock is ahead
	p.muxer = mux.New(mux.Config{
		Clock: func() time.Time { return time.Now().Add(time.Duration(days.Load())) }, Dropped: p.counters.Dropped, Warn: p.log.Warn,
	})
	require.NoError(t, p.Connect())
	c := s.Accept()
	c.Accept()
	w.until(StatePublishing)
	const step = 9000
	at := uint32(0xFF000000)
	var sum uint64
	send := func(steps int) {
		for range steps {
			require.NoError(t, p.SendAAC(adts, nil, at))
			at += step
			for {
				r := c.Next()
				if m, ok := r.Message.(*message.Audio); ok && m.Body[1] == 1 {
					require.Equal(t, uint32(sum), r.Timestamp)
					break
				}
			}
			sum += step
		}
	}
	send(0xFFFFFF/step + 2)
	require.NoError(t, p.SetMetadata("title", "far on"))
	require.NoError(t, p.SendMetadata()) // its delta is over 0xFFFFFF
	r := c.Next()
	require.IsType(t, &message.Data{}, r.Message)
	require.Equal(t, uint32(sum-step), r.Timestamp)

	// Some 49 days later.
	half := (0xFFFF0000 - uint32(sum)) / 2
	for range 2 {
		days.Add(int64(time.Duration(half) * time.Millisecond))
		at += half
		sum += uint64(half)
		send(1)
	}
	send(20)
	require.Greater(t, sum, uint64(1)<<32)
	require.NoError(t, p.SendVideo(keyFrame, at, 0))
	c.Next()
	c.Next()
	require.Equal(t, uint32(sum), c.Next().Timestamp, "the other track keeps its distance")
}

func TestWireReconnect(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/stream"))
	var before stats.Stats
	for round := range uint32(3) {
		require.NoError(t, p.Connect())
		c := s.Accept()
		c.Accept()
		w.until(StatePublishing)
		require.NoError(t, p.SendVideo(picture, 5000*round, 0))
		require.NoError(t, p.SendVideo(annexB(spsMain, ppsMain, idr), 5000*round+40, 0))
		require.IsType(t, &message.Data{}, c.Next().Message)
		for range 2 {
			r := c.Next()
			require.IsType(t, &message.Video{}, r.Message)
			require.Zero(t, r.Timestamp)
		}
		c.Reset()
		w.until(StateError)
		stats := p.Stats()
		require.Greater(t, stats.BytesSent, before.BytesSent, "counters go on")
		require.Equal(t, round+1, stats.VideoFramesSent)
		require.Equal(t, round+1, stats.DroppedFrames)
		before = stats
		require.ErrorIs(t, p.SendVideo(keyFrame, 0, 0), rtmperr.ErrState)
	}
}

func TestWireSlowChunks(t *testing.T) {
	for _, size := range []string{"128", "2147483647"} {
		p, _, c := publishing(t, "chunk_size", size)
		frame := annexB(spsMain, ppsMain, append([]byte{0x65}, make([]byte, 100_000)...), []byte{0x65, 7})
		require.NoError(t, p.SendVideo(frame, 0, 0))
		c.Next()
		c.Next()
		body, err := c.Next().Message.AppendBody(nil)
		require.NoError(t, err)
		require.Less(t, 4, len(body))
	}
}

func TestInfoOfAConnection(t *testing.T) {
	p, _, c := publishing(t)
	require.NoError(t, p.SendVideo(keyFrame, 0, 0))
	for range 3 {
		c.Next()
	}
	info := p.Info()
	require.Equal(t, []any{640, 360, "h264", ""}, []any{info.Width, info.Height, info.VideoCodec, info.AudioCodec})
	require.NotZero(t, p.Stats().ConnectionTime)
	require.Equal(t, "idle", New(quietLog()).String())
	p.ClearMetadata()
}
