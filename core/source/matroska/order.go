package matroska

import (
	"slices"
	"time"

	"luatrtmp/core/source/media"
)

const (
	// maxReorder is how many frames a decoder may hold back: H.264, A.3.1, and H.265, A.4.2.
	maxReorder = 16

	// maxLate is by how many frames a presentation time may be too early for the frames that are held back: more are held back from
	// then on. If it is still earlier, the time stamps have jumped.
	maxLate = 4

	// maxAhead is how far in ns a presentation time may be ahead of the one before. If it is farther, the time stamps have jumped.
	maxAhead = int64(10 * time.Second)
)

// order makes decode times of presentation times, which are all that Matroska has. A decoder holds back some frames: a frame is decoded
// when the first of those is shown that are held back with it. FFmpeg's times are the same. It is a small value: a copy remembers a place.
type order struct {
	depth int   // frames that a decoder holds back
	frame int64 // duration of a frame in ns

	begun  bool
	last   int64                 // the decode time before
	latest [maxReorder + 1]int64 // the decode time before, and the depth presentation times that follow it
}

// next returns the decode time of the next frame in decode order. All times are in ns. It goes back only where the presentation times jump.
func (o *order) next(pts int64) int64 {
	if !o.begun || pts < o.last-maxLate*o.frame || pts > o.latest[o.depth]+maxAhead {
		o.begun = true
		for i := range o.depth + 1 {
			o.latest[i] = pts - int64(o.depth-i)*o.frame
		}
		o.last = o.latest[0]
		return o.last
	}
	before := o.latest[:o.depth+1]
	before[0] = pts
	if pts < o.last && o.depth < maxReorder {
		o.depth++
		o.latest[o.depth] = o.last
		before = o.latest[:o.depth+1]
	}
	slices.Sort(before)
	o.last = max(before[0], o.last)
	return o.last
}

// firstFrames collects the presentation times of the first frames of a track, in decode order, to learn how it is ordered.
type firstFrames struct {
	times []int64
	depth int // of order
}

func (f *firstFrames) add(pts int64) {
	later := 0 // frames that are decoded before this one and shown after it
	for _, t := range f.times {
		if t > pts {
			later++
		}
	}
	if later > maxReorder { // the time stamps have jumped
		f.times, later = f.times[:0], 0
	}
	f.times = append(f.times, pts)
	f.depth = max(f.depth, later)
}

// frame returns the mean duration of a frame in ns.
func (f *firstFrames) frame() int64 {
	if len(f.times) > 1 {
		if d := (slices.Max(f.times) - slices.Min(f.times)) / int64(len(f.times)-1); d > 0 {
			return d
		}
	}
	return int64(media.DefaultFrameDuration)
}
