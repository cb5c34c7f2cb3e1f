package source

import (
	"time"

	"luatrtmp/core/flv"
)

// backward is a medium that goes back to key frames: it has each medium note where the last one was.
type backward struct {
	medium
	noted bool          // Next has returned a key frame
	at    time.Duration // its decode time

	seeking bool // the key frame that was gone back to has not come yet
	configs struct{ video, audio []byte }
	frame   [1][]byte
}

func (b *backward) Next() (*flv.AccessUnit, error) {
	for {
		unit, err := b.medium.Next()
		if err != nil {
			return nil, err
		}
		config := &b.configs.audio
		if unit.Kind == flv.Video {
			config = &b.configs.video
		}
		if b.seeking && (unit.Kind != flv.Video || unit.DTS < b.at) {
			if unit.Config != nil {
				*config = unit.Config
			}
			continue
		}
		b.seeking = false
		if unit.Config == nil {
			unit.Config = *config
		}
		*config = nil
		if b.isKey(unit) {
			b.noted, b.at = true, unit.DTS
			b.medium.mark()
		}
		return unit, nil
	}
}

func (b *backward) isKey(unit *flv.AccessUnit) bool {
	if unit.Kind != flv.Video {
		return false
	}
	codec := unit.Codec
	if codec == flv.NoCodec {
		codec = flv.H264
	}
	if codec.HasNALUs() {
		return codec.IsKey(unit.NALUs)
	}
	b.frame[0] = unit.Data
	return codec.IsKey(b.frame[:])
}

// Back implements Source.
func (b *backward) Back() error {
	if !b.noted {
		return nil
	}
	b.configs.video, b.configs.audio = nil, nil
	b.seeking = true
	return b.medium.back()
}

// onlyAudio is a medium without video, which has no key frames.
type onlyAudio struct{}

func (onlyAudio) mark()       {}
func (onlyAudio) back() error { return nil }

// loopMark is the round that a place is in.
type loopMark struct {
	offset time.Duration
	units  int
}

func (l *loop) mark() {
	l.marked = loopMark{l.offset, l.units}
	l.medium.mark()
}

func (l *loop) back() error {
	l.offset, l.units, l.anew, l.err = l.marked.offset, l.marked.units, false, nil
	return l.medium.back()
}

// flvMark is a place in an FLV file.
type flvMark struct {
	offset int64       // of the first tag that belongs behind it
	tracks [2]flvTrack // times and configurations
	clock  splicer
}

func (f *flvFile) mark() {
	f.marked = flvMark{f.out.offset, f.tracks, f.out.clock}
	for _, u := range f.window {
		f.marked.offset = min(f.marked.offset, u.offset)
	}
}

func (f *flvFile) back() error {
	if f.out != nil {
		f.free, f.out = append(f.free, f.out), nil
	}
	f.free = append(f.free, f.window...)
	f.window, f.held, f.err = f.window[:0], 0, nil
	f.tags.offset, f.tags.direct = f.marked.offset, false
	f.tracks, f.clock = f.marked.tracks, f.marked.clock.again()
	for i := range f.tracks {
		t := &f.tracks[i]
		t.pending = t.config != nil
		t.self.started = false
	}
	return nil
}

// mp4Mark is a place in an MP4 file.
type mp4Mark struct {
	fragment int64
	tracks   []mp4Track
	clock    splicer
}

func (f *mp4File) mark() {
	f.marked.fragment, f.marked.clock = f.fragment, f.clockAt
	f.marked.tracks = f.marked.tracks[:0]
	for _, t := range f.tracks {
		m := t.clone()
		if t.kind == flv.Video {
			m.head, m.hasHead = m.last, true // the sample that Next has returned comes again
		}
		f.marked.tracks = append(f.marked.tracks, m)
	}
}

func (f *mp4File) back() error {
	f.err = nil
	f.fragment, f.clock = f.marked.fragment, f.marked.clock.again()
	for i, t := range f.tracks {
		*t = f.marked.tracks[i].clone()
		t.entry, t.config.started = -1, false // the configuration comes again
	}
	return nil
}

// clone returns a copy that does not change with t.
func (t *mp4Track) clone() mp4Track {
	c := *t
	c.runs = append([]run(nil), t.runs...)
	return c
}

// annexBMark is a place in a byte stream.
type annexBMark struct {
	offset int64 // of the first NAL unit
	dts    int64 // in fields
	units  pictures
	ahead  pictures
}

func (f *annexBFile) mark() {
	f.marked = annexBMark{f.last.offset, f.last.dts, f.split.units, f.ahead.units}
}

// back makes the marked key frame the next one. All pictures that are decoded before it have been
// shown then.
func (f *annexBFile) back() error {
	f.restart(f.marked.dts)
	f.split.units, f.ahead.units = f.marked.units, f.marked.ahead
	if err := f.split.seek(f.marked.offset); err != nil {
		return err
	}
	return f.ahead.seek(f.marked.offset)
}

// seek goes to the first NAL unit of an access unit.
func (s *splitter) seek(offset int64) error {
	s.buf, s.bufAt, s.spans = s.buf[:0], offset, s.spans[:0]
	s.begun, s.nalu, s.unit, s.eof, s.err = true, 0, 0, false, nil
	return s.fill()
}

// ivfMark is a place in an IVF file.
type ivfMark struct {
	offset      int64 // of the frame
	first       uint64
	last, delta int64
	clock       splicer // before the frame
	config      selfConfig
}

func (f *ivfFile) mark() {
	f.marked = ivfMark{f.at, f.first, f.last, f.delta, f.clockAt, f.config}
}

func (f *ivfFile) back() error {
	f.seek(f.marked.offset)
	f.err = nil
	f.first, f.last, f.delta = f.marked.first, f.marked.last-f.marked.delta, 0
	f.clock = f.marked.clock.again()
	f.config = f.marked.config
	f.config.started = false
	return nil
}

// tsMark is a place in a transport stream.
type tsMark struct {
	offset  int64 // of the first packet that belongs behind it
	last    int64
	clock   splicer
	configs []selfConfig
}

func (f *tsFile) mark() {
	m := tsMark{offset: f.at, last: f.last, clock: f.clockAt, configs: f.marked.configs[:0]}
	for _, s := range f.streams {
		for _, u := range s.queue {
			m.offset = min(m.offset, u.offset)
		}
		if s.holding {
			m.offset = min(m.offset, s.held.offset)
		}
		if s.pes.Open() {
			m.offset = min(m.offset, s.pesAt)
		}
		m.configs = append(m.configs, s.config)
	}
	f.marked = m
}

func (f *tsFile) back() error {
	f.packets.seek(f.marked.offset)
	f.restartTables()
	f.last, f.timed, f.err = f.marked.last, true, nil
	f.clock = f.marked.clock.again()
	for i, s := range f.streams {
		frame, lastAt, begun := s.frame, s.lastAt, s.begun
		if err := s.begin(); err != nil {
			return err
		}
		s.frame, s.lastAt, s.begun = frame, lastAt, begun
		s.config = f.marked.configs[i]
		s.config.started = false
	}
	return nil
}
