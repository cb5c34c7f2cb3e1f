package media

import (
	"time"
)

// MaxSampleSize is the largest sample that is read: the largest RTMP message.
const MaxSampleSize = 16 << 20

// MaxTrackTime bounds the times of samples, so that no sum of them overflows.
const MaxTrackTime = 10 * 365 * 24 * time.Hour

// ReadSize is how much is read from a file at a time.
const ReadSize = 64 << 10

// MaxFPS bounds frame rates.
const MaxFPS = 1000
