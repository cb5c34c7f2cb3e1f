package core

import (
	"luatrtmp/core/flv"
)

// admit reports whether a message can be decoded after what was dropped, and takes note of key frames; one that cannot counts as
// dropped. It must be asked once for each message, also for one that does not have to wait. A key frame behind a cut is changed: see
// behindCut.
func (q *queue) admit(c class, track uint8, size int) bool {
	switch {
	case !c.video():
	case c == classKey:
		if q.awaitKey.has(track) {
			q.cut.add(track)
		} else {
			q.cut.remove(track)
		}
		q.awaitKey.remove(track)
		q.tailCut.remove(track)
	case q.awaitKey.has(track), c.leading() && q.cut.has(track):
		q.countDrop(size)
		return false
	}
	return true
}

// behindCut reports whether a message that was admitted is a key frame behind a cut: flv.BreakLink has to change it, in the queue's
// copy.
func (q *queue) behindCut(c class, track uint8) bool { return c == classKey && q.cut.has(track) }

// dropLeading drops the leading pictures of a track's first key frame, whose group before has gone. It returns false when
// more of them may come: no other key frame of the track waits.
func (q *queue) dropLeading(track uint8) bool {
	first := q.findKey(0, track) + 1
	flv.BreakLink(q.entries[first-1].payload)
	end := q.findKey(first, track)
	last := end < 0
	if last {
		end = len(q.entries)
	}
	q.dropPictures(first, end, track, class.leading)
	return !last
}
