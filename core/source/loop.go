package source

import (
	"fmt"
	"io"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// loop plays a medium for ever. Each round begins where the longest track of the round before ended, for all tracks alike: audio and video
// cannot drift apart, however many rounds there are.
type loop struct {
	media.Reader
	name   string        // of the file
	offset time.Duration // where this round began
	frame  time.Duration // of audio; 0: unknown
	units  int           // of this round
	latest time.Duration // the last decode time of this round, from its beginning
	anew   bool          // no picture of this round has come yet, and it is not the first one
	unit   flv.AccessUnit
	err    error
	marked loopMark
}

func (l *loop) Next() (*flv.AccessUnit, error) {
	if l.err != nil {
		return nil, l.err
	}
	unit, err := l.Reader.Next()
	if err == io.EOF {
		unit, err = l.nextRound()
	}
	if err != nil {
		l.err = err
		return nil, err
	}
	l.units++
	if unit.Kind == flv.Audio && unit.Config != nil {
		l.frame = audioDuration(unit)
	}
	l.latest = max(l.latest, unit.DTS)
	l.unit = *unit
	l.unit.DTS += l.offset
	l.unit.PTS += l.offset
	if l.anew && unit.Kind == flv.Video {
		l.unit.Anew, l.anew = true, false
	}
	return &l.unit, nil
}

func (l *loop) nextRound() (*flv.AccessUnit, error) {
	// The last frame may say that it stands for hours.
	length := min(l.Reader.End(), l.latest+media.MaxGapMP4*time.Second)
	if l.units == 0 {
		return nil, fmt.Errorf("%s: %w: nothing to repeat: no access units", l.name, media.ErrBadMedia)
	}
	if least := max(minRound, l.frame.Truncate(time.Millisecond)); length < least { // the times of FLV are whole ms
		return nil, fmt.Errorf("%s: %w: %v is too short to be repeated, at least %v are needed", l.name, media.ErrBadMedia, length, least)
	}
	l.offset += length
	l.units, l.latest, l.anew = 0, 0, true
	if err := l.Reader.Rewind(); err != nil {
		return nil, err
	}
	unit, err := l.Reader.Next()
	if err == io.EOF {
		return nil, fmt.Errorf("%s: %w: nothing to repeat", l.name, media.ErrBadMedia)
	}
	return unit, err
}

// minRound is the shortest time that is repeated. A file of a moment would be read as fast as the machine can, for ever.
const minRound = 20 * time.Millisecond

// audioDuration returns how long the frame in a unit with a configuration is; 0: unknown.
func audioDuration(unit *flv.AccessUnit) time.Duration {
	codec := unit.Codec
	if codec == flv.NoCodec {
		codec = flv.AAC
	}
	track, err := flv.NewAudioTrack(codec)
	if err != nil || track.SetConfig(unit.Config) != nil {
		return 0
	}
	samples, rate := track.Samples(unit.Data)
	if samples <= 0 || rate <= 0 {
		return 0
	}
	return media.Ticks(int64(samples), uint32(rate))
}

// loopMark is the round that a place is in.
type loopMark struct {
	offset, latest time.Duration
	units          int
}

func (l *loop) Mark() {
	l.marked = loopMark{l.offset, l.latest, l.units}
	l.Reader.Mark()
}

func (l *loop) Back() error {
	l.offset, l.latest, l.units = l.marked.offset, l.marked.latest, l.marked.units
	l.anew, l.err = false, nil
	return l.Reader.Back()
}
