package flvfile

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// Limits on FLV files.
const (
	probeTags   = 4096    // tags in which each track has to show itself
	windowTags  = 32      // tags that are held to put audio and video in order
	windowBytes = 4 << 20 // and their size; one more tag may pass it, a tag being at most 16 MiB
	clock       = 1000    // timestamps per second
	maxSkipped  = 32      // what is named of the tracks that are not sent
)

// reader reads an FLV file tag by tag.
type reader struct {
	*media.Input
	info   media.Info
	tags   tagReader
	start  int64    // offset of the first tag
	first  uint32   // timestamp of the first tag of a track
	shift  int64    // the smallest DTS in ms, relative to first
	tracks [2]track // video, audio
	clock  media.Splicer

	probing bool
	seen    [2]bool // which kinds have tags among the first ones, or have been named since
	leftOut bool    // a tag was left out, which is said once

	window []*unit // in order of decoding
	held   int     // bytes in the window
	free   []*unit
	out    *unit // last returned; its memory is used again
	unit   flv.AccessUnit
	err    error // from reading; what is in the window comes before it
	marked mark
}

// unit is a tag in the window.
type unit struct {
	kind     flv.Kind
	codec    flv.Codec
	dts, pts int64         // ms
	more     time.Duration // to be added to both: Enhanced RTMP, nanosecond offset
	body     []byte
	data     []byte
	config   []byte
	nalus    [][]byte // of data
	offset   int64
	clock    media.Splicer // before it
}

// Open opens an FLV file.
func Open(in *media.Input) (media.Reader, error) {
	f := &reader{Input: in, tags: tagReader{in: in}, clock: media.Splicer{Second: clock}}
	if err := f.tags.readHeader(); err != nil {
		return nil, err
	}
	f.start = f.tags.offset
	if err := f.probe(); err != nil {
		return nil, err
	}
	return f, f.Rewind()
}

func (f *reader) Info() media.Info { return f.info }

func (f *reader) Rewind() error {
	f.tags.offset, f.tags.direct, f.tags.backs = f.start, false, 0
	f.err = nil
	f.free = append(f.free, f.window...)
	f.window, f.held = f.window[:0], 0
	f.clock = media.Splicer{Second: clock}
	for i := range f.tracks {
		t := &f.tracks[i]
		*t = track{present: t.present, codec: t.codec, id: t.id}
	}
	return nil
}

func (f *reader) Next() (*flv.AccessUnit, error) {
	if f.out != nil {
		f.free = append(f.free, f.out)
		f.out = nil
	}
	for f.err == nil && len(f.window) < windowTags && f.held < windowBytes {
		f.err = f.readUnit()
	}
	if len(f.window) == 0 {
		return nil, f.err
	}
	u := f.window[0]
	copy(f.window, f.window[1:])
	f.window[len(f.window)-1] = nil
	f.window = f.window[:len(f.window)-1]
	f.held -= len(u.body)
	f.out = u
	if t := f.track(u.kind); t.latest == u {
		t.latest = nil
	}

	f.unit = flv.AccessUnit{Kind: u.kind, Codec: u.codec, Config: u.config, DTS: f.time(u.dts) + u.more, PTS: f.time(u.pts) + u.more}
	if u.codec.HasNALUs() {
		f.unit.NALUs = u.nalus
	} else {
		f.unit.Data = u.data
	}
	return &f.unit, nil
}

func (f *reader) time(ms int64) time.Duration { return time.Duration(ms-f.shift) * time.Millisecond }

// End is rounded to whole ms, as all times in FLV are: the exact duration of the last audio frame, added to a rounded time, would make
// every round some 0.3 ms too long.
func (f *reader) End() time.Duration {
	var last time.Duration
	for i := range f.tracks {
		t := &f.tracks[i]
		if !t.started {
			continue
		}
		duration := t.frame
		if duration == 0 {
			duration = time.Duration(t.delta) * time.Millisecond
		}
		if duration <= 0 {
			duration = media.DefaultFrameDuration
		}
		last = max(last, f.time(t.dts)+duration)
	}
	return last.Round(time.Millisecond)
}

// readUnit reads tags until one is an access unit, and puts it in the window.
func (f *reader) readUnit() error {
	for {
		tag, err := f.tags.next()
		if errors.Is(err, media.ErrUnsupported) { // encrypted
			f.leaveOut(tag, err)
			f.tags.skip(tag)
			continue
		}
		if err != nil {
			return f.changed(err)
		}
		t := f.track(tag.kind)
		if t == nil || !t.present || tag.size == 0 {
			f.nameLate(tag)
			f.tags.skip(tag)
			continue
		}
		u := f.spare()
		if u.body, err = f.tags.body(u.body[:0], tag); err == errWrongSize {
			f.free = append(f.free, u)
			continue
		} else if err != nil {
			return err
		}
		ok, err := f.parse(t, tag, u)
		switch {
		case errors.Is(err, media.ErrUnsupported):
			t.foreign++
			t.change = cmp.Or(t.change, fmt.Errorf("%w: tag at offset %d: %w", media.ErrBadMedia, tag.offset, err))
			if t.foreign > maxForeign {
				return t.change
			}
			f.leaveOut(tag, err)
		case err != nil:
			f.leaveOut(tag, err)
		}
		if ok {
			t.foreign, t.change = 0, nil
			f.insert(u)
			return nil
		}
		f.free = append(f.free, u)
	}
}

// maxForeign is how many tags of another codec a track may have one after the other, before it counts as changed. A single one is
// damaged.
const maxForeign = 64

// changed returns the error in place of io.EOF if a track has changed its codec before the end.
func (f *reader) changed(err error) error {
	for i := range f.tracks {
		if t := &f.tracks[i]; err == io.EOF && t.foreign > 1 {
			return t.change
		}
	}
	return err
}

// leaveOut warns of a tag that cannot be read. FFmpeg goes on with the next one, too.
func (f *reader) leaveOut(tag tag, why error) {
	if !f.leftOut {
		f.leftOut = true
		f.Warnf("%v: the tag at offset %d is left out, as are others like it: %v", tag.kind, tag.offset, why)
	}
}

// nameLate warns of a track that begins too late to be sent.
func (f *reader) nameLate(tag tag) {
	i := 0
	switch {
	case tag.size == 0 || tag.kind != flv.Audio && tag.kind != flv.Video:
		return
	case tag.kind == flv.Audio:
		i = 1
	}
	if !f.seen[i] {
		f.seen[i] = true
		f.Warnf("%v begins at offset %d, after the first %d tags, and is not sent", tag.kind, tag.offset, probeTags)
	}
}

// insert puts a unit in its place by DTS, video first, without changing the order within a track.
func (f *reader) insert(u *unit) {
	i := len(f.window)
	f.window = append(f.window, u)
	for i > 0 {
		before := f.window[i-1]
		if before.kind == u.kind || before.dts < u.dts || before.dts == u.dts && u.kind == flv.Audio {
			break
		}
		f.window[i] = before
		i--
	}
	f.window[i] = u
	f.held += len(u.body)
	f.track(u.kind).latest = u
}

// move gives the last unit of a track in the window another time.
func (f *reader) move(u *unit, dts int64) {
	u.pts += dts - u.dts
	u.dts = dts
	i := slices.Index(f.window, u)
	f.window = slices.Delete(f.window, i, i+1)
	f.held -= len(u.body)
	f.insert(u)
}

func (f *reader) spare() *unit {
	if n := len(f.free); n > 0 {
		u := f.free[n-1]
		f.free = f.free[:n-1]
		return u
	}
	return &unit{}
}

func (f *reader) track(kind flv.Kind) *track {
	switch kind {
	case flv.Video:
		return &f.tracks[0]
	case flv.Audio:
		return &f.tracks[1]
	}
	return nil
}

// isEnd reports whether the error of reading a tag means the end of the file.
func isEnd(err error) bool { return err == io.EOF || errors.Is(err, media.ErrTruncated) }
