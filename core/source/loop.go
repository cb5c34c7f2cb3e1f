package source

import (
	"fmt"
	"io"
	"time"

	"luatrtmp/core/flv"
)

// loop plays a medium for ever. Each round begins where the longest track of the round before ended, for all tracks alike: audio and video
// cannot drift apart, however many rounds there are.
type loop struct {
	medium
	offset time.Duration // where this round began
	units  int           // of this round
	anew   bool          // no picture of this round has come yet, and it is not the first one
	unit   flv.AccessUnit
	err    error
	marked loopMark
}

func (l *loop) Next() (*flv.AccessUnit, error) {
	if l.err != nil {
		return nil, l.err
	}
	unit, err := l.medium.Next()
	if err == io.EOF {
		unit, err = l.nextRound()
	}
	if err != nil {
		l.err = err
		return nil, err
	}
	l.units++
	l.unit = *unit
	l.unit.DTS += l.offset
	l.unit.PTS += l.offset
	if l.anew && unit.Kind == flv.Video {
		l.unit.Anew, l.anew = true, false
	}
	return &l.unit, nil
}

func (l *loop) nextRound() (*flv.AccessUnit, error) {
	length := l.medium.end()
	if l.units == 0 || length <= 0 {
		return nil, fmt.Errorf("%w: nothing to repeat: %d access units, %v", ErrBadMedia, l.units, length)
	}
	l.offset += length
	l.units, l.anew = 0, true
	if err := l.medium.rewind(); err != nil {
		return nil, err
	}
	unit, err := l.medium.Next()
	if err == io.EOF {
		return nil, fmt.Errorf("%w: nothing to repeat", ErrBadMedia)
	}
	return unit, err
}
