package source

import (
	"time"

	"luatrtmp/core/flv"
)

const (
	// maxBackSeconds: a time stamp that goes back by at most this much is a disorder, by more a jump.
	maxBackSeconds = 1

	// maxGapSeconds: a time stamp that is ahead of all tracks by more than this is a jump. A smaller gap may be a pause in the recording.
	maxGapSeconds = 10

	// maxGapMP4 is the same for MP4, which has durations in place of stamps: a frame that stands for a while is usual in it.
	maxGapMP4 = 60
)

// splicer makes one timeline of the time stamps in a file, in which they may jump: one stamp that is damaged, a recording that was
// appended to another, a clock that was set. What follows a jump is moved to where it would have been without it. All tracks are
// moved alike, so that they stay in step, and each as soon as its own stamps have jumped.
//
// It must see the stamps of all tracks in the order of the file. It knows two offsets, the one in use and the one before it: a
// single bad stamp is followed by good ones, and around a restart the tracks do not change over at the same place of the file.
type splicer struct {
	second int64 // stamps per second
	gap    int64 // the largest step forward that is no jump, in s; 0: maxGapSeconds

	begun          bool
	offset, before int64 // what is added to a stamp
	latest         int64 // of all results
	tracks         [2]splicedTrack
}

// splicedTrack is what a splicer knows of one track.
type splicedTrack struct {
	begun bool
	last  int64 // the latest result
	step  int64 // between the last two that followed each other; 0: unknown
}

// next returns the time of the next stamp of a track. It may be earlier than the one before by maxBackSeconds at most.
func (s *splicer) next(kind flv.Kind, stamp int64) int64 {
	t := &s.tracks[0]
	if kind == flv.Audio {
		t = &s.tracks[1]
	}
	if !s.begun {
		s.begun, s.latest = true, stamp
	}
	due := s.due(t)
	at, ok := s.choose(t, stamp, due)
	if !ok {
		at = due
		s.before, s.offset = s.offset, due-stamp
	}
	if step := at - t.last; t.begun && step > 0 && step <= s.second*maxBackSeconds {
		t.step = step
	}
	if !t.begun || at > t.last {
		t.begun, t.last = true, at
	}
	s.latest = max(s.latest, at)
	return at
}

// due returns when the next stamp of a track is expected. A track that has had none for a while is expected where the others are.
func (s *splicer) due(t *splicedTrack) int64 {
	if !t.begun {
		return s.latest
	}
	due := t.last + t.step
	if t.step == 0 {
		due += max(s.second/25, 1) // defaultFrameDuration
	}
	if s.latest-due > s.second*maxBackSeconds {
		return s.latest
	}
	return due
}

// choose applies the offset that brings a stamp nearest to due, and makes it the one in use. It returns false if the stamp has jumped.
func (s *splicer) choose(t *splicedTrack, stamp, due int64) (int64, bool) {
	now, earlier := stamp+s.offset, stamp+s.before
	switch fits := s.fits(t, now); {
	case s.fits(t, earlier) && (!fits || distance(earlier, due) < distance(now, due)):
		s.offset, s.before = s.before, s.offset
		return earlier, true
	case fits:
		return now, true
	}
	return 0, false
}

// fits reports whether a time can follow what was there before without a jump.
func (s *splicer) fits(t *splicedTrack, at int64) bool {
	gap := s.gap
	if gap == 0 {
		gap = maxGapSeconds
	}
	gap *= s.second
	from := s.latest - gap
	if t.begun {
		from = t.last - s.second*maxBackSeconds
	}
	return at >= from && at <= s.latest+gap
}

// again returns the splicer for stamps that are read a second time, from some place before the last one on.
func (s splicer) again() splicer {
	s.tracks = [2]splicedTrack{}
	return s
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

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
	if late := unit.PTS - unit.DTS; late.Abs() > maxGapSeconds*time.Second {
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
