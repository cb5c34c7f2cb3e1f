package core

import "time"

const (
	maxRateWindow     = 60 // seconds
	defaultRateWindow = 10
)

// rateMeter measures bytes a second over the last seconds.
type rateMeter struct {
	window  int64     // seconds, up to maxRateWindow; 0: defaultRateWindow
	start   time.Time // of the first byte ever; zero: there was none
	last    int64     // seconds since start of the newest bucket
	buckets [maxRateWindow]int64
}

func (r *rateMeter) add(now time.Time, n int64) {
	if r.start.IsZero() {
		r.start = now
	}
	r.advance(now)
	r.buckets[r.last%maxRateWindow] += n
}

// advance makes the bucket of now the newest. now may be a little behind it: callers look at the clock before they lock.
func (r *rateMeter) advance(now time.Time) {
	second := int64(now.Sub(r.start) / time.Second)
	if second-r.last >= maxRateWindow {
		r.buckets = [maxRateWindow]int64{}
		r.last = second
	}
	for r.last < second {
		r.last++
		r.buckets[r.last%maxRateWindow] = 0
	}
}

func (r *rateMeter) kbps(now time.Time) uint32 {
	if r.start.IsZero() {
		return 0
	}
	r.advance(now)
	window := r.window
	if window == 0 {
		window = defaultRateWindow
	}
	seconds := min(window, r.last+1)
	var sum int64
	for i := range seconds {
		sum += r.buckets[(r.last-i)%maxRateWindow]
	}
	return uint32(sum * 8 / 1000 / seconds)
}
