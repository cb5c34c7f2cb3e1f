package coretest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
	"luatrtmp/core/sendqueue"
)

// StreamID is the message stream ID that Output expects.
const StreamID = 7

// Output is an output of a muxer on whose connection nothing is written: what it is sent waits.
type Output struct {
	mu      sync.Mutex
	media   *sendqueue.Queue
	dropped func(frames uint32, bytes uint64)
	err     error
}

// NewOutput returns an Output with a queue of those limits. dropped is told of frames that go
// because too much waits.
func NewOutput(maxBytes int, maxMedia time.Duration, dropped func(frames uint32, bytes uint64)) *Output {
	return &Output{media: sendqueue.New(maxBytes, maxMedia), dropped: dropped}
}

// NewLargeOutput returns an Output in which hours of media can wait.
func NewLargeOutput(dropped func(frames uint32, bytes uint64)) *Output {
	return NewOutput(1<<30, 2*time.Hour, dropped)
}

// Send queues a message.
func (o *Output) Send(h chunk.Header, p sendqueue.Priority, track uint8, _ time.Time, body [][]byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return o.err
	}
	if o.media.Accepts(p, track, sendqueue.Size(body)) {
		o.media.Push(h, p, track, body)
	}
	o.dropped(o.media.TakeDropped())
	return nil
}

// Cut lets the next frames of a track pass only from a key frame on.
func (o *Output) Cut(track uint8) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.media.AwaitKeyFrame(track)
}

// Waiting returns what waits.
func (o *Output) Waiting() (media time.Duration, bytes int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.media.Span(), o.media.Bytes()
}

// Fail makes Send fail from now on.
func (o *Output) Fail(why error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = why
	}
}

// Err returns why Send fails, nil if it does not.
func (o *Output) Err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// Adopt queues what waits in another queue.
func (o *Output) Adopt(parked *sendqueue.Queue, streamID uint32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.media.TakeOver(parked, streamID)
}

// Take returns what waits, which waits no more.
func (o *Output) Take() []*sendqueue.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.media.Pop(nil, 1<<30)
}

// Forget forgets what waits; its memory serves again. It allocates nothing.
func (o *Output) Forget(batch []*sendqueue.Message) []*sendqueue.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	batch = o.media.Pop(batch[:0], 1<<30)
	for _, m := range batch {
		o.media.Release(m)
	}
	return batch
}

// Messages returns what waits, and lets it wait.
func (o *Output) Messages() (all []*sendqueue.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for m := range o.media.All() {
		all = append(all, m)
	}
	return all
}

// Content describes what waits by priorities and timestamps, e.g. "K40", and lets it wait.
func (o *Output) Content() (all []string) {
	for _, m := range o.Messages() {
		all = append(all, fmt.Sprintf("%c%d", "-HAKPDLl"[m.Priority], m.Header.Timestamp))
	}
	return all
}

// Sent takes what was sent, as short words: M metadata, VH and AH sequence headers, K and P frames
// of video, A audio.
func (o *Output) Sent(t *testing.T) (words []string, all []*sendqueue.Message) {
	t.Helper()
	all = o.Take()
	for _, e := range all {
		require.EqualValues(t, StreamID, e.Header.StreamID)
		m, err := message.Unmarshal(message.Type(e.Header.Type), e.Payload)
		require.NoError(t, err)
		switch m := m.(type) {
		case *message.Data:
			require.EqualValues(t, message.DataChunkStream, e.Header.ChunkStreamID)
			require.Equal(t, "@setDataFrame", m.Values[0])
			require.Equal(t, "onMetaData", m.Values[1])
			require.Equal(t, sendqueue.Header, e.Priority)
			words = append(words, "M")
		case *message.Video:
			require.EqualValues(t, message.VideoChunkStream, e.Header.ChunkStreamID)
			v, err := flv.ParseVideoTag(m.Body)
			require.NoError(t, err)
			word := map[sendqueue.Priority]string{sendqueue.Header: "VH", sendqueue.KeyFrame: "K", sendqueue.InterFrame: "P"}[e.Priority]
			require.Equal(t, v.PacketType == flv.PacketSequenceHeader, e.Priority == sendqueue.Header)
			require.Equal(t, v.Key, e.Priority != sendqueue.InterFrame)
			words = append(words, word)
		case *message.Audio:
			require.EqualValues(t, message.AudioChunkStream, e.Header.ChunkStreamID)
			a, err := flv.ParseAudioTag(m.Body)
			require.NoError(t, err)
			require.Equal(t, a.PacketType == flv.PacketSequenceHeader, e.Priority == sendqueue.Header)
			words = append(words, map[sendqueue.Priority]string{sendqueue.Header: "AH", sendqueue.Audio: "A"}[e.Priority])
		}
	}
	return words, all
}

// RequireSent takes what was sent, and compares it with words.
func (o *Output) RequireSent(t *testing.T, want ...string) []*sendqueue.Message {
	t.Helper()
	words, all := o.Sent(t)
	require.Equal(t, want, words)
	return all
}

// Lines takes what was sent as "timestamp kind track codec packet", e.g. "40 video 1 h264 frame".
func (o *Output) Lines(t *testing.T) (lines []string, all []*sendqueue.Message) {
	t.Helper()
	all = o.Take()
	packet := func(c sendqueue.Priority, p uint8) string {
		names := map[uint8]string{0: "start", 1: "frame", 2: "end", 4: "metadata"}
		require.Equal(t, p == flv.PacketFrame, c != sendqueue.Header)
		return names[p]
	}
	for _, e := range all {
		at := e.Header.Timestamp
		switch message.Type(e.Header.Type) {
		case message.TypeDataAMF0:
			lines = append(lines, fmt.Sprintf("%d metadata", at))
		case message.TypeVideo:
			for tag, err := range flv.VideoTags(e.Payload) {
				require.NoError(t, err, "% x", e.Payload)
				name := packet(e.Priority, tag.PacketType)
				if e.Priority == sendqueue.KeyFrame {
					name = "key"
				}
				lines = append(lines, fmt.Sprintf("%d video %d %v %s", at, tag.Track, tag.Codec, name))
			}
		case message.TypeAudio:
			for tag, err := range flv.AudioTags(e.Payload) {
				require.NoError(t, err, "% x", e.Payload)
				lines = append(lines, fmt.Sprintf("%d audio %d %v %s", at, tag.Track, tag.Codec, packet(e.Priority, tag.PacketType)))
			}
		}
	}
	return lines, all
}

// RequireLines takes what was sent, and compares its lines.
func (o *Output) RequireLines(t *testing.T, want ...string) []*sendqueue.Message {
	t.Helper()
	lines, all := o.Lines(t)
	require.Equal(t, want, lines)
	return all
}
