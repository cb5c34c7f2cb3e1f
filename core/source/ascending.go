package source

import (
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// ascending is a source in which each track's decode times go up, by 1 ms at least where they went back or stood still. The distance to
// the presentation time stays, but for one that cannot be: then both are the same.
type ascending struct {
	*backward
	times  times
	marked times // before the key frame that can be gone back to
}

// times are the decode times that came last, of video and of audio.
type times struct {
	begun [2]bool
	last  [2]time.Duration
}

func (a *ascending) Next() (*flv.AccessUnit, error) {
	unit, err := a.backward.Next()
	if err != nil {
		return nil, err
	}
	i := 0
	if unit.Kind == flv.Audio {
		i = 1
	}
	if late := unit.PTS - unit.DTS; late.Abs() > media.MaxGapSeconds*time.Second {
		unit.PTS = unit.DTS
	}
	if a.atKey {
		a.marked = a.times
	}
	least := time.Duration(0)
	if a.times.begun[i] && unit.DTS <= a.times.last[i] {
		least = a.times.last[i] + time.Millisecond
	}
	if lift := least - unit.DTS; lift > 0 {
		unit.DTS += lift
		unit.PTS += lift
	}
	a.times.begun[i], a.times.last[i] = true, unit.DTS
	return unit, nil
}

// Back implements Source. What comes again has the times that it had.
func (a *ascending) Back() error {
	if a.noted {
		a.times = a.marked
	}
	return a.backward.Back()
}
