package source

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/asticode/go-astits"

	"luatrtmp/core/flv"
)

const (
	tsFirstFreePID = 0x20    // below are tables
	tsTail         = 1 << 20 // how far from the end the last time is searched
)

// probe finds out which tracks the file has and which of them can be sent.
func (f *tsFile) probe() error {
	if err := f.rewind(); err != nil {
		return err
	}
	for f.err == nil && !f.probed() && f.packets.offset < tsProbeBytes {
		f.err = f.read()
	}
	if err := f.choose(); err != nil {
		return err
	}
	if err := f.rewind(); err != nil {
		return err
	}
	for f.err == nil && !f.ready() {
		f.err = f.read()
	}
	s := f.earliest()
	if s == nil {
		return f.err
	}
	f.first = s.queue[0].dts
	f.info.Duration = f.duration()
	return nil
}

// takeProgram looks at a program map table: first for the program that is sent, then for streams that move to other PIDs.
func (f *tsFile) takeProgram(pid uint16, pmt *astits.PMTData) {
	if f.scanned {
		f.followProgram(pmt)
		return
	}
	if slices.Contains(f.programs, pmt.ProgramNumber) || len(f.programs) >= tsPrograms {
		return
	}
	f.programs = append(f.programs, pmt.ProgramNumber)
	if len(f.streams) > 0 {
		f.names = append(f.names, fmt.Sprintf("program %d: the first one with media is sent", pmt.ProgramNumber))
		return
	}
	f.program, f.table = pmt.ProgramNumber, pid
	for _, es := range pmt.ElementaryStreams {
		codec, opusHead, name := tsCodec(es)
		if codec == flv.NoCodec {
			f.names = append(f.names, fmt.Sprintf("PID %d: %s", es.ElementaryPID, name))
			continue
		}
		s := newTSStream(es.ElementaryPID, codec, opusHead)
		if err := s.begin(); err != nil {
			f.names = append(f.names, fmt.Sprintf("PID %d: %v", es.ElementaryPID, err))
			continue
		}
		f.streams = append(f.streams, s)
	}
}

// takePrograms follows the program to another table, where files were joined; also to another number, if its own is gone.
func (f *tsFile) takePrograms(pat *astits.PATData) {
	if !f.scanned {
		return
	}
	var first *astits.PATProgram
	for _, p := range pat.Programs {
		if p.ProgramNumber == f.program {
			f.table = p.ProgramMapID
			return
		}
		if first == nil && p.ProgramNumber != 0 {
			first = p
		}
	}
	if first != nil {
		f.program, f.table = first.ProgramNumber, first.ProgramMapID
	}
}

// followProgram follows a stream to another PID, where files were joined.
func (f *tsFile) followProgram(pmt *astits.PMTData) {
	if pmt.ProgramNumber != f.program {
		return
	}
	has := func(pid uint16) bool {
		return slices.ContainsFunc(pmt.ElementaryStreams, func(es *astits.PMTElementaryStream) bool { return es.ElementaryPID == pid })
	}
	for _, s := range f.streams {
		if has(s.pid) {
			continue
		}
		for _, es := range pmt.ElementaryStreams {
			if codec, _, _ := tsCodec(es); codec == s.codec && f.byPID(es.ElementaryPID) == nil {
				s.flush()
				s.pid = es.ElementaryPID
				break
			}
		}
	}
}

// probed tells whether the first stream of each kind has shown itself.
func (f *tsFile) probed() bool {
	if len(f.streams) == 0 {
		return false
	}
	var seen [2]bool
	for _, s := range f.streams {
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

func (s *tsStream) probed() bool {
	if s.kind == flv.Video {
		return s.pictures > 0 && s.hasDTS || s.pictures >= tsReorderProbe
	}
	return len(s.queue) > 0
}

// choose keeps the first stream of each kind that has media, and names the others.
func (f *tsFile) choose() error {
	var chosen []*tsStream
	var fault error
	for _, s := range f.streams {
		name := fmt.Sprintf("PID %d (%v)", s.pid, s.kind)
		switch {
		case len(s.queue) == 0 && s.fault != nil:
			f.names = append(f.names, fmt.Sprintf("%s: %v: %v", name, s.codec, s.fault))
			fault = s.fault
		case len(s.queue) == 0:
			f.names = append(f.names, fmt.Sprintf("%s: no %v in the first %d bytes", name, s.codec, f.packets.offset))
		case slices.ContainsFunc(chosen, func(c *tsStream) bool { return c.kind == s.kind }):
			f.names = append(f.names, name+": the first one is sent")
		default:
			s.reorder = s.backward && !s.hasDTS
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
	slices.SortStableFunc(chosen, func(a, b *tsStream) int { return int(b.kind) - int(a.kind) })
	f.streams, f.scanned = chosen, true
	f.info.Skipped = f.names
	return nil
}

func (f *tsFile) describe(s *tsStream) {
	if s.kind == flv.Audio {
		f.info.Audio = s.audio.info
		return
	}
	info := s.config.track.Info()
	f.info.Video = &info
}

// nothing says why nothing can be sent.
func (f *tsFile) nothing(fault error) error {
	switch {
	case len(f.programs) == 0:
		return fmt.Errorf("%w: no program in the first %d bytes of the transport stream", ErrBadMedia, f.packets.offset)
	case fault != nil:
		return fmt.Errorf("nothing can be sent: %s: %w; %s", strings.Join(f.names, "; "), fault, videoAdvice)
	}
	return fmt.Errorf("nothing can be sent: %s: %w; %s", strings.Join(f.names, "; "), ErrUnsupported, videoAdvice)
}

// duration is the last time near the end of the file, 0 if there is none.
func (f *tsFile) duration() time.Duration {
	offset := max(f.size-tsTail, 0)
	packets := tsPackets{window: window{in: f.input, offset: offset}, stride: f.stride}
	demuxer := astits.NewDemuxer(context.Background(), &packets, astits.DemuxerOptPacketSize(tsPacketSize),
		astits.DemuxerOptPacketSkipper(func(p *astits.Packet) bool { return f.byPID(p.Header.PID) == nil }))
	last := int64(0)
	for packets.fault == nil {
		data, err := demuxer.NextData()
		if err != nil || data.PES == nil || data.PES.Header.OptionalHeader == nil {
			continue
		}
		h := data.PES.Header.OptionalHeader
		stamp := h.DTS
		if stamp == nil {
			stamp = h.PTS
		}
		if stamp != nil {
			last = max(last, nearest(f.first, stamp.Base)-f.first)
		}
	}
	return ticks(last, tsClock)
}
