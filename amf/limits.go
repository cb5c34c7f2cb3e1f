package amf

import (
	"fmt"
	"math"
)

// Limits of Append and Unmarshal. They are the same in both directions, so that
// what one writes the other reads.
const (
	// MaxDepth is how many objects and arrays may stand inside one another.
	// Commands and metadata need four.
	MaxDepth = 32

	// MaxElements is how many values one input or output may hold, those inside
	// objects and arrays included. It keeps what an input of empty values grows
	// into below some tens of MiB, and leaves room for the key frame index of a
	// recording of a day.
	MaxElements = 1 << 18

	// MaxStringLength is the longest string or XML document in bytes: as much
	// as the largest RTMP message holds.
	MaxStringLength = 1 << 24

	// MaxNameLength is the longest property or class name in bytes. Names have a
	// 16-bit length on the wire. 1.3.1.
	MaxNameLength = math.MaxUint16
)

// budget counts values against MaxElements.
type budget uint64

// spend takes n values before memory for them is allocated.
func (b *budget) spend(n uint64) error {
	if n > MaxElements-uint64(*b) {
		return fmt.Errorf("%w: %d after %d, at most %d", ErrElements, n, uint64(*b), MaxElements)
	}
	*b += budget(n)
	return nil
}
