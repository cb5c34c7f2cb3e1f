package mp4

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// Limits on what is looked at in a moov, and named. A file of 10 MB may have a million tracks.
const (
	maxTracks = 1024
	maxNamed  = 32
)

// reader reads MP4 and MOV files: sample tables, fragments, or both.
//
// Of an edit list the initial delay and the start of the first real edit are followed; its end, and further edits, are not.
type reader struct {
	*media.Input
	info       media.Info
	tracks     []*track // the ones that are sent: video, then audio
	shift      time.Duration
	fragmented bool
	defaults   map[uint32]runDefaults // of fragments, by track id
	fragment   int64                  // where to look for the next moof

	unit  flv.AccessUnit
	buf   []byte
	nalus [][]byte
	err   error

	clock   media.Splicer
	clockAt media.Splicer // before the last sample
	marked  mark
}

// Open opens an MP4 or QuickTime file.
func Open(in *media.Input) (media.Reader, error) {
	f := &reader{Input: in}
	moov, err := f.findMovie()
	if err != nil {
		return nil, err
	}
	if err := f.parseMovie(moov); err != nil {
		return nil, err
	}
	if err := f.start(); err != nil {
		return nil, err
	}
	f.describe()
	return f, f.Rewind()
}

// findMovie loads the moov, which may stand before or after the media.
func (f *reader) findMovie() (box, error) {
	for offset := int64(0); ; {
		top, ok, err := topBoxAt(f.Input, offset)
		if err != nil {
			return box{}, err
		}
		if !ok {
			return box{}, fmt.Errorf("%w: no moov box in %d bytes: the file was not finished or is cut off", media.ErrTruncated, f.Size)
		}
		if top.typ == "moov" {
			return loadBox(f.Input, top)
		}
		offset = top.End
	}
}

func (f *reader) parseMovie(moov box) error {
	var movieScale uint32
	f.defaults = map[uint32]runDefaults{}
	err := moov.each(func(b box) error {
		switch b.typ {
		case "mvhd":
			var err error
			movieScale, err = b.afterTimes()
			return err
		case "mvex":
			f.fragmented = true
			return b.each(func(c box) error {
				if c.typ != "trex" {
					return nil
				}
				return c.fixed(func(v *fields) { // ISO/IEC 14496-12, 8.8.3
					v.full()
					track := v.u32()
					if len(f.defaults) >= maxTracks {
						return
					}
					f.defaults[track] = runDefaults{entry: int(v.u32()) - 1, duration: v.u32(), size: v.u32(), flags: v.u32()}
				})
			})
		}
		return nil
	})
	if err != nil {
		return err
	}
	tracks := 0
	err = moov.each(func(b box) error {
		if b.typ != "trak" {
			return nil
		}
		if tracks++; tracks > maxTracks {
			return nil
		}
		return f.addTrack(b, movieScale)
	})
	if err != nil {
		return err
	}
	if more := len(f.info.Skipped) - maxNamed; more > 0 {
		f.info.Skipped = append(f.info.Skipped[:maxNamed], fmt.Sprintf("%d more tracks or edit lists", more))
	}
	if more := tracks - maxTracks; more > 0 {
		f.info.Skipped = append(f.info.Skipped, fmt.Sprintf("%d tracks after the first %d", more, maxTracks))
	}
	return f.choose()
}

// addTrack keeps the first track of each kind that can be sent and notes the others.
func (f *reader) addTrack(trak box, movieScale uint32) error {
	t, err := parseTrack(trak, movieScale)
	name := fmt.Sprintf("track %d", t.id)
	if t.kind != 0 {
		name += " (" + t.kind.String() + ")"
	}
	if fault, ok := codecFault(err); ok {
		f.info.Skipped = append(f.info.Skipped, name+": "+fault)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if slices.ContainsFunc(f.tracks, func(have *track) bool { return have.kind == t.kind }) {
		f.info.Skipped = append(f.info.Skipped, name+": the first one is sent")
		return nil
	}
	if t.edits.more > 0 {
		f.info.Skipped = append(f.info.Skipped, fmt.Sprintf("%s: %d further edits of its edit list", name, t.edits.more))
	}
	f.tracks = append(f.tracks, t)
	return nil
}

// choose puts video first, and refuses a file of which nothing can be sent.
func (f *reader) choose() error {
	slices.SortFunc(f.tracks, func(a, b *track) int { return int(b.kind) - int(a.kind) })
	if len(f.tracks) > 0 {
		return nil
	}
	if len(f.info.Skipped) == 0 {
		return fmt.Errorf("%w: no tracks", media.ErrBadMedia)
	}
	return fmt.Errorf("nothing can be sent: %s: %w; %s", strings.Join(f.info.Skipped, "; "), media.ErrUnsupported, media.VideoAdvice)
}

func (f *reader) byID(id uint32) *track {
	for _, t := range f.tracks {
		if t.id == id {
			return t
		}
	}
	return nil
}

// start finds the first samples and the smallest decode time, which becomes 0.
func (f *reader) start() error {
	for _, t := range f.tracks {
		t.prepare(f.Size)
	}
	if err := f.Rewind(); err != nil {
		return err
	}
	for _, t := range f.tracks {
		if _, err := f.advance(t); err != nil {
			return err
		}
		// Fragments: what the first ones need has to do, the later ones are not known yet.
		for _, r := range t.runs {
			for r.left > 0 && r.have&trunComposition != 0 {
				s := r.read()
				t.dtsShift = max(t.dtsShift, s.dts-s.pts)
			}
		}
		if t.hasHead {
			t.dtsShift = max(t.dtsShift, t.head.dts-t.head.pts)
		}
	}
	f.tracks = slices.DeleteFunc(f.tracks, func(t *track) bool {
		if !f.IsMP2(t) {
			return false
		}
		f.info.Skipped = append(f.info.Skipped, fmt.Sprintf("track %d (%v): %s", t.id, t.kind, media.MP2))
		return true
	})
	if err := f.choose(); err != nil {
		return err
	}
	f.shift = math.MaxInt64
	for _, t := range f.tracks {
		if t.hasHead {
			f.shift = min(f.shift, t.dts(&t.head))
		}
	}
	if f.shift == math.MaxInt64 {
		return fmt.Errorf("%w: the tracks have no samples", media.ErrBadMedia)
	}
	return nil
}

// isOtherLayer reports whether the first sample of a track that is announced as MPEG audio is of layer 1 or 2.
func (f *reader) IsMP2(t *track) bool {
	if !t.hasHead || t.head.entry < 0 || t.head.entry >= len(t.entries) || t.entries[t.head.entry].codec != flv.MP3 {
		return false
	}
	var head [media.MpegAudioHeaderSize]byte
	n, _ := f.ReadAt(head[:], t.head.offset) // what is wrong with the sample comes when it is due
	return media.IsMP2(head[:n])
}

func (f *reader) Info() media.Info { return f.info }

func (f *reader) Rewind() error {
	f.err = nil
	f.fragment = 0
	f.clock = media.Splicer{Second: int64(time.Second), Gap: media.MaxGapMP4}
	for _, t := range f.tracks {
		t.Rewind()
	}
	return nil
}

func (f *reader) End() time.Duration {
	var last time.Duration
	for _, t := range f.tracks {
		if t.entry >= 0 {
			last = max(last, t.End()-f.shift+t.moved)
		}
	}
	return last
}

// advance makes sure that a track has a head, reading fragments for it; false at its end.
func (f *reader) advance(t *track) (bool, error) {
	for {
		ok, err := t.load()
		if ok || err != nil {
			return ok, err
		}
		if !f.fragmented {
			return false, nil
		}
		if ok, err = f.readFragment(); !ok || err != nil {
			return false, err
		}
	}
}

func (f *reader) Next() (*flv.AccessUnit, error) {
	if f.err == nil {
		f.err = f.read()
	}
	if f.err != nil {
		return nil, f.err
	}
	return &f.unit, nil
}

func (f *reader) read() error {
	var next *track
	for _, t := range f.tracks { // video is first, and wins ties
		ok, err := f.advance(t)
		if err != nil {
			return err
		}
		if ok && (next == nil || t.dts(&t.head) < next.dts(&next.head)) {
			next = t
		}
	}
	if next == nil {
		return io.EOF
	}
	if err := f.readSample(next); err != nil {
		return err
	}
	f.clockAt = f.clock
	next.moved = time.Duration(f.clock.Next(next.kind, int64(f.unit.DTS))) - f.unit.DTS
	f.unit.DTS += next.moved
	f.unit.PTS += next.moved
	return nil
}
