package stats

import (
	"math"
	"time"
)

// Over how many seconds Counters.Kbps can measure, and does at first.
const (
	MaxWindow     = 60
	DefaultWindow = 10
)

// rateMeter measures bytes a second over the last seconds.
type rateMeter struct {
	start   time.Time // of the first byte ever; zero: there was none
	first   int64     // seconds since start of what is known
	last    int64     // the same of the newest bucket
	window  int64     // seconds, up to MaxWindow; 0: DefaultWindow
	buckets []uint32  // one for each second of the longest window so far
}

// setWindow sets over how many seconds it measures, 1 to MaxWindow. What has been measured is kept.
func (r *rateMeter) setWindow(seconds int64) {
	r.window = seconds
	r.grow(max(seconds, DefaultWindow))
}

// grow makes at least that many buckets: few need more than a few.
func (r *rateMeter) grow(seconds int64) {
	before := r.buckets
	if int64(len(before)) >= seconds {
		return
	}
	r.buckets = make([]uint32, seconds)
	known := min(int64(len(before)), r.last-r.first+1)
	for i := range known {
		*r.bucket(r.last - i) = before[(r.last-i)%int64(len(before))]
	}
	if known > 0 {
		r.first = r.last - known + 1
	}
}

func (r *rateMeter) bucket(second int64) *uint32 { return &r.buckets[second%int64(len(r.buckets))] }

func (r *rateMeter) add(now time.Time, n int64) {
	r.grow(DefaultWindow)
	if r.start.IsZero() {
		r.start = now
	}
	r.advance(now)
	b := r.bucket(r.last)
	*b = uint32(min(int64(*b)+n, math.MaxUint32))
}

// advance makes the bucket of now the newest. now may be a little behind it: callers look at the clock before they lock.
func (r *rateMeter) advance(now time.Time) {
	second := int64(now.Sub(r.start) / time.Second)
	if second-r.last >= int64(len(r.buckets)) {
		clear(r.buckets)
		r.last = second
	}
	for r.last < second {
		r.last++
		*r.bucket(r.last) = 0
	}
}

func (r *rateMeter) kbps(now time.Time) uint32 {
	if r.start.IsZero() {
		return 0
	}
	r.advance(now)
	window := r.window
	if window == 0 {
		window = DefaultWindow
	}
	seconds := min(window, r.last-r.first+1)
	var sum int64
	for i := range seconds {
		sum += int64(*r.bucket(r.last - i))
	}
	return uint32(sum * 8 / 1000 / seconds)
}
