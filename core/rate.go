package core

import "time"

const rateSeconds = 10

// rateMeter measures bytes a second over the last ten seconds.
type rateMeter struct {
	start   time.Time // of the first byte ever; zero: there was none
	last    int64     // seconds since start of the newest bucket
	buckets [rateSeconds]int64
}

func (r *rateMeter) add(now time.Time, n int64) {
	if r.start.IsZero() {
		r.start = now
	}
	r.advance(now)
	r.buckets[r.last%rateSeconds] += n
}

// advance makes the bucket of now the newest. now may be a little behind it: callers look at the clock before they lock.
func (r *rateMeter) advance(now time.Time) {
	second := int64(now.Sub(r.start) / time.Second)
	if second-r.last >= rateSeconds {
		r.buckets = [rateSeconds]int64{}
		r.last = second
	}
	for r.last < second {
		r.last++
		r.buckets[r.last%rateSeconds] = 0
	}
}

func (r *rateMeter) kbps(now time.Time) uint32 {
	if r.start.IsZero() {
		return 0
	}
	r.advance(now)
	var sum int64
	for _, b := range r.buckets {
		sum += b
	}
	return uint32(sum * 8 / 1000 / min(rateSeconds, r.last+1))
}
