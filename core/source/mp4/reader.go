package mp4

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// reader reads MP4 and MOV files: sample tables, fragments, or both.
//
// Of an edit list the initial delay and the start of the first real edit are followed; its end, and further edits, are not.
type reader struct {
	*media.Input
	info       media.Info
	tracks     []*track // the ones that are sent: video, then audio; all that may be while the file is opened
	fault      error    // what is wrong with the first track that cannot be read
	unnamed    int      // what is not sent and not named one by one
	surplus    int      // tracks that were not looked at
	shift      time.Duration
	fragmented bool
	defaults   map[uint32]runDefaults // of fragments, by track id
	fragment   int64                  // where to look for the next moof
	headers    headers

	unit  flv.AccessUnit
	buf   []byte
	nalus [][]byte
	err   error

	leftOut      bool  // a sample was left out, which is said once
	leftOutBytes int64 // since Rewind

	cut         error // why a track ended early; nil if none did
	badFragment error // what is wrong with the first fragment that cannot be read

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
	if err := f.choose(); err != nil {
		return nil, err
	}
	f.start()
	f.describe()
	return f, f.Rewind()
}

// findMovie loads the moov, which may stand before or after the media.
func (f *reader) findMovie() (box, error) {
	for offset := int64(0); ; {
		top, ok, err := f.headers.topBoxAt(f.Input, offset)
		if err != nil {
			return box{}, err
		}
		if !ok && isStill(f.Input) {
			return box{}, fmt.Errorf("still images in HEIF and AVIF files are %w; %s", media.ErrUnsupported, media.StillAdvice)
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

// isStill reports whether the major brand of a file is one of still images. ISO/IEC 23008-12, 10; AVIF, 6.
func isStill(in *media.Input) bool {
	head := make([]byte, 12)
	if _, err := in.ReadAt(head, 0); err != nil || string(head[4:8]) != "ftyp" {
		return false
	}
	return slices.Contains([]string{"heic", "heix", "mif1", "avif"}, string(head[8:]))
}

func (f *reader) parseMovie(moov box) error {
	var movieScale uint32
	f.defaults = map[uint32]runDefaults{}
	err := moov.each(func(b box) error {
		switch b.typ {
		case "mvhd":
			v, err := decode[*mp4.MvhdBox](b, mp4.DecodeMvhdSR)
			if err == nil {
				movieScale = v.Timescale
			}
			return err
		case "mvex":
			f.fragmented = true
			return b.each(func(c box) error {
				if c.typ != "trex" {
					return nil
				}
				v, err := decode[*mp4.TrexBox](c, mp4.DecodeTrexSR)
				if err == nil && len(f.defaults) < maxTracks {
					f.defaults[v.TrackID] = runDefaults{
						entry: int(v.DefaultSampleDescriptionIndex) - 1, duration: v.DefaultSampleDuration, size: v.DefaultSampleSize, flags: v.DefaultSampleFlags,
					}
				}
				return err
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
		f.addTrack(b, movieScale)
		return nil
	})
	if err != nil {
		return err
	}
	f.surplus = max(tracks-maxTracks, 0)
	return nil
}

func (f *reader) byID(id uint32) *track {
	for _, t := range f.tracks {
		if t.id == id {
			return t
		}
	}
	return nil
}

// isMP2 reports whether the first sample of a track that is announced as MPEG audio is of layer 1 or 2.
func (f *reader) isMP2(t *track) bool {
	if !t.hasHead || t.entries[t.head.entry].codec != flv.MP3 {
		return false
	}
	var head [media.MPEGAudioHeaderSize]byte
	n, _ := f.ReadAt(head[:], t.head.offset) // what is wrong with the sample comes when it is due
	return media.IsMP2(head[:n])
}

func (f *reader) Info() media.Info { return f.info }

func (f *reader) Rewind() error {
	f.err, f.cut = nil, nil
	f.fragment = 0
	f.leftOutBytes = 0
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
	for {
		next, err := f.nextTrack()
		if err != nil {
			return err
		}
		ok, err := f.readSample(next)
		switch {
		case errors.Is(err, media.ErrTruncated): // the samples of other tracks may be there
			next.miss(err)
		case err != nil:
			return err
		case ok:
			if next.missing > 0 {
				f.Warnf("track %d: %d samples are left out: %v", next.id, next.missing, next.cut)
				next.missing, next.cut = 0, nil
			}
			f.splice(next)
			return nil
		}
	}
}

// maxMissing is how many samples of a track may follow each other that are not in the file, before it counts as cut. One size that
// is damaged puts the other samples of its chunk behind the end of the file.
const maxMissing = 1024

// miss passes over the head of a track, which is not in the file.
func (t *track) miss(why error) {
	t.cut = cmp.Or(t.cut, why)
	t.hasHead = false
	t.missing++
	t.over = t.missing > maxMissing
}

// maxRuns is how many runs of one track are held while fragments with samples of another one are looked for.
const maxRuns = 256

// nextTrack returns the track whose head is due, by the times that close up jumps: a track whose times have gone back, where
// files were joined, waits for the others. The error is io.EOF behind the last sample, or what cut the file.
func (f *reader) nextTrack() (*track, error) {
	for {
		next, least, ahead, dry := (*track)(nil), int64(0), false, false
		for _, t := range f.tracks { // video is first, and wins ties
			if t.over {
				continue
			}
			ok, err := t.load()
			if err != nil { // its tables end early
				t.over, t.cut = true, cmp.Or(t.cut, err)
				continue
			}
			if !ok {
				dry = true
				continue
			}
			if at, far := f.clock.Expect(t.kind, int64(t.dts(&t.head)-f.shift)); next == nil || at < least {
				next, least, ahead = t, at, far
			}
		}
		// What is far ahead stands in front of the next fragment: it is no pause, its time has jumped.
		if dry && f.fragmented && (next == nil || !ahead && len(next.runs) < maxRuns) {
			switch ok, err := f.readFragment(); {
			case errors.Is(err, media.ErrTruncated):
				f.cut = cmp.Or(f.cut, err)
			case err != nil:
				return nil, err
			case ok:
				continue
			}
		}
		if next == nil {
			cut := f.cut
			for _, t := range f.tracks {
				cut = cmp.Or(cut, t.cut)
			}
			return nil, cmp.Or(cut, io.EOF)
		}
		return next, nil
	}
}

// splice closes up a jump of the time in front of the sample that was read.
func (f *reader) splice(next *track) {
	f.clockAt = f.clock
	next.moved = time.Duration(f.clock.Next(next.kind, int64(f.unit.DTS))) - f.unit.DTS
	f.unit.DTS += next.moved
	f.unit.PTS += next.moved
}
