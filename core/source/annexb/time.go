package annexb

import (
	"slices"
	"time"
)

const (
	// maxReorder is how many frames a decoder may hold back. H.264, A.3.1: max_dec_frame_buffering is
	// at most 16; so is H.265, A.4.2.
	maxReorder = 16

	// maxLookAhead bounds how many pictures are read ahead to learn when one is shown.
	maxLookAhead = 128
)

// pictureClock gives decode and presentation times at a constant frame rate to the pictures of a
// byte stream, which has no times. It counts time in fields: a frame takes two.
//
// Pictures are pushed in decoding order and taken in the same order. Each takes the next place on
// the screen when a decoder would output it: in the order of the picture order counts, and all
// pictures before a restart of the count come before those behind it. So presentation times follow
// each other without holes and no two are alike, however many pictures lead an IDR picture and
// wherever a group of pictures ends.
type pictureClock struct {
	fps   float64
	delay int64 // from decoding to presentation, so that no picture is due before it is decoded

	pushed  int64            // fields so far: the decode time of the next picture
	shown   int64            // fields that have a place on the screen
	queue   []pictureTime    // pushed and not yet taken
	taken   int              // how many pictures have left the queue
	waiting []waitingPicture // those of the queue without a presentation time, in output order
	held    int64            // the fields of waiting

	begun    bool  // the count below is valid
	prevMSB  int64 // of the last reference picture, 8.2.1.1
	prevLSB  int64
	last     int64 // count of the picture pushed last
	anyShown bool  // shownPOC is valid
	shownPOC int64 // count of the picture shown last
}

// pictureTime is a picture with its times, in fields.
type pictureTime struct {
	offset   int64 // in the file
	fields   int64
	dts, pts int64
	known    bool // pts is known
}

// waitingPicture is a picture that a decoder holds back.
type waitingPicture struct {
	number int // among all pushed pictures
	poc    int64
}

func (c *pictureClock) time(fields int64) time.Duration {
	return time.Duration(float64(fields) * float64(time.Second) / (2 * c.fps))
}

// restart forgets all pictures and goes on at a decode time. The delay stays.
func (c *pictureClock) restart(dts int64) {
	*c = pictureClock{
		fps: c.fps, delay: c.delay, pushed: dts, shown: dts, queue: c.queue[:0], waiting: c.waiting[:0],
	}
}

// push adds the next picture in decoding order, which begins at offset in the file.
func (c *pictureClock) push(h *pictureOrder, offset int64) {
	if h.restart {
		c.flush()
	}
	poc := c.last
	if h.ordered {
		poc = c.poc(h)
		c.delay = max(c.delay, 2*min(h.reorder, maxReorder)) // the encoder's word for the whole stream
	}
	if c.anyShown && poc < c.shownPOC { // the count began anew and the picture does not say so
		c.flush()
	}
	c.last = poc

	number := c.taken + len(c.queue)
	c.queue = append(c.queue, pictureTime{offset: offset, fields: h.fields(), dts: c.pushed})
	c.pushed += h.fields()
	at := len(c.waiting)
	for at > 0 && c.waiting[at-1].poc > poc {
		at--
	}
	c.waiting = slices.Insert(c.waiting, at, waitingPicture{number, poc})
	c.held += h.fields()
	for c.held > 2*maxReorder || !h.ordered && len(c.waiting) == 1 {
		c.showNext()
	}
}

// showNext gives the next place on the screen to the first of the waiting pictures.
func (c *pictureClock) showNext() {
	w := c.waiting[0]
	c.waiting = slices.Delete(c.waiting, 0, 1)
	p := &c.queue[w.number-c.taken]
	c.held -= p.fields
	// Of two pictures the one that is shown first never has the longer delay: their order stays.
	c.delay = max(c.delay, p.dts-c.shown)
	p.pts, p.known = c.shown+c.delay, true
	c.shown += p.fields
	c.shownPOC, c.anyShown = w.poc, true
}

// flush shows all waiting pictures. What follows is shown after them.
func (c *pictureClock) flush() {
	for len(c.waiting) > 0 {
		c.showNext()
	}
	c.anyShown = false
}

// ready reports whether the times of the next picture to be taken are known. They are at the latest
// when maxLookAhead pictures have been pushed.
func (c *pictureClock) ready() bool {
	for len(c.queue) >= maxLookAhead && !c.queue[0].known {
		c.showNext()
	}
	return len(c.queue) > 0 && c.queue[0].known
}

// take returns the picture that begins at offset. ok is false if no such picture was pushed.
func (c *pictureClock) take(offset int64) (p pictureTime, ok bool) {
	for len(c.queue) > 0 && c.queue[0].offset < offset { // the file has changed meanwhile
		c.flush()
		c.drop()
	}
	if !c.ready() || c.queue[0].offset != offset {
		return p, false
	}
	p = c.queue[0]
	c.drop()
	return p, true
}

func (c *pictureClock) drop() {
	c.queue = slices.Delete(c.queue, 0, 1)
	c.taken++
}

// poc returns the picture order count. H.264, 8.2.1.1; H.265, 8.3.1. delta_pic_order_cnt_bottom of
// H.264 is left out: it is less than the distance between two frames.
func (c *pictureClock) poc(h *pictureOrder) int64 {
	switch {
	case h.restart:
		c.prevMSB, c.prevLSB = 0, h.restartLSB
	case !c.begun: // a stream need not begin with an IDR picture
		c.prevMSB, c.prevLSB = 0, h.lsb
	}
	c.begun = true
	lsb, msb := h.lsb, c.prevMSB
	switch {
	case lsb < c.prevLSB && c.prevLSB-lsb >= h.size/2:
		msb += h.size
	case lsb > c.prevLSB && lsb-c.prevLSB > h.size/2:
		msb -= h.size
	}
	if h.reference {
		c.prevMSB, c.prevLSB = msb, lsb
	}
	return msb + lsb
}

func (h *pictureOrder) fields() int64 {
	if h.field {
		return 1
	}
	return 2
}
