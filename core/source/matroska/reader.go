package matroska

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/internal/brief"
)

// Limits on Matroska files.
const (
	maxTracks  = 1024     // that are looked at
	maxEntry   = 1 << 20  // size of a track's entry, and of other headers
	maxEntries = 16 << 20 // size of all entries of tracks that are looked at, as they are when they are unpacked
	maxRubbish = 64 << 20 // bytes in which the next cluster is looked for behind what is damaged

	// How far each track has to show itself, and how many frames of video tell in which order they are.
	probeBytes  = 32 << 20
	probeFrames = 128

	// What is held to put audio and video in order.
	heldUnits = 4096
	heldBytes = 32 << 20
	heldTime  = 5 * time.Second

	maxTime = int64(100 * 365 * 24 * time.Hour) // bounds times, so that no sum of them overflows; wall clocks count from 1970

	defaultScale = int64(time.Millisecond)
)

// reader reads a file. Its place in it is that of the next element.
type reader struct {
	window  media.Window
	info    media.Info
	streams []*stream // that are sent: video, then audio
	first   place     // of the first cluster
	shift   time.Duration
	docType string
	warned  map[string]bool // kinds of faults

	place

	spare      []*unit
	spareBytes int
	out        *unit // the last one
	unit       flv.AccessUnit
	err        error
	marked     place
	laces      [][]byte
	probing    *prober // nil once the tracks are chosen
	buf        []byte
}

// place is a place in a file, with all that reading depends on.
type place struct {
	offset  int64
	doc     *document
	cluster int64 // its time in ns
	end     int64 // offset of the end of the cluster; unknownEnd: unknown
	segment int64 // the same of the segment
	clock   media.Splicer
	order   order // of video
}

// document is what is in front of the media. Files may be joined, so that there are several. It does not change.
type document struct {
	scale    int64   // ns of a unit of time
	duration float64 // in units of scale; 0: unknown
	tracks   []*track
	sent     []*track // those of the streams; nil: there is none
	names    []string // what cannot be sent
	count    int      // tracks
	unseen   int      // of those, how many were not looked at: the last ones
}

// Open reads the headers of a file and chooses the tracks that are sent.
func Open(in *media.Input) (media.Reader, error) {
	f := &reader{window: media.Window{In: in}, warned: map[string]bool{}}
	f.place = place{doc: &document{scale: defaultScale}, end: unknownEnd, segment: unknownEnd}
	err := f.readHeaders()
	if f.docType != "" && f.docType != "matroska" && f.docType != "webm" {
		if err != nil {
			return nil, fmt.Errorf("EBML files of the type %q are %w; %s", brief.Text(f.docType), media.ErrUnsupported, media.VideoAdvice)
		}
		in.Warnf("it says that it is of the type %q, but it is Matroska", brief.Text(f.docType))
	}
	if err != nil {
		return nil, err
	}
	if err := f.choose(); err != nil {
		return nil, err
	}
	if err := f.Rewind(); err != nil {
		return nil, err
	}
	for f.err == nil && !f.ready() {
		f.err = f.read()
	}
	s := f.earliest()
	if s == nil {
		return nil, f.nothing()
	}
	f.shift = time.Duration(s.queue[0].dts)
	f.describe()
	return f, f.Rewind()
}

// Info implements media.Reader.
func (f *reader) Info() media.Info { return f.info }

// Close implements media.Reader.
func (f *reader) Close() error { return f.window.In.Close() }

// Rewind implements media.Reader.
func (f *reader) Rewind() error {
	if err := f.restart(f.first); err != nil {
		return err
	}
	for _, s := range f.streams {
		if err := s.begin(); err != nil {
			return err
		}
	}
	return nil
}

// Mark implements media.Reader.
func (f *reader) Mark() {
	f.marked = f.out.at
	for _, s := range f.streams {
		for _, u := range s.queue {
			if u.at.offset < f.marked.offset {
				f.marked = u.at
			}
		}
	}
}

// Back implements media.Reader.
func (f *reader) Back() error { return f.restart(f.marked) }

// restart goes to a place. What is held is forgotten.
func (f *reader) restart(at place) error {
	f.window.Goto(at.offset)
	f.place, f.err = at, nil
	f.release()
	for _, s := range f.streams {
		for _, u := range s.queue {
			f.reuse(u)
		}
		s.restart()
	}
	return nil
}

// End implements media.Reader.
func (f *reader) End() time.Duration {
	var last time.Duration
	for _, s := range f.streams {
		if s.begun {
			last = max(last, time.Duration(s.last)+s.duration()-f.shift)
		}
	}
	return last
}

// release gives the memory of the last unit back.
func (f *reader) release() {
	if f.out != nil {
		f.reuse(f.out)
		f.out = nil
	}
}

// reuse keeps the memory of a unit, but no more than is held of units.
func (f *reader) reuse(u *unit) {
	if size := u.size(); f.spareBytes+size <= heldBytes && len(f.spare) < heldUnits {
		f.spare, f.spareBytes = append(f.spare, u), f.spareBytes+size
	}
}

// newUnit returns a unit whose memory may be used.
func (f *reader) newUnit() *unit {
	if n := len(f.spare); n > 0 {
		u := f.spare[n-1]
		f.spare = f.spare[:n-1]
		f.spareBytes -= u.size()
		return u
	}
	return &unit{}
}

// Next implements media.Reader.
func (f *reader) Next() (*flv.AccessUnit, error) {
	f.release()
	for f.err == nil && !f.ready() {
		f.err = f.read()
	}
	s := f.earliest()
	if s == nil {
		return nil, f.err
	}
	u := s.pop()
	f.out = u
	f.unit = flv.AccessUnit{
		Kind: u.track.kind, Codec: u.track.codec, DTS: time.Duration(u.dts) - f.shift, PTS: time.Duration(u.pts) - f.shift, Config: s.news(u),
	}
	if u.track.codec.HasNALUs() {
		f.unit.NALUs = u.nalus
	} else {
		f.unit.Data = u.data
	}
	return &f.unit, nil
}

// ready reports whether it is known which unit comes next: all streams have one, or so much is held that
// the others are no longer waited for.
func (f *reader) ready() bool {
	held, size, missing := 0, 0, false
	var first, last int64
	for _, s := range f.streams {
		if len(s.queue) == 0 {
			missing = true
			continue
		}
		if dts := s.queue[0].dts; held == 0 || dts < first {
			first = dts
		}
		if dts := s.queue[len(s.queue)-1].dts; held == 0 || dts > last {
			last = dts
		}
		held += len(s.queue)
		size += s.bytes
	}
	return held > 0 && (!missing || held >= heldUnits || size >= heldBytes || last-first > int64(heldTime))
}

// earliest returns the stream with the next unit, nil if there is none. Video is first, and wins ties.
func (f *reader) earliest() (next *stream) {
	for _, s := range f.streams {
		if len(s.queue) > 0 && (next == nil || s.queue[0].dts < next.queue[0].dts) {
			next = s
		}
	}
	return next
}

// warnOnce warns of a kind of fault. Damaged files may have many of a kind.
func (f *reader) warnOnce(kind, format string, args ...any) {
	if !f.warned[kind] {
		f.warned[kind] = true
		f.window.In.Warnf(format, args...)
	}
}

// nothing says why nothing can be sent.
func (f *reader) nothing() error {
	for _, s := range f.streams {
		if s.fault != nil {
			return fmt.Errorf("%w: track %d (%v): %w", media.ErrBadMedia, s.track.number, s.track.kind, s.fault)
		}
	}
	if f.err != nil && f.err != io.EOF {
		return f.err
	}
	return fmt.Errorf("%w: the tracks have no frames", media.ErrBadMedia)
}

// describe fills Info when the first units are held.
func (f *reader) describe() {
	for _, s := range f.streams {
		t := s.track
		if t.kind == flv.Video {
			info := t.video
			if t.config == nil && len(s.queue) > 0 {
				info = s.config.Track.Info()
				t.finishVideo(&info)
			}
			f.info.Video = &info
			continue
		}
		info := t.audio
		if t.config == nil && len(s.queue) > 0 {
			if said, err := media.NewAudioInfo(t.codec, nil, s.queue[0].data); err == nil {
				info = said
			}
		}
		f.info.Audio = &info
	}
	if d := f.first.doc.duration * float64(f.first.doc.scale); d > 0 && d < float64(maxTime) {
		f.info.Duration = max(time.Duration(d)-f.shift, 0)
	}
}

// choose keeps the first track of each kind that has frames, and names the others.
func (f *reader) choose() error {
	doc := f.first.doc
	names := slices.Clone(doc.names)
	tracks, why, err := f.probe()
	if err != nil {
		return err
	}
	for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
		sent := false
		for i, t := range tracks {
			switch {
			case t.kind != kind:
			case why[i] != "":
				names = append(names, fmt.Sprintf("track %d (%v): %s", t.number, t.kind, why[i]))
			case sent:
				names = append(names, fmt.Sprintf("track %d (%v): the first one is sent", t.number, t.kind))
			default:
				s, err := newStream(t)
				if err != nil {
					return err
				}
				sent, f.streams, f.first.doc.sent = true, append(f.streams, s), append(f.first.doc.sent, t)
			}
		}
	}
	if doc.unseen > 0 {
		names = append(names, fmt.Sprintf("%d tracks after the first %d", doc.unseen, doc.count-doc.unseen))
	}
	if len(f.streams) > 0 {
		f.info.Skipped = names
		return nil
	}
	if len(names) == 0 {
		return fmt.Errorf("%w: no tracks", media.ErrBadMedia)
	}
	if slices.ContainsFunc(why, func(s string) bool { return s != media.MP2 }) { // another codec would not help
		fault := media.ErrBadMedia
		if errors.Is(f.err, media.ErrTruncated) {
			fault = media.ErrTruncated
		}
		return fmt.Errorf("nothing can be sent: %s: %w", brief.Join(names), fault)
	}
	return media.NothingToSend(names, media.ErrUnsupported)
}
