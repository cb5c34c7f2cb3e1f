package mp4

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strings"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// Limits on what is looked at in a moov, and named. A file of 10 MB may have a million tracks.
const (
	maxTracks = 1024
	maxTried  = 16 // tracks of a kind whose samples are looked for
	maxNamed  = 32
)

// addTrack adds a track that may be sent, and names one that cannot.
func (f *reader) addTrack(trak box, movieScale uint32) {
	t, err := parseTrack(trak, movieScale)
	if err != nil {
		f.refuse(t, err)
		return
	}
	f.tracks = append(f.tracks, t)
}

// refuse names a track that is not sent. What is broken in it is no reason not to send the others.
func (f *reader) refuse(t *track, why error) {
	name := fmt.Sprintf("track %d", t.id)
	if t.kind != 0 {
		name += " (" + t.kind.String() + ")"
	}
	fault, ok := codecFault(why)
	if !ok {
		fault = strings.TrimPrefix(why.Error(), media.ErrBadMedia.Error()+": ")
		f.fault = cmp.Or(f.fault, fmt.Errorf("%s: %w", name, why))
	}
	f.skipped(name + ": " + fault)
}

// skipped notes what is in the file and is not sent.
func (f *reader) skipped(text string) {
	if f.unnamed += 1; len(f.info.Skipped) < maxNamed {
		f.unnamed, f.info.Skipped = 0, append(f.info.Skipped, text)
	}
}

// choose keeps the first track of each kind that can be sent, video before audio, and names the others.
func (f *reader) choose() error {
	if err := f.Rewind(); err != nil {
		return err
	}
	var chosen []*track
	for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
		var have *track
		tried := 0
		for _, t := range f.tracks {
			switch {
			case t.kind != kind:
				continue
			case have != nil:
				f.refuse(t, &errCodec{fmt.Sprintf("track %d is sent", have.id)})
				continue
			case tried == maxTried:
				f.refuse(t, &errCodec{fmt.Sprintf("the %d before it cannot be sent", tried)})
				continue
			}
			tried++
			if err := f.try(t); err != nil {
				f.refuse(t, err)
				continue
			}
			have = t
			if t.edits.more > 0 {
				f.skipped(fmt.Sprintf("track %d (%v): %d further edits of its edit list", t.id, kind, t.edits.more))
			}
		}
		if have != nil {
			chosen = append(chosen, have)
		}
	}
	f.tracks = chosen
	if f.unnamed > 0 {
		f.info.Skipped = append(f.info.Skipped, fmt.Sprintf("%d more tracks or edit lists", f.unnamed))
	}
	if f.surplus > 0 {
		f.info.Skipped = append(f.info.Skipped, fmt.Sprintf("%d tracks after the first %d", f.surplus, maxTracks))
	}
	switch {
	case len(chosen) > 0:
		return nil
	case f.fault != nil && (len(f.info.Skipped) == 1 || !errors.Is(f.fault, media.ErrBadMedia) && !errors.Is(f.fault, media.ErrUnsupported)):
		return f.fault
	case len(f.info.Skipped) == 0:
		return fmt.Errorf("%w: no tracks", media.ErrBadMedia)
	}
	return media.NothingToSend(f.info.Skipped, media.ErrUnsupported)
}

// try finds the first sample of a track. The error says why the track cannot be sent.
func (f *reader) try(t *track) error {
	t.prepare(f.Size)
	t.cursor = t.start
	switch ok, err := f.advance(t); {
	case err != nil:
		return err
	case !ok:
		return cmp.Or(f.badFragment, fmt.Errorf("%w: it has no samples", media.ErrBadMedia))
	case f.isMP2(t):
		return &errCodec{media.MP2}
	}
	return nil
}

// start finds the smallest decode time, which becomes 0.
func (f *reader) start() {
	f.shift = math.MaxInt64
	for _, t := range f.tracks {
		// Fragments: what the first ones need has to do, the later ones are not known yet.
		for _, r := range t.runs {
			for r.left > 0 && r.have&trunComposition != 0 {
				s := r.read()
				t.precede(&s)
			}
		}
		t.precede(&t.head)
		f.shift = min(f.shift, t.dts(&t.head))
	}
}
