package mpegts

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/annexb"
	"luatrtmp/core/source/media"
)

// tail is how far from the end the last time is searched.
const tail = 1 << 20

// probe finds out which tracks the file has and which of them can be sent.
func (f *reader) probe() error {
	if err := f.Rewind(); err != nil {
		return err
	}
	f.look()
	if f.looked = true; f.findUntimed() {
		if err := f.Rewind(); err != nil {
			return err
		}
		f.look()
	}
	if err := f.choose(); err != nil {
		return err
	}
	if err := f.Rewind(); err != nil {
		return err
	}
	for f.err == nil && !f.ready() {
		f.err = f.read()
	}
	s := f.earliest()
	if s == nil {
		if f.err == io.EOF {
			return fmt.Errorf("%w: no frame of any track in %d bytes", media.ErrBadMedia, f.Size)
		}
		return f.err
	}
	f.first = s.queue[0].dts
	f.info.Duration = f.duration()
	return nil
}

// look reads until it is known what the tracks are.
func (f *reader) look() {
	for f.err == nil && !f.probed() && (f.packets.Offset < probeBytes || f.packets.Offset < keyFrameBytes && f.awaitsKeyFrame()) {
		f.err = f.read()
	}
}

// awaitsKeyFrame reports whether video comes of which no key frame came so far.
func (f *reader) awaitsKeyFrame() (awaits bool) {
	for _, s := range f.streams {
		if s.kind == flv.Video {
			if s.pictures > 0 {
				return false
			}
			awaits = awaits || s.pesAt.offset >= 0 && s.encrypted < encryptedPackets
		}
	}
	return awaits
}

// findUntimed finds streams of which no packet has a time, or all have the same one, and reports whether there are some.
func (f *reader) findUntimed() (some bool) {
	for _, s := range f.streams {
		if s.pesAt.offset >= 0 && (!s.stamped || s.standing && !s.moved) && s.encrypted < encryptedPackets && !s.audio.refused {
			s.untimed, some = true, true
		}
	}
	return some
}

// takePMT looks at a program map table: first for the program that is sent, then for streams that move to other PIDs.
func (f *reader) takePMT(pid uint16, section []byte) {
	pmt, ok := ParsePMT(section)
	if !ok {
		return
	}
	if f.scanned {
		f.followProgram(pmt, section)
		return
	}
	switch known := slices.Contains(f.programs, pmt.Program); {
	case !known && len(f.programs) >= programs:
		return
	case !known:
		f.programs = append(f.programs, pmt.Program)
		if len(f.streams) > 0 {
			f.names = append(f.names, fmt.Sprintf("program %d: the first one with media is sent", pmt.Program))
			return
		}
	case pmt.Program != f.route.program || f.looked || f.hasMedia() || bytes.Equal(f.pmt, section):
		return
	}
	f.pmt = append(f.pmt[:0], section...)
	f.route = &route{program: pmt.Program, table: pid}
	f.streams, f.left, f.guesses = nil, nil, nil // a map may be empty or wrong at first
	for _, es := range pmt.Streams {
		f.addStream(&es)
	}
}

// addStream adds one of the streams of the program: to those that are sent, or to what is named.
func (f *reader) addStream(es *Stream) {
	codec, opusHead, name := codecOf(es)
	if codec != flv.NoCodec {
		s := newTSStream(es.PID, codec, opusHead)
		err := s.begin()
		if err == nil {
			f.streams = append(f.streams, s)
			return
		}
		name = err.Error()
	}
	name = fmt.Sprintf("PID %d: %s", es.PID, name)
	f.left = append(f.left, name)
	if es.mayBeAnything() && len(f.guesses) < maxGuesses {
		f.guesses = append(f.guesses, &guess{pid: es.PID, name: name, pes: PESReader{Limit: pesLimit}})
	}
}

// hasMedia reports whether something of the program's streams has come.
func (f *reader) hasMedia() bool {
	return slices.ContainsFunc(f.streams, func(s *stream) bool { return s.pesAt.offset >= 0 })
}

// takePAT looks at a section of the program association table: first for the maps of all programs, then for the one that is sent.
func (f *reader) takePAT(section []byte) {
	pat, ok := ParsePAT(section)
	if !ok {
		return
	}
	if f.scanned {
		f.followTable(pat)
		return
	}
	for _, p := range pat.Programs {
		if f.maps[p.PID] == nil && len(f.maps) < programs {
			f.maps[p.PID] = &SectionReader{}
		}
	}
}

// probed reports whether enough was read of the first stream of each kind: a frame of audio; of video a
// DTS, or reorderProbe frames.
func (f *reader) probed() bool {
	if len(f.streams) == 0 || len(f.guesses) > 0 && f.packets.Offset < guessBytes {
		return false
	}
	var seen [2]bool
	for _, s := range f.streams {
		if s.audio.refused {
			continue
		}
		i := 0
		if s.kind == flv.Audio {
			i = 1
		}
		if !seen[i] && !s.probed() {
			return false
		}
		seen[i] = true
	}
	return true
}

func (s *stream) probed() bool {
	if s.kind == flv.Video {
		return s.pictures > 0 && s.hasDTS || s.pictures >= reorderProbe
	}
	return len(s.queue) > 0
}

// choose keeps the first stream of each kind that has media, and names the others.
func (f *reader) choose() error {
	var chosen []*stream
	var fault error
	f.names = append(f.left, f.names...)
	for _, s := range f.streams {
		name := fmt.Sprintf("PID %d (%v)", s.pid, s.kind)
		switch {
		case s.audio.refused:
			f.names = append(f.names, name+": "+media.MP2)
		case len(s.queue) == 0 && s.fault != nil:
			f.names = append(f.names, fmt.Sprintf("%s: %v: %v", name, s.codec, s.fault))
			fault = s.fault
		case len(s.queue) == 0:
			f.names = append(f.names, fmt.Sprintf("%s: no %v in the first %d bytes", name, s.codec, f.packets.Offset))
		case slices.ContainsFunc(chosen, func(c *stream) bool { return c.kind == s.kind }):
			f.names = append(f.names, name+": the first one is sent")
		default:
			s.reorder = s.backward && !s.hasDTS
			if s.display != nil {
				s.delay = s.display.Delay()
				s.lead = int64(float64(s.delay) * clock / 2 / s.rate())
			}
			f.describe(s)
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		if f.err != nil && f.err != io.EOF {
			return f.err
		}
		return f.nothing(fault)
	}
	slices.SortFunc(chosen, func(a, b *stream) int { return int(b.kind) - int(a.kind) })
	for _, s := range f.streams {
		if !slices.Contains(chosen, s) {
			f.silent = append(f.silent, s.pid)
		}
	}
	f.streams, f.scanned = chosen, true
	f.reroute()
	f.home = f.route
	f.origin = 0
	if i := slices.IndexFunc(chosen, func(s *stream) bool { return !s.untimed }); i >= 0 {
		f.origin = chosen[i].queue[0].dts
	}
	f.info.Skipped = f.names
	return nil
}

func (f *reader) describe(s *stream) {
	if s.kind == flv.Audio {
		f.info.Audio = s.audio.info
		return
	}
	info := s.config.Track.Info()
	f.info.Video = &info
}

// nothing says why nothing can be sent.
func (f *reader) nothing(fault error) error {
	switch {
	case len(f.programs) == 0:
		return fmt.Errorf("%w: no program in the first %d bytes of the transport stream", media.ErrBadMedia, f.packets.Offset)
	case fault != nil:
		return fmt.Errorf("%w: %w", media.ErrBadMedia, media.NothingToSend(f.names, fault))
	}
	return media.NothingToSend(f.names, media.ErrUnsupported)
}

// duration is the last time near the end of the file, 0 if there is none.
func (f *reader) duration() time.Duration {
	offset := max(f.Size-tail, 0)
	packets := packets{Window: media.Window{In: f.Input, Offset: offset}, stride: f.stride}
	last := int64(0)
	take := func(pes *PES) {
		if stamp := pes.PTS; pes.HasPTS {
			if pes.HasDTS {
				stamp = pes.DTS
			}
			last = max(last, nearest(f.first, stamp)-f.first)
		}
	}
	readers := map[uint16]*PESReader{}
	for _, s := range f.streams {
		readers[s.pid] = &PESReader{Limit: annexb.MaxAccessUnitSize}
	}
	for b, err := packets.next(); err == nil; b, err = packets.next() {
		if p, ok := ParsePacket(b); ok && readers[p.PID] != nil {
			readers[p.PID].Add(&p, take)
		}
	}
	for _, r := range readers {
		r.Flush(take)
	}
	return media.Ticks(last, clock)
}
