package sendqueue

import (
	"time"

	"luatrtmp/core/flv"
)

// What is dropped when too much waits. The numbers stand at the code of each rule.
//
//  1. Only frames of video are dropped. Audio, headers and control messages always wait; if they alone
//     are too much, Overfull reports it.
//  2. As long as the frames that wait are younger than a threshold, and all that waits fits into the
//     limit in bytes, nothing is dropped.
//  3. Thinning: above the threshold each frame that comes costs the oldest disposable frame that waits.
//     If none waits, and it is disposable itself, it is dropped. The frame rate falls as long as that
//     lasts, and all other frames stay.
//  4. Where a message does not fit into the limit in bytes, disposable frames go until it does, the
//     oldest first. If it does not fit then, and is a disposable frame itself, it is dropped.
//  5. If there is still too much, in bytes or in media time, the oldest GOP goes: all frames from the
//     oldest one that waits up to the next key frame of its track. That is repeated until the message
//     fits or no frame waits any more. A message for which an empty queue is too small is queued.
//  6. If that GOP is still being received, its frames that come later are refused, up to the next key
//     frame of its track.
//  7. The leading frames of the key frame behind a GOP that is gone go with it. Those that come later
//     are refused, up to the next key frame of the track.
//  8. That key frame is marked as one behind a gap, where its codec has a mark for that.
//  9. Tracks are cut one by one: a cut leaves the other tracks whole.
//
// Whatever leaves the queue can be decoded, as far as what was sent to it could.

const (
	maxThinFrom     = 700 * time.Millisecond // a network that is only uneven catches up before it
	thinFromPercent = 35                     // of the limit in media time, in a short queue: each stage needs room
)

// thinFrom returns the threshold of rule 2.
func thinFrom(maxMedia time.Duration) time.Duration {
	return min(maxThinFrom, maxMedia*thinFromPercent/100)
}

// trackState says what of a video track is refused because of a cut. Rule 9.
type trackState uint8

const (
	whole        trackState = iota // nothing
	behindCut                      // leading frames, until the next key frame. Rule 7
	awaitsKey                      // all frames, until the next key frame: the source has a gap
	awaitsKeyCut                   // all frames, until the next key frame: its GOP was dropped. Rule 6
)

// Accepts reports whether a message may be sent after what was dropped before; a frame that may not
// counts as dropped. It must be asked once for each message of media in their order, also for those
// that do not have to wait.
func (q *Queue) Accepts(p Priority, track uint8, size int) bool {
	if !p.IsVideo() {
		return true // rule 1
	}
	state := &q.tracks[track]
	switch {
	case p == KeyFrame && *state >= awaitsKey:
		*state = behindCut // rule 7
	case p == KeyFrame:
		*state = whole
	case *state >= awaitsKey, p.isLeading() && *state == behindCut: // rules 6 and 7
		q.countDrop(size)
		return false
	}
	return true
}

// MustCopy reports whether a message that Accepts has let pass is a key frame behind a gap: it has to
// go through the queue, whose copy is marked as such. Rule 8.
func (q *Queue) MustCopy(p Priority, track uint8) bool {
	return p == KeyFrame && q.tracks[track] == behindCut
}

// AwaitKeyFrame refuses the next frames of a track until its next key frame, like those behind what
// was dropped: the source has a gap there.
func (q *Queue) AwaitKeyFrame(track uint8) {
	q.tracks[track] = max(q.tracks[track], awaitsKey)
}

// EndsInCut reports whether the latest frames of a track were dropped because too much waited.
func (q *Queue) EndsInCut() bool {
	for _, state := range q.tracks {
		if state == awaitsKeyCut {
			return true
		}
	}
	return false
}

// Overfull reports whether more bytes wait than may although no frame of video is among them.
func (q *Queue) Overfull() bool { return q.bytes > q.maxBytes && q.frames == 0 }

// makeRoom drops frames until a new message fits. It returns false when the new message itself, a
// frame, has to be dropped.
func (q *Queue) makeRoom(timestamp uint32, p Priority, track uint8, size int) bool {
	if p.IsVideo() && q.age(timestamp) > q.thinFrom && !q.dropDisposable() && p.isDisposable() {
		return false // rule 3
	}
	for q.bytes+size > q.maxBytes && q.dropDisposable() { // rule 4
	}
	if p.isDisposable() && q.media.count > 0 && q.bytes+size > q.maxBytes {
		return false // rule 4
	}
	for q.frames > 0 && q.over(timestamp, p, size) {
		if !q.dropGOP(p, track) {
			return false
		}
	}
	return !p.isLeading() || q.tracks[track] != behindCut // rule 7
}

// over reports whether there is too much with a new message. Headers have no age: those that are
// commands have no media time at all.
func (q *Queue) over(timestamp uint32, p Priority, size int) bool {
	return q.bytes+size > q.maxBytes || p != Header && q.age(timestamp) > q.maxMedia
}

// age returns the media time from the oldest frame of video that waits up to a timestamp, 0 when none
// waits. Audio has no age, since dropping frames would not make it any younger.
func (q *Queue) age(timestamp uint32) time.Duration {
	if i := q.findVideo(); i >= 0 {
		return since(q.media.at(i), timestamp)
	}
	return 0
}

// dropDisposable drops the oldest disposable frame. It returns false when none waits.
func (q *Queue) dropDisposable() bool {
	if q.disposable == 0 {
		return false
	}
	i := 0
	for !q.media.at(i).Priority.isDisposable() {
		i++
	}
	q.drop(i, i+1, q.media.at(i).track, Priority.isDisposable)
	return true
}

// dropGOP drops the oldest GOP for a new message. It returns false when that belongs to the GOP. A
// frame of video must wait.
func (q *Queue) dropGOP(p Priority, track uint8) bool {
	first := q.findVideo()
	oldest := q.media.at(first).track
	state := &q.tracks[oldest]
	next := q.findKey(first+1, oldest)
	if next >= 0 { // rule 5
		q.drop(first, next, oldest, Priority.IsVideo)
		more := q.dropLeading(oldest)
		if more && !(p == KeyFrame && oldest == track) {
			*state = max(*state, behindCut)
		}
		return true
	}
	q.drop(first, q.media.count, oldest, Priority.IsVideo)
	if p == KeyFrame && oldest == track {
		*state = behindCut // rule 7
		return true
	}
	*state = awaitsKeyCut // rule 6
	return !p.IsVideo() || oldest != track
}

// dropLeading drops the leading frames of the oldest key frame of a track, and marks that one: the GOP
// before it is gone. It reports whether more of them may come, because no later key frame of the
// track waits. Rules 7 and 8.
func (q *Queue) dropLeading(track uint8) (more bool) {
	key := q.findKey(0, track)
	flv.BreakLink(q.media.at(key).Payload)
	end := q.findKey(key+1, track)
	more = end < 0
	if more {
		end = q.media.count
	}
	q.drop(key+1, end, track, Priority.isLeading)
	return more
}

// drop drops those of the messages from first up to end that are frames of a track and of a kind.
func (q *Queue) drop(first, end int, track uint8, kind func(Priority) bool) {
	q.media.remove(first, end, func(m *Message) bool {
		if m.track != track || !kind(m.Priority) {
			return false
		}
		q.countDrop(m.Size)
		q.leaves(m)
		q.Release(m)
		return true
	})
}

func (q *Queue) countDrop(size int) {
	q.droppedFrames++
	q.droppedBytes += uint64(size)
}

// findVideo returns the index of the oldest frame of video, -1 when none waits.
func (q *Queue) findVideo() int {
	if q.frames == 0 {
		return -1
	}
	i := 0
	for !q.media.at(i).Priority.IsVideo() {
		i++
	}
	return i
}

// findKey returns the index of the first key frame of a track at or behind an index, -1 without one.
func (q *Queue) findKey(from int, track uint8) int {
	for i := from; i < q.media.count; i++ {
		if m := q.media.at(i); m.Priority == KeyFrame && m.track == track {
			return i
		}
	}
	return -1
}
