package source

import (
	"slices"
	"time"
)

// maxReorder is how many pictures the decoder may hold back. H.264, A.3.1: max_dec_frame_buffering is at most 16; so is H.265, A.4.2.
const maxReorder = 16

// pictureClock gives the pictures of a byte stream, which has no times, their decode and presentation times at a constant frame rate.
// It counts fields: a frame takes two.
//
// Presentation order comes from the picture order count, see pictureOrder.
type pictureClock struct {
	fps float64

	perPOC   int64 // fields (numerator) ...
	stepPOC  int64 // ... per this many counts
	delay    int64 // from decoding to presentation, in fields, so that no picture is due before it is decoded
	decoded  int64 // fields so far: the DTS of the next picture
	base     int64 // fields at which the picture order count was basePOC
	basePOC  int64
	prevMSB  int64 // of the last reference picture, 8.2.1.1
	prevLSB  int64
	learning bool
}

// next returns the times of the next picture in the order of decoding.
func (c *pictureClock) next(h *pictureOrder) (dts, pts time.Duration) {
	d, p := c.fields(h)
	return c.time(d), c.time(p)
}

// end returns the decode time of a picture after the last one.
func (c *pictureClock) end() time.Duration { return c.time(c.decoded) }

func (c *pictureClock) time(fields int64) time.Duration {
	return time.Duration(float64(fields) * float64(time.Second) / (2 * c.fps))
}

func (c *pictureClock) fields(h *pictureOrder) (dts, pts int64) {
	dts = c.decoded
	c.decoded += h.fields()
	if !h.ordered {
		return dts, dts + c.delay
	}
	poc := c.poc(h)
	if h.restart || dts == 0 { // a stream need not begin with an IDR picture
		c.base, c.basePOC = dts, poc
	}
	pts = c.base + (poc-c.basePOC)*c.perPOC/c.stepPOC + c.delay
	if late := pts - dts; !c.learning && (late < -2*maxReorder || late > 4*maxReorder) {
		c.base, c.basePOC = dts, poc
		pts = dts + c.delay
	}
	return dts, pts
}

// poc returns the picture order count. H.264, 8.2.1.1; H.265, 8.3.1. delta_pic_order_cnt_bottom of H.264 is left out: it is the same for all
// frames of a stream.
func (c *pictureClock) poc(h *pictureOrder) int64 {
	if h.restart {
		c.prevMSB, c.prevLSB = 0, h.restartLSB
	}
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

// learn derives the step of the picture order count (H.264: 2 per frame by the book, but some encoders count 1) and the delay from the
// first pictures of a stream.
func (c *pictureClock) learn(headers []pictureOrder) {
	c.perPOC, c.stepPOC = 2, 2
	var pocs []int
	probe := pictureClock{}
	step := int64(0)
	for i := range headers {
		h := &headers[i]
		if !h.ordered {
			continue
		}
		if h.field {
			c.perPOC = 1
		}
		if h.restart {
			step = smallestStep(pocs, step)
			pocs = pocs[:0]
		}
		pocs = append(pocs, int(probe.poc(h)))
	}
	if step = smallestStep(pocs, step); step > 0 {
		c.stepPOC = step
	}
	probe = pictureClock{perPOC: c.perPOC, stepPOC: c.stepPOC, learning: true}
	for i := range headers {
		h := &headers[i]
		dts, pts := probe.fields(h)
		if early := dts - pts; early <= 2*maxReorder {
			c.delay = max(c.delay, early)
		}
		// The encoder's own word, which covers the whole stream.
		if h.ordered {
			c.delay = max(c.delay, 2*min(h.reorder, maxReorder))
		}
	}
}

// smallestStep returns the smallest difference between the counts of one coded video sequence, if it is smaller than step or step is 0.
func smallestStep(pocs []int, step int64) int64 {
	slices.Sort(pocs)
	for i := 1; i < len(pocs); i++ {
		if d := int64(pocs[i] - pocs[i-1]); d > 0 && (step == 0 || d < step) {
			step = d
		}
	}
	return step
}
