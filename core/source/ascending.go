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
	if a.begun[i] && unit.DTS <= a.last[i] {
		lift := a.last[i] + time.Millisecond - unit.DTS
		unit.DTS += lift
		unit.PTS += lift
	}
	a.begun[i], a.last[i] = true, unit.DTS
	return unit, nil
}

// Back implements Source. What comes again has the times that it had.
func (a *ascending) Back() error {
	a.begun = [2]bool{}
	return a.backward.Back()
}
