package annexb

import "luatrtmp/core/flv"

// Display says when the frames of a stream without times are shown. It is given access units in decoding order,
// each with one frame, and answers in the same order, some of them later.
type Display struct {
	units  pictures
	clock  pictureClock
	pushed int64
	taken  int64
}

// NewDisplay returns one for H.264 or HEVC. delay is what Delay returned for the same stream, 0 if it is not known.
func NewDisplay(codec flv.Codec, delay int64) (*Display, error) {
	units, err := newPictures(codec)
	d := &Display{units: units}
	d.clock.delay = delay
	return d, err
}

// Delay returns how many fields lie between the decoding of a frame and the time at which it is shown if no frame
// is shown out of order. It may grow while frames come.
func (d *Display) Delay() int64 { return d.clock.delay }

// Push adds the next access unit.
func (d *Display) Push(nalus [][]byte) {
	var p picture
	for _, nalu := range nalus {
		if first, _ := d.units.take(&p, nalu); first { // another field
			break
		}
	}
	p.order.field = false
	d.clock.push(&p.order, d.pushed)
	d.pushed++
}

// Flush says that no further access unit follows those that were pushed.
func (d *Display) Flush() { d.clock.flush() }

// Next returns how many fields after its decoding the next access unit is shown. ok is false if that is not known yet.
func (d *Display) Next() (fields int64, ok bool) {
	p, ok := d.clock.take(d.taken)
	if ok {
		d.taken++
	}
	return p.pts - p.dts, ok
}
