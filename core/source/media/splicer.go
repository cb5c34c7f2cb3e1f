package media

import (
	"luatrtmp/core/flv"
)

const (
	// maxBackSeconds: a time stamp that goes back by at most this much is a disorder, by more a jump.
	maxBackSeconds = 1

	// MaxGapSeconds: a time stamp that is ahead of all tracks by more than this is a jump. A smaller gap may be a pause in the recording.
	MaxGapSeconds = 10

	// MaxGapMP4 is the same for MP4, which has durations in place of stamps: a frame that stands for a while is usual in it.
	MaxGapMP4 = 60
)

// Splicer makes one timeline of the time stamps in a file, in which they may jump: one stamp that is damaged, a recording that was
// appended to another, a clock that was set. What follows a jump is moved to where it would have been without it. All tracks are
// moved alike, so that they stay in step, and each as soon as its own stamps have jumped.
//
// It must see the stamps of all tracks in the order of the file. It knows two offsets, the one in use and the one before it: a
// single bad stamp is followed by good ones, and around a restart the tracks do not change over at the same place of the file.
type Splicer struct {
	Second int64 // stamps per second
	Gap    int64 // the largest step forward that is no jump, in s; 0: MaxGapSeconds

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

	leapt  bool  // last is ahead of what was there before it by more than maxBackSeconds
	before int64 // that: the result before it, or the latest of other tracks
}

// Next returns the time of the next stamp of a track. It may be earlier than the one before by maxBackSeconds at most.
func (s *Splicer) Next(kind flv.Kind, stamp int64) int64 {
	t := s.track(kind)
	if !s.begun {
		s.begun, s.latest = true, stamp
	}
	due := s.due(t)
	at, ok := s.choose(t, stamp, due)
	if !ok {
		at = due
		s.before, s.offset = s.offset, due-stamp
	}
	before := s.latest
	if t.begun {
		before = t.last
	}
	step := at - before
	if t.begun && step > 0 && step <= s.Second*maxBackSeconds {
		t.step = step
	}
	t.leapt, t.before = step > s.Second*maxBackSeconds, before
	if !t.begun || at > t.last {
		t.begun, t.last = true, at
	}
	s.latest = max(s.latest, at)
	return at
}

// Resume says that a track begins, or goes on after it was away, at a time, which is where the others are: what
// comes next of it is expected there, and has jumped if it is elsewhere.
func (s *Splicer) Resume(kind flv.Kind, at int64) {
	if s.begun {
		*s.track(kind) = splicedTrack{begun: true, last: at - 1, step: 1}
	}
}

func (s *Splicer) track(kind flv.Kind) *splicedTrack {
	if kind == flv.Audio {
		return &s.tracks[1]
	}
	return &s.tracks[0]
}

// Expect returns the time that Next would give to a stamp, so that the stamps of several tracks can be put in order. A stamp that
// has jumped forward may also be one for which the other tracks have to go on first: ahead is true then, and the time is that
// without the jump closed up.
func (s Splicer) Expect(kind flv.Kind, stamp int64) (at int64, ahead bool) {
	if !s.begun {
		return stamp, false
	}
	t := s.track(kind)
	due, forward := s.due(t), stamp+s.offset
	switch at, ok := s.choose(t, stamp, due); {
	case ok:
		return at, false
	case forward > s.latest:
		return forward, true
	}
	return due, false
}

// Retract reports, before Next is asked for a stamp, whether it shows that the one before it of the track was no pause but damaged:
// far ahead, while this one goes on from where the track was. Then it returns the time that the one before should have had, and goes
// on from there.
func (s *Splicer) Retract(kind flv.Kind, stamp int64) (at int64, ok bool) {
	t, second := s.track(kind), s.Second*maxBackSeconds
	if !t.leapt {
		return 0, false
	}
	at = t.before + s.stepOf(t)
	if now := stamp + s.offset; now >= t.last-second || now < t.before || now > at+second {
		return 0, false
	}
	t.last, t.leapt = at, false
	s.latest = at
	for _, other := range s.tracks {
		if other.begun {
			s.latest = max(s.latest, other.last)
		}
	}
	return at, true
}

// stepOf returns the step between the stamps of a track, as far as it is known.
func (s *Splicer) stepOf(t *splicedTrack) int64 {
	if t.step == 0 {
		return max(s.Second/25, 1) // DefaultFrameDuration
	}
	return t.step
}

// due returns when the next stamp of a track is expected. A track that has had none for a while is expected where the others are.
func (s *Splicer) due(t *splicedTrack) int64 {
	if !t.begun {
		return s.latest
	}
	due := t.last + s.stepOf(t)
	if s.latest-due > s.Second*maxBackSeconds {
		return s.latest
	}
	return due
}

// choose applies the offset that brings a stamp nearest to due, and makes it the one in use. It returns false if the stamp has jumped.
func (s *Splicer) choose(t *splicedTrack, stamp, due int64) (int64, bool) {
	now, earlier := stamp+s.offset, stamp+s.before
	switch fits := s.fits(t, now); {
	case s.fits(t, earlier) && (!fits || Distance(earlier, due) < Distance(now, due)):
		s.offset, s.before = s.before, s.offset
		return earlier, true
	case fits:
		return now, true
	}
	return 0, false
}

// fits reports whether a time can follow what was there before without a jump.
func (s *Splicer) fits(t *splicedTrack, at int64) bool {
	gap := s.Gap
	if gap == 0 {
		gap = MaxGapSeconds
	}
	gap *= s.Second
	from := s.latest - gap
	if t.begun {
		from = t.last - s.Second*maxBackSeconds
	}
	return at >= from && at <= s.latest+gap
}

// Again returns the splicer for stamps that are read a second time, from some place before the last one on.
func (s Splicer) Again() Splicer {
	s.tracks = [2]splicedTrack{}
	return s
}

// Distance returns how far two time stamps are from each other.
func Distance(a, b int64) int64 { return max(a-b, b-a) }
