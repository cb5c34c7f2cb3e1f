package sendqueue

import (
	"iter"
	"time"

	"luatrtmp/core/chunk"
	"luatrtmp/core/flv"
)

// Message is a message that waits, or has waited, with a copy of its payload.
type Message struct {
	Header   chunk.Header
	Priority Priority
	Size     int    // of the whole message, of which Payload may be a part
	Payload  []byte // in memory of the queue, which takes it back with Release
	track    uint8  // of a frame of video
	next     *Message

	// ChunkSize is what a Set Chunk Size message announces; 0 in all other messages.
	ChunkSize uint32
}

// Queue holds the messages that wait for the network. Once it is full it drops frames of video by the
// rules in policy.go.
type Queue struct {
	maxBytes int
	maxMedia time.Duration
	thinFrom time.Duration // media time above which disposable frames are dropped

	control []*Message // what leaves before all media
	media   ring
	bytes   int // of media

	frames     int // of video, among media
	disposable int // among those
	tracks     [256]trackState

	pool bufferPool

	droppedFrames uint32
	droppedBytes  uint64
}

// MaxControl bounds the control messages that wait. They answer the peer; a peer that asks without
// reading our answers gets no more of them.
const MaxControl = 128

// New returns an empty queue with its limits for media.
func New(maxBytes int, maxMedia time.Duration) *Queue {
	return &Queue{maxBytes: maxBytes, maxMedia: maxMedia, thinFrom: thinFrom(maxMedia)}
}

// PushControl queues a copy of a control message. chunkSize is what a Set Chunk Size message
// announces, and else 0. It returns false when too many wait.
func (q *Queue) PushControl(h chunk.Header, chunkSize uint32, pieces [][]byte) bool {
	if len(q.control) >= MaxControl {
		return false
	}
	m := q.CopyOf(h, Control, pieces)
	m.ChunkSize = chunkSize
	q.control = append(q.control, m)
	return true
}

// Push queues a copy of a message of media whose payload is the pieces joined, after making room for
// it. Accepts must have let it pass. It returns false when the message, a frame of video, was dropped.
func (q *Queue) Push(h chunk.Header, p Priority, track uint8, pieces [][]byte) bool {
	size := Size(pieces)
	if !q.makeRoom(h.Timestamp, p, track, size) {
		q.countDrop(size)
		return false
	}
	m := q.CopyOf(h, p, pieces)
	m.track = track
	if q.MustCopy(p, track) {
		flv.BreakLink(m.Payload) // rule 8
	}
	q.add(m)
	return true
}

// CopyOf returns a message with a copy of the pieces, which does not wait.
func (q *Queue) CopyOf(h chunk.Header, p Priority, pieces [][]byte) *Message {
	size := Size(pieces)
	m := q.pool.get(size)
	m.Header, m.Priority, m.Size, m.track, m.ChunkSize = h, p, size, 0, 0
	for _, piece := range pieces {
		m.Payload = append(m.Payload, piece...)
	}
	return m
}

// Size returns the length of the pieces joined.
func Size(pieces [][]byte) int {
	size := 0
	for _, p := range pieces {
		size += len(p)
	}
	return size
}

// Pop moves the oldest messages to dst: all control messages, and media up to limit bytes, but at
// least one message of it.
func (q *Queue) Pop(dst []*Message, limit int) []*Message {
	dst = append(dst, q.control...)
	clear(q.control)
	q.control = q.control[:0]
	for size := 0; q.media.count > 0; {
		size += len(q.media.at(0).Payload)
		if size > limit && size > len(q.media.at(0).Payload) {
			break
		}
		m := q.media.pop()
		q.leaves(m)
		dst = append(dst, m)
	}
	return dst
}

// Release takes a message back that is not needed any more, for reuse. While messages wait, as much
// memory is kept as may wait; Trim ends that.
func (q *Queue) Release(m *Message) { q.pool.put(m, max(q.maxBytes, maxIdleBytes)) }

// Trim leaves memory that an idle queue does not need to others. The queue must be empty.
func (q *Queue) Trim() {
	const maxIdlePlaces = 1024
	q.pool.trim(maxIdleBytes)
	if len(q.media.buffer) > maxIdlePlaces {
		q.media = ring{}
	}
}

// Requeue queues a message again that Pop has returned, so that Frames counts it and Discard drops it.
func (q *Queue) Requeue(m *Message) { q.add(m) }

// TakeOver queues what waits in another queue, under another message stream ID, and goes on where that
// one was. That one is empty then.
func (q *Queue) TakeOver(from *Queue, streamID uint32) {
	for m := range from.All() {
		m.Header.StreamID = streamID
		q.add(m)
	}
	q.tracks = from.tracks
	*from = *New(from.maxBytes, from.maxMedia)
}

// Discard drops all that waits. Frames of video count as dropped.
func (q *Queue) Discard() {
	for q.media.count > 0 {
		m := q.media.pop()
		q.leaves(m)
		if m.Priority.IsVideo() {
			q.countDrop(m.Size)
		}
	}
}

// TakeDropped returns how much was dropped since the last call.
func (q *Queue) TakeDropped() (frames uint32, bytes uint64) {
	frames, bytes = q.droppedFrames, q.droppedBytes
	q.droppedFrames, q.droppedBytes = 0, 0
	return frames, bytes
}

// All returns the media that waits, the oldest message first.
func (q *Queue) All() iter.Seq[*Message] {
	return func(yield func(*Message) bool) {
		for i := 0; i < q.media.count && yield(q.media.at(i)); i++ {
		}
	}
}

// Bytes returns how many bytes of media wait.
func (q *Queue) Bytes() int { return q.bytes }

// Frames returns how many frames wait.
func (q *Queue) Frames() (video, audio int) {
	for m := range q.All() {
		if m.Priority == Audio {
			audio++
		}
	}
	return q.frames, audio
}

// Span returns the media time that waits. Headers do not count: they may have been queued long before
// the media.
func (q *Queue) Span() time.Duration {
	first, last := 0, q.media.count-1
	for first <= last && q.media.at(first).Priority == Header {
		first++
	}
	if first > last {
		return 0
	}
	for q.media.at(last).Priority == Header {
		last--
	}
	return since(q.media.at(first), q.media.at(last).Header.Timestamp)
}

// since returns the media time from a message up to a timestamp. Timestamps wrap.
func since(m *Message, timestamp uint32) time.Duration {
	return time.Duration(max(0, int32(timestamp-m.Header.Timestamp))) * time.Millisecond
}

func (q *Queue) add(m *Message) {
	q.media.push(m)
	q.count(m, 1)
}

// leaves takes note that a message is not in the queue any more.
func (q *Queue) leaves(m *Message) { q.count(m, -1) }

func (q *Queue) count(m *Message, sign int) {
	q.bytes += sign * len(m.Payload)
	if m.Priority.IsVideo() {
		q.frames += sign
	}
	if m.Priority.isDisposable() {
		q.disposable += sign
	}
}
