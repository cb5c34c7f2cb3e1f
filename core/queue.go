package core

import (
	"iter"
	"slices"
	"time"

	"luatrtmp/core/chunk"
	"luatrtmp/core/flv"
)

// entry is a message that waits, with a copy of its payload.
type entry struct {
	header  chunk.Header
	class   class
	track   uint8 // of a picture
	size    int   // of the message
	payload []byte
	next    *entry // of those that are spare
}

// queue holds the media messages that wait for the network. It is a plain data structure: the writer locks it.
//
// It drops nothing while less media waits than thinFrom. Above, each picture that comes costs the oldest disposable one that
// waits, or itself: the stream gets thinner as long as that lasts, and all other pictures stay whole. When the queue is over one
// of its limits, whole groups of pictures of a track go, the oldest first. If that cuts into the group of pictures that is being
// received, its remaining pictures are refused until the track's next key frame: what is sent can always be decoded. So are the
// leading pictures of the key frame behind a cut. Audio and headers stay.
type queue struct {
	maxBytes int
	maxMedia time.Duration
	thinFrom time.Duration // media time; see thinningOf

	entries  []*entry // oldest first
	room     []*entry // the same memory from its beginning: see add
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

func newQueue(maxBytes int, maxMedia time.Duration) *queue {
	return &queue{maxBytes: maxBytes, maxMedia: maxMedia, thinFrom: thinningOf(maxMedia)}
}

// trackSet is a set of track ids.
type trackSet [4]uint64

func (s *trackSet) has(track uint8) bool { return s[track/64]&(1<<(track%64)) != 0 }
func (s *trackSet) add(track uint8)      { s[track/64] |= 1 << (track % 64) }
func (s *trackSet) remove(track uint8)   { s[track/64] &^= 1 << (track % 64) }

// pushTrack copies the pieces of a message that is admitted and queues them, after making room. It returns false when the
// message was dropped; only pictures are.
func (q *queue) pushTrack(h chunk.Header, c class, track uint8, pieces [][]byte) bool {
	size := joinedSize(pieces)
	if c.video() && q.waitOfPictures(h.Timestamp) > q.thinFrom && !q.dropDisposable() && c.disposable() {
		q.countDrop(size)
		return false
	}
	if !q.makeRoom(size, h.Timestamp, c, track) || c.leading() && q.cut.has(track) {
		q.countDrop(size)
		return false
	}
	e := q.fill(h, c, pieces)
	e.track = track
	if q.behindCut(c, track) {
		flv.BreakLink(e.payload)
	}
	q.add(e)
	q.bytes += size
	if c.disposable() {
		q.disposable++
	}
	return true
}

// fill returns an entry with a copy of the pieces.
func (q *queue) fill(h chunk.Header, c class, pieces [][]byte) *entry {
	e := q.spare.take(joinedSize(pieces))
	e.header, e.class, e.size = h, c, joinedSize(pieces)
	for _, p := range pieces {
		e.payload = append(e.payload, p...)
	}
	return e
}

func joinedSize(pieces [][]byte) int {
	size := 0
	for _, p := range pieces {
		size += len(p)
	}
	return size
}

// makeRoom drops pictures until the new message fits: where bytes are short disposable ones while there are any, and then
// groups. It returns false when the new message itself, a picture, is disposable or belongs to a group that had to go.
func (q *queue) makeRoom(size int, timestamp uint32, c class, track uint8) bool {
	for q.bytes+size > q.maxBytes && q.dropDisposable() {
	}
	if c.disposable() && len(q.entries) > 0 && q.bytes+size > q.maxBytes {
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
			if !q.dropLeading(oldest) && !(c == classKey && oldest == track) {
				q.cut.add(oldest)
			}
			continue
		}
		q.dropVideo(first, len(q.entries), oldest)
		mine := c.video() && oldest == track
		if mine && c == classKey {
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
func (q *queue) over(size int, timestamp uint32, c class) bool {
	return q.bytes+size > q.maxBytes || c != classHeader && q.waitOfPictures(timestamp) > q.maxMedia
}

// waitOfPictures is the media time from the oldest waiting picture to timestamp; 0 when none waits. The limits of time mean
// pictures: dropping them does not make audio younger that has waited for longer.
func (q *queue) waitOfPictures(timestamp uint32) time.Duration {
	if i := q.findVideo(0); i >= 0 {
		return sinceEntry(q.entries[i], timestamp)
	}
	return 0
}

func sinceEntry(e *entry, timestamp uint32) time.Duration {
	return time.Duration(max(0, int32(timestamp-e.header.Timestamp))) * time.Millisecond
}

// span is the media time that waits. Headers do not count: they may have been queued long before the media.
func (q *queue) span() time.Duration {
	media := func(e *entry) bool { return e.class != classHeader }
	first := slices.IndexFunc(q.entries, media)
	if first < 0 {
		return 0
	}
	last := len(q.entries) - 1
	for !media(q.entries[last]) {
		last--
	}
	return sinceEntry(q.entries[first], q.entries[last].header.Timestamp)
}

func (q *queue) findVideo(from int) int {
	for i := from; i < len(q.entries); i++ {
		if q.entries[i].class.video() {
			return i
		}
	}
	return -1
}

// dropDisposable drops the oldest disposable picture; false when none waits.
func (q *queue) dropDisposable() bool {
	if q.disposable == 0 {
		return false
	}
	for i, e := range q.entries {
		if e.class.disposable() {
			q.dropVideo(i, i+1, e.track)
			return true
		}
	}
	return false
}

func (q *queue) findKey(from int, track uint8) int {
	for i := from; i < len(q.entries); i++ {
		if e := q.entries[i]; e.class == classKey && e.track == track {
			return i
		}
	}
	return -1
}

// dropVideo removes the pictures of a track from first up to end.
func (q *queue) dropVideo(first, end int, track uint8) {
	q.dropPictures(first, end, track, class.video)
}

// dropPictures removes those of the pictures from first up to end that are of a track and of some classes.
func (q *queue) dropPictures(first, end int, track uint8, of func(class) bool) {
	kept := q.entries[:first]
	for i := first; i < len(q.entries); i++ {
		e := q.entries[i]
		if i < end && of(e.class) && e.track == track {
			q.countDrop(e.size)
			q.left(e)
			q.give(e)
			continue
		}
		kept = append(kept, e)
	}
	clear(q.entries[len(kept):])
	q.entries = kept
}

func (q *queue) countDrop(size int) {
	q.droppedFrames++
	q.droppedBytes += uint64(size)
}

// discard drops all that waits; pictures are counted.
func (q *queue) discard() {
	for i, e := range q.entries {
		if e.class.video() {
			q.countDrop(e.size)
		}
		q.entries[i] = nil
	}
	q.entries, q.bytes, q.disposable = q.entries[:0], 0, 0
}

// takeDropped returns what was dropped since the last call.
func (q *queue) takeDropped() (frames uint32, bytes uint64) {
	frames, bytes = q.droppedFrames, q.droppedBytes
	q.droppedFrames, q.droppedBytes = 0, 0
	return frames, bytes
}

// pop moves the oldest messages to dst, up to limit bytes but at least one.
func (q *queue) pop(dst []*entry, limit int) []*entry {
	n, size := 0, 0
	for n < len(q.entries) && (n == 0 || size+len(q.entries[n].payload) <= limit) {
		size += len(q.entries[n].payload)
		q.left(q.entries[n])
		n++
	}
	dst = append(dst, q.entries[:n]...)
	clear(q.entries[:n])
	q.entries = q.entries[n:]
	return dst
}

// add appends an entry. pop leaves the places of what it takes empty; when the memory is at its end and half of it is such places,
// what waits moves to its beginning. That spares pop to move all that waits, and add to ask for memory.
func (q *queue) add(e *entry) {
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
func (q *queue) left(e *entry) {
	q.bytes -= len(e.payload)
	if e.class.disposable() {
		q.disposable--
	}
}

// give takes an entry back for reuse. While messages wait as much may be kept as may wait: the end of a backlog trims it, see next.
func (q *queue) give(e *entry) { q.spare.give(e, max(q.maxBytes, maxSpareBytes)) }

// trim leaves what is kept of memory beyond what an idle queue needs to all queues.
func (q *queue) trim() { q.spare.trim(maxSpareBytes) }

// overfull reports whether more waits than may although nothing is left that could be dropped: only
// audio and headers wait.
func (q *queue) overfull() bool { return q.bytes > q.maxBytes && q.findVideo(0) < 0 }

// awaitKeyFrame refuses the next frames of a track until its next key frame, like those behind what
// was dropped.
func (q *queue) awaitKeyFrame(track uint8) { q.awaitKey.add(track) }

// endsInCut reports whether the latest frames of a track were dropped because too much waited.
func (q *queue) endsInCut() bool { return q.tailCut != trackSet{} }

// Bytes returns how much waits.
func (q *queue) Bytes() int { return q.bytes }

// all returns what waits, the oldest first.
func (q *queue) all() iter.Seq[*entry] { return slices.Values(q.entries) }

// requeue queues a message that had left, so that discard drops it too.
func (q *queue) requeue(e *entry) {
	q.add(e)
	q.bytes += len(e.payload)
	if e.class.disposable() {
		q.disposable++
	}
}

// adopt queues what waits in another queue, under another message stream ID, and goes on where that
// one was. That one is empty then.
func (q *queue) adopt(from *queue, streamID uint32) {
	for _, e := range from.entries {
		e.header.StreamID = streamID
		q.add(e)
	}
	q.bytes += from.bytes
	q.disposable += from.disposable
	q.awaitKey, q.cut, q.tailCut = from.awaitKey, from.cut, from.tailCut
	*from = *newQueue(from.maxBytes, from.maxMedia)
}
