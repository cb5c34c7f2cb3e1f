package media

import (
	"time"
)

// DefaultFrameDuration is used where a single picture leaves its duration open.
const DefaultFrameDuration = 40 * time.Millisecond

// Ticks converts a time in units of 1/scale s, rounding towards zero.
func Ticks(n int64, scale uint32) time.Duration {
	s := int64(scale)
	return time.Duration(n/s)*time.Second + time.Duration(n%s*int64(time.Second)/s)
}
