package core

import (
	"time"
)

var clockBegan = time.Now()

// now is time.Now for what only needs the time between two moments. time.Now reads two clocks, of which this leaves out the one
// that can be set: the system's clocks are the dearest of what a small picture needs outside the kernel.
func now() time.Time { return clockBegan.Add(time.Since(clockBegan)) }
