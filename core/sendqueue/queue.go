package sendqueue

import (
	"iter"
	"slices"
	"time"

	"luatrtmp/core/chunk"
	"luatrtmp/core/flv"
)

// Message is a message that waits, with a copy of its payload.
type Message struct {
	Header   chunk.Header
	Priority Priority
	track    uint8 // of a picture
	Size     int   // of the message
	Payload  []byte
	next     *Message // of those that are spare
}

// Queue holds the media messages that wait for the network. It is a plain data structure: the writer locks it.
//
// It drops nothing while less media waits than thinFrom. Above, each picture that comes costs the oldest disposable one that
// waits, or itself: the stream gets thinner as long as that lasts, and all other pictures stay whole. When the queue is over one
// of its limits, whole groups of pictures of a track go, the oldest first. If that cuts into the group of pictures that is being
// received, its remaining pictures are refused until the track's next key frame: what is sent can always be decoded. So are the
// leading pictures of the key frame behind a cut. Audio and headers stay.
type Queue struct {
	maxBytes int
	maxMedia time.Duration
	thinFrom time.Duration // media time; see thinningOf

	entries  []*Message // oldest first
	room     []*Message // the same memory from its beginning: see add
	bytes    int
	awaitKey trackSet // whose pictures are refused until the next key frame
	cut      trackSet // whose leading pictures are refused until the next key frame
	tailCut  trackSet // those of awaitKey whose pictures were dropped because too much waited

	disposable int // how many disposable pictures wait
	spare      spare

	droppedFrames uint32
	droppedBytes  uint64
}

const (
	thinningMost  = 700 * time.Millisecond // a network that is only uneven catches up before it
	thinningShare = 35                     // percent of the queue, where that is less: all stages need room in a short queue
)

// thinningOf returns from how much waiting media on a queue of that limit drops disposable pictures.
func thinningOf(maxMedia time.Duration) time.Duration {
	return min(thinningMost, maxMedia*thinningShare/100)
}

// New returns an empty queue with its limits.
func New(maxBytes int, maxMedia time.Duration) *Queue {
	return &Queue{maxBytes: maxBytes, maxMedia: maxMedia, thinFrom: thinningOf(maxMedia)}
}

// trackSet is a set of track ids.
type trackSet [4]uint64

func (s *trackSet) has(track uint8) bool { return s[track/64]&(1<<(track%64)) != 0 }
func (s *trackSet) add(track uint8)      { s[track/64] |= 1 << (track % 64) }
func (s *trackSet) remove(track uint8)   { s[track/64] &^= 1 << (track % 64) }

// Push copies the pieces of a message that Accepts lets pass and queues them, after making room. It returns false when the
// message was dropped; only pictures are.
func (q *Queue) Push(h chunk.Header, c Priority, track uint8, pieces [][]byte) bool {
	size := Size(pieces)
	if c.IsVideo() && q.waitOfPictures(h.Timestamp) > q.thinFrom && !q.dropDisposable() && c.isDisposable() {
		q.countDrop(size)
		return false
	}
	if !q.makeRoom(size, h.Timestamp, c, track) || c.isLeading() && q.cut.has(track) {
		q.countDrop(size)
		return false
	}
	e := q.CopyOf(h, c, pieces)
	e.track = track
	if q.MustCopy(c, track) {
		flv.BreakLink(e.Payload)
	}
	q.add(e)
	q.bytes += size
	if c.isDisposable() {
		q.disposable++
	}
	return true
}

// CopyOf returns a message with a copy of the pieces, which does not wait. Release takes it back.
func (q *Queue) CopyOf(h chunk.Header, c Priority, pieces [][]byte) *Message {
	e := q.spare.take(Size(pieces))
	e.Header, e.Priority, e.Size = h, c, Size(pieces)
	for _, p := range pieces {
		e.Payload = append(e.Payload, p...)
	}
	return e
}

// Size returns the length of the pieces joined.
func Size(pieces [][]byte) int {
	size := 0
	for _, p := range pieces {
		size += len(p)
	}
	return size
}

// makeRoom drops pictures until the new message fits: where bytes are short disposable ones while there are any, and then
// groups. It returns false when the new message itself, a picture, is disposable or belongs to a group that had to go.
func (q *Queue) makeRoom(size int, timestamp uint32, c Priority, track uint8) bool {
	for q.bytes+size > q.maxBytes && q.dropDisposable() {
	}
	if c.isDisposable() && len(q.entries) > 0 && q.bytes+size > q.maxBytes {
		return false
	}
	for len(q.entries) > 0 && q.over(size, timestamp, c) {
		first := q.findVideo(0)
		if first < 0 {
			return true // only audio and headers wait
		}
		oldest := q.entries[first].track
		next := q.findKey(first+1, oldest)
		if next >= 0 {
			q.dropVideo(first, next, oldest)
			if !q.dropLeading(oldest) && !(c == KeyFrame && oldest == track) {
				q.cut.add(oldest)
			}
			continue
		}
		q.dropVideo(first, len(q.entries), oldest)
		mine := c.IsVideo() && oldest == track
		if mine && c == KeyFrame {
			q.cut.add(oldest)
			continue
		}
		q.awaitKey.add(oldest) // the rest of that group cannot be decoded any more
		q.tailCut.add(oldest)
		if mine {
			return false
		}
	}
	return true
}

// over reports whether a message is too much. Headers add no time: those that are commands have no media time at all.
func (q *Queue) over(size int, timestamp uint32, c Priority) bool {
	return q.bytes+size > q.maxBytes || c != Header && q.waitOfPictures(timestamp) > q.maxMedia
}

// waitOfPictures is the media time from the oldest waiting picture to timestamp; 0 when none waits. The limits of time mean
// pictures: dropping them does not make audio younger that has waited for longer.
func (q *Queue) waitOfPictures(timestamp uint32) time.Duration {
	if i := q.findVideo(0); i >= 0 {
		return sinceEntry(q.entries[i], timestamp)
	}
	return 0
}

func sinceEntry(e *Message, timestamp uint32) time.Duration {
	return time.Duration(max(0, int32(timestamp-e.Header.Timestamp))) * time.Millisecond
}

// Span is the media time that waits. Headers do not count: they may have been queued long before the media.
func (q *Queue) Span() time.Duration {
	media := func(e *Message) bool { return e.Priority != Header }
	first := slices.IndexFunc(q.entries, media)
	if first < 0 {
		return 0
	}
	last := len(q.entries) - 1
	for !media(q.entries[last]) {
		last--
	}
	return sinceEntry(q.entries[first], q.entries[last].Header.Timestamp)
}

func (q *Queue) findVideo(from int) int {
	for i := from; i < len(q.entries); i++ {
		if q.entries[i].Priority.IsVideo() {
			return i
		}
	}
	return -1
}

// dropDisposable drops the oldest disposable picture; false when none waits.
func (q *Queue) dropDisposable() bool {
	if q.disposable == 0 {
		return false
	}
	for i, e := range q.entries {
		if e.Priority.isDisposable() {
			q.dropVideo(i, i+1, e.track)
			return true
		}
	}
	return false
}

func (q *Queue) findKey(from int, track uint8) int {
	for i := from; i < len(q.entries); i++ {
		if e := q.entries[i]; e.Priority == KeyFrame && e.track == track {
			return i
		}
	}
	return -1
}

// dropVideo removes the pictures of a track from first up to end.
func (q *Queue) dropVideo(first, end int, track uint8) {
	q.dropPictures(first, end, track, Priority.IsVideo)
}

// dropPictures removes those of the pictures from first up to end that are of a track and of some classes.
func (q *Queue) dropPictures(first, end int, track uint8, of func(Priority) bool) {
	kept := q.entries[:first]
	for i := first; i < len(q.entries); i++ {
		e := q.entries[i]
		if i < end && of(e.Priority) && e.track == track {
			q.countDrop(e.Size)
			q.left(e)
			q.Release(e)
			continue
		}
		kept = append(kept, e)
	}
	clear(q.entries[len(kept):])
	q.entries = kept
}

func (q *Queue) countDrop(size int) {
	q.droppedFrames++
	q.droppedBytes += uint64(size)
}

// Discard drops all that waits; pictures are counted.
func (q *Queue) Discard() {
	for i, e := range q.entries {
		if e.Priority.IsVideo() {
			q.countDrop(e.Size)
		}
		q.entries[i] = nil
	}
	q.entries, q.bytes, q.disposable = q.entries[:0], 0, 0
}

// TakeDropped returns what was dropped since the last call.
func (q *Queue) TakeDropped() (frames uint32, bytes uint64) {
	frames, bytes = q.droppedFrames, q.droppedBytes
	q.droppedFrames, q.droppedBytes = 0, 0
	return frames, bytes
}

// Pop moves the oldest messages to dst, up to limit bytes but at least one.
func (q *Queue) Pop(dst []*Message, limit int) []*Message {
	n, size := 0, 0
	for n < len(q.entries) && (n == 0 || size+len(q.entries[n].Payload) <= limit) {
		size += len(q.entries[n].Payload)
		q.left(q.entries[n])
		n++
	}
	dst = append(dst, q.entries[:n]...)
	clear(q.entries[:n])
	q.entries = q.entries[n:]
	return dst
}

// add appends an entry. Pop leaves the places of what it takes empty; when the memory is at its end and half of it is such places,
// what waits moves to its beginning. That spares Pop to move all that waits, and add to ask for memory.
func (q *Queue) add(e *Message) {
	if len(q.entries) == cap(q.entries) && len(q.entries) <= len(q.room)/2 {
		n := copy(q.room, q.entries)
		clear(q.entries) // they are in the second half
		q.entries = q.room[:n]
	}
	full := len(q.entries) == cap(q.entries)
	q.entries = append(q.entries, e)
	if full {
		q.room = q.entries[:cap(q.entries)]
	}
}

// left takes note that an entry waits no more.
func (q *Queue) left(e *Message) {
	q.bytes -= len(e.Payload)
	if e.Priority.isDisposable() {
		q.disposable--
	}
}

// Release takes a message back for reuse. While messages wait as much may be kept as may wait: the end of a backlog trims it, see Trim.
func (q *Queue) Release(e *Message) { q.spare.give(e, max(q.maxBytes, maxSpareBytes)) }

// Trim leaves what is kept of memory beyond what an idle queue needs to all queues.
func (q *Queue) Trim() { q.spare.trim(maxSpareBytes) }

// Overfull reports whether more waits than may although nothing is left that could be dropped: only
// audio and headers wait.
func (q *Queue) Overfull() bool { return q.bytes > q.maxBytes && q.findVideo(0) < 0 }

// AwaitKeyFrame refuses the next frames of a track until its next key frame, like those behind what
// was dropped.
func (q *Queue) AwaitKeyFrame(track uint8) { q.awaitKey.add(track) }

// EndsInCut reports whether the latest frames of a track were dropped because too much waited.
func (q *Queue) EndsInCut() bool { return q.tailCut != trackSet{} }

// Bytes returns how much waits.
func (q *Queue) Bytes() int { return q.bytes }

// All returns what waits, the oldest first.
func (q *Queue) All() iter.Seq[*Message] { return slices.Values(q.entries) }

// Requeue queues a message that had left, so that Discard drops it too.
func (q *Queue) Requeue(e *Message) {
	q.add(e)
	q.bytes += len(e.Payload)
	if e.Priority.isDisposable() {
		q.disposable++
	}
}

// TakeOver queues what waits in another queue, under another message stream ID, and goes on where that
// one was. That one is empty then.
func (q *Queue) TakeOver(from *Queue, streamID uint32) {
	for _, e := range from.entries {
		e.Header.StreamID = streamID
		q.add(e)
	}
	q.bytes += from.bytes
	q.disposable += from.disposable
	q.awaitKey, q.cut, q.tailCut = from.awaitKey, from.cut, from.tailCut
	*from = *New(from.maxBytes, from.maxMedia)
}
