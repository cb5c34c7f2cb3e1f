package sendqueue

import (
	"luatrtmp/core/flv"
)

// Accepts reports whether a message can be decoded after what was dropped, and takes note of key frames; one that cannot counts as
// dropped. It must be asked once for each message, also for one that does not have to wait. A key frame behind a cut is changed: see
// MustCopy.
func (q *Queue) Accepts(c Priority, track uint8, size int) bool {
	switch {
	case !c.IsVideo():
	case c == KeyFrame:
		if q.awaitKey.has(track) {
			q.cut.add(track)
		} else {
			q.cut.remove(track)
		}
		q.awaitKey.remove(track)
		q.tailCut.remove(track)
	case q.awaitKey.has(track), c.isLeading() && q.cut.has(track):
		q.countDrop(size)
		return false
	}
	return true
}

// MustCopy reports whether a message that was admitted is a key frame behind a cut: flv.BreakLink has to change it, in the queue's
// copy.
func (q *Queue) MustCopy(c Priority, track uint8) bool { return c == KeyFrame && q.cut.has(track) }

// dropLeading drops the leading pictures of a track's first key frame, whose group before has gone. It returns false when
// more of them may come: no other key frame of the track waits.
func (q *Queue) dropLeading(track uint8) bool {
	first := q.findKey(0, track) + 1
	flv.BreakLink(q.entries[first-1].Payload)
	end := q.findKey(first, track)
	last := end < 0
	if last {
		end = len(q.entries)
	}
	q.dropPictures(first, end, track, Priority.isLeading)
	return !last
}
