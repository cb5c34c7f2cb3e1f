package mutations_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"regexp"
	"runtime/metrics"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source"
)

// What a damaged file may cost, and say. What is allocated in all is never less than what is in use.
const (
	fixedMemory   = 32 << 20
	memoryPerByte = 4
	memoryPerUnit = 16 << 10 // of each unit that is read: readers may allocate for them

	maxWarnings = 16
	maxText     = 1000
	maxSkipped  = 64

	// maxStep is more than the largest gap that is not closed up, of 60 s in MP4.
	maxStep = 61 * time.Second
	maxLate = 10 * time.Second // between decoding and presentation

	// maxBegin is how late the first unit may be, where those before it are damaged and left out.
	maxBegin = 10 * time.Second
)

var place = regexp.MustCompile(`offset \d+|of \d+ bytes|[0-9a-f]{2} [0-9a-f]{2}|\(stsc, stco, stsz\)`)

// bounds holds what came out of one reading against what is promised.
type bounds struct {
	size   int // of the file
	units  int
	last   map[flv.Kind]time.Duration
	codecs map[flv.Kind]flv.Codec // that came last
}

func newBounds(size int) *bounds {
	return &bounds{size: size, last: map[flv.Kind]time.Duration{}, codecs: map[flv.Kind]flv.Codec{}}
}

// unit checks one access unit.
func (b *bounds) unit(u *flv.AccessUnit) error {
	last, begun := b.last[u.Kind]
	late := u.PTS - u.DTS
	switch b.units++; {
	case u.Kind != u.Codec.Kind():
		return fmt.Errorf("unit %d: kind %v of codec %v", b.units, u.Kind, u.Codec)
	case b.units == 1 && u.DTS > maxBegin:
		return fmt.Errorf("the first unit is at %v", u.DTS)
	case u.DTS < 0 || u.DTS > time.Duration(b.units)*maxStep:
		return fmt.Errorf("unit %d is at %v", b.units, u.DTS)
	case late.Abs() > maxLate:
		return fmt.Errorf("unit %d: PTS %v, DTS %v", b.units, u.PTS, u.DTS)
	case begun && u.DTS <= last:
		return fmt.Errorf("unit %d: %v at %v after %v", b.units, u.Kind, u.DTS, last)
	case (!begun || u.Codec != b.codecs[u.Kind]) && u.Config == nil && hasConfig(u.Codec):
		return fmt.Errorf("unit %d: the first one of %v has no configuration", b.units, u.Codec)
	case u.Codec.HasNALUs() != (len(u.NALUs) > 0) || u.Codec.HasNALUs() == (len(u.Data) > 0):
		return fmt.Errorf("unit %d: %v with %d NAL units and %d bytes", b.units, u.Codec, len(u.NALUs), len(u.Data))
	}
	b.last[u.Kind], b.codecs[u.Kind] = u.DTS, u.Codec
	return nil
}

// hasConfig reports whether the tracks of a codec begin with a configuration.
func hasConfig(c flv.Codec) bool {
	return c != flv.MP3 && c != flv.AC3 && c != flv.EAC3
}

// checkError requires that an error is of a kind that callers know, and says where the fault is.
func checkError(err error, where bool) error {
	switch {
	case !errors.Is(err, source.ErrBadMedia) && !errors.Is(err, source.ErrTruncated) && !errors.Is(err, source.ErrUnsupported):
		return fmt.Errorf("an error of no kind: %w", err)
	case len(err.Error()) > maxText:
		return fmt.Errorf("an error of %d bytes: %w", len(err.Error()), err)
	case where && !errors.Is(err, source.ErrUnsupported) && !place.MatchString(err.Error()):
		return fmt.Errorf("an error without a place: %w", err)
	}
	return nil
}

// readFile reads a file in all ways: to its end, then again and again with steps back. It returns how many units it read in all.
func readFile(path string, size int, random *rand.Rand) (int, error) {
	once, err := readToEnd(path, size)
	if err != nil {
		return once, fmt.Errorf("read once: %w", err)
	}
	looped, err := readLooped(path, size, min(3*once+10, 2000), random)
	if err != nil {
		return once + looped, fmt.Errorf("read in a loop: %w", err)
	}
	return once + looped, nil
}

func open(path string, loop bool) (source.Source, *warnings, error) {
	w := &warnings{}
	s, err := source.Open(source.Spec{Path: path, Loop: loop, Warn: w.add})
	if err != nil {
		return nil, w, errors.Join(checkError(err, false), w.err)
	}
	info := s.Info()
	switch {
	case len(info.Skipped) > maxSkipped:
		return nil, w, fmt.Errorf("%d tracks are named as left out", len(info.Skipped))
	case info.Duration < 0:
		return nil, w, fmt.Errorf("the duration is %v", info.Duration)
	case !(info.VideoRate >= 0) || !(info.AudioRate >= 0):
		return nil, w, fmt.Errorf("the rates are %v and %v", info.VideoRate, info.AudioRate)
	}
	return s, w, nil
}

// next returns the next unit, however often it has to ask for it.
func next(s source.Source) (*flv.AccessUnit, error) {
	for {
		if u, err := s.Next(); err != source.ErrAgain {
			return u, err
		}
	}
}

func readToEnd(path string, size int) (int, error) {
	s, w, err := open(path, false)
	if s == nil {
		return 0, err
	}
	defer s.Close()
	b := newBounds(size)
	for b.units <= size {
		u, err := next(s)
		if err != nil {
			if _, again := next(s); again == nil || again.Error() != err.Error() {
				return b.units, fmt.Errorf("the error does not stay: %w, then %w", err, again)
			}
			if err != io.EOF {
				return b.units, errors.Join(checkError(err, true), w.err)
			}
			return b.units, w.err
		}
		if err := b.unit(u); err != nil {
			return b.units, err
		}
	}
	return b.units, fmt.Errorf("it has more units than the %d bytes of the file", size)
}

// key is a key frame that a source may be asked to go back to.
type key struct {
	known  bool
	dts    time.Duration
	before map[flv.Kind]time.Duration // what came last of both tracks
}

func isKey(u *flv.AccessUnit) bool {
	if u.Codec.HasNALUs() {
		return u.Codec.IsKey(u.NALUs)
	}
	return u.Kind == flv.Video && u.Codec.IsKey([][]byte{u.Data})
}

func readLooped(path string, size, most int, random *rand.Rand) (int, error) {
	s, w, err := open(path, true)
	if s == nil {
		return 0, err
	}
	defer s.Close()
	b := newBounds(size)
	var last key
	units := 0
	for wentBack := false; units < most; units++ {
		u, err := next(s)
		if err != nil {
			if wentBack {
				return units, fmt.Errorf("the key frame at %v does not come again: %w", last.dts, err)
			}
			if err == io.EOF {
				return units, errors.New("the loop ends")
			}
			return units, errors.Join(checkError(err, false), w.err)
		}
		before := maps.Clone(b.last)
		if err := b.unit(u); err != nil {
			return units, err
		}
		if wentBack && !isKey(u) {
			return units, fmt.Errorf("went back to the key frame at %v, another unit came at %v", last.dts, u.DTS)
		}
		if wentBack = false; isKey(u) {
			last = key{true, u.DTS, before}
		}
		if random.IntN(40) == 0 {
			if err := s.Back(); err != nil {
				return units, fmt.Errorf("going back to %v: %w", last.dts, err)
			}
			if wentBack = last.known; wentBack {
				b.last = maps.Clone(last.before)
			}
		}
	}
	return units, w.err
}

// warnings holds what is said about one file against what is promised.
type warnings struct {
	texts []string
	err   error
}

func (w *warnings) add(text string) {
	w.texts = append(w.texts, text)
	if len(w.texts) > maxWarnings || len(text) > maxText {
		w.err = fmt.Errorf("warning %d of %d bytes: %.80s", len(w.texts), len(text), text)
	}
}

// allocated returns how many bytes were allocated in the life of the process.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
