package mpegts

import (
	"bytes"
	"slices"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// nowhere is the PID of a track that the program has no longer. It is that of null packets, 2.4.1.
const nowhere = 0x1FFF

// route says where the tracks that are sent are found. It does not change: another map of the program
// makes another route.
type route struct {
	program uint16
	table   uint16 // PID of the program's map
	tracks  []trackRoute
}

// trackRoute is the stream of a track.
type trackRoute struct {
	pid      uint16
	codec    flv.Codec
	opusHead []byte
	reorder  bool // see stream
	untimed  bool
	delay    int64
	lead     int64
}

// place is where reading has to begin for something to come again, and what was known there.
type place struct {
	offset int64 // in the file
	route  *route
	clock  media.Splicer
	timed  bool
	last   int64
	next   int64 // time of the first frame that begins there
}

// take uses a route from now on, at whose begin nothing is known of the streams but how they are ordered.
func (f *reader) take(r *route) error {
	streams := make([]*stream, 0, len(r.tracks))
	for _, t := range r.tracks {
		i := slices.IndexFunc(f.streams, func(s *stream) bool { return s.codec == t.codec })
		if i < 0 {
			f.streams = append(f.streams, newTSStream(t.pid, t.codec, t.opusHead))
			i = len(f.streams) - 1
		}
		s := f.streams[i]
		s.pid, s.audio.opusHead, s.reorder, s.untimed, s.delay = t.pid, t.opusHead, t.reorder, t.untimed, t.delay
		if err := s.begin(); err != nil {
			return err
		}
		s.start, s.lead = f.origin-t.lead, t.lead
		streams = append(streams, s)
	}
	f.streams, f.route = streams, r
	f.restartTables()
	return nil
}

// restartTables forgets the parts of tables that were read.
func (f *reader) restartTables() {
	f.pat, f.maps, f.pmt = SectionReader{}, map[uint16]*SectionReader{}, nil
	if f.scanned {
		f.maps[f.route.table] = &SectionReader{}
	}
}

// reroute makes a route of what the streams are now.
func (f *reader) reroute() {
	r := &route{program: f.route.program, table: f.route.table}
	for _, s := range f.streams {
		r.tracks = append(r.tracks, trackRoute{s.pid, s.codec, s.audio.opusHead, s.reorder, s.untimed, s.delay, s.lead})
	}
	f.route = r
}

// followTable follows the program to another table, where files were joined; also to another number, if its own is gone.
func (f *reader) followTable(pat *PAT) {
	i := slices.IndexFunc(pat.Programs, func(p Program) bool { return p.Number == f.route.program })
	if i < 0 {
		if !pat.Whole || len(pat.Programs) == 0 {
			return
		}
		i = 0
	}
	number, pid := pat.Programs[i].Number, pat.Programs[i].PID
	if number == f.route.program && pid == f.route.table {
		return
	}
	f.route = &route{program: number, table: pid, tracks: f.route.tracks}
	f.maps, f.pmt = map[uint16]*SectionReader{pid: {}}, nil
}

// followProgram follows the tracks to other PIDs and other codecs, where the program changes or files were
// joined. A track may also begin or end there.
func (f *reader) followProgram(pmt *PMT, section []byte) {
	if pmt.Program != f.route.program || bytes.Equal(f.pmt, section) {
		return
	}
	f.pmt = append(f.pmt[:0], section...)
	before := f.route
	for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
		f.followTrack(pmt, kind)
	}
	f.reroute()
	if slices.EqualFunc(f.route.tracks, before.tracks, func(a, b trackRoute) bool { return a.pid == b.pid && a.codec == b.codec }) {
		f.route = before
	}
}

// followTrack finds the stream of one kind in the map: the same one as before, one of the same codec, or else
// the first one that can be sent.
func (f *reader) followTrack(pmt *PMT, kind flv.Kind) {
	s := f.byKind(kind)
	best, rank := trackRoute{pid: nowhere}, 0
	left := "" // what there is in place of the track
	for i := range pmt.Streams {
		es := &pmt.Streams[i]
		codec, opusHead, name := codecOf(es)
		if codec == flv.NoCodec {
			codec = f.guessed[es.PID]
		}
		if codec == flv.NoCodec && left == "" && unsentKind(es.Type) == kind {
			left = name
		}
		if codec == flv.NoCodec || codec.Kind() != kind || s == nil && slices.Contains(f.silent, es.PID) {
			continue
		}
		n := 1
		if s != nil && codec == s.codec {
			if n = 2; es.PID == s.pid {
				n = 3
			}
		}
		if n > rank {
			best, rank = trackRoute{pid: es.PID, codec: codec, opusHead: opusHead}, n
		}
	}
	at := f.packets.packet
	switch {
	case s == nil && rank == 0, rank == 3, rank == 0 && (s.pid == nowhere || !s.begun):
		return
	case rank == 0 && left != "":
		f.Warnf("from offset %d on the %v is %s, which is left out", at, kind, left)
	case rank == 0:
		f.Warnf("from offset %d on there is no %v", at, kind)
	}
	if s == nil || s.pid == nowhere {
		f.clock.Resume(kind, f.ends())
	}
	if s == nil {
		s = newTSStream(best.pid, best.codec, best.opusHead)
		if s.begin() != nil {
			return
		}
		if kind == flv.Video {
			f.streams = slices.Insert(f.streams, 0, s)
		} else {
			f.streams = append(f.streams, s)
		}
		s.late, s.start = true, f.ends()
		return
	}
	s.pes.Flush(func(p *PES) { f.takePES(s, p) })
	s.flush()
	if rank == 0 {
		s.leave(nowhere)
		return
	}
	if best.codec == s.codec {
		s.leave(best.pid)
		s.audio.opusHead = best.opusHead
		return
	}
	s.become(best)
}

// ends returns when what was read so far ends.
func (f *reader) ends() (last int64) {
	for _, s := range f.streams {
		if s.begun {
			last = max(last, s.lastAt+s.step())
		}
		if s.holding {
			last = max(last, s.held.dts+s.step())
		}
	}
	return last
}

// byKind returns the track of a kind, nil if there is none.
func (f *reader) byKind(kind flv.Kind) *stream {
	for _, s := range f.streams {
		if s.kind == kind {
			return s
		}
	}
	return nil
}

// leave makes the stream one of another PID.
func (s *stream) leave(pid uint16) {
	s.pid, s.pes, s.pesAt = pid, PESReader{Limit: s.pes.Limit, Parts: s.pes.Parts}, place{offset: -1}
	s.audio.rest = nil
}

// become makes the stream one of another codec. What is in the queue stays there.
func (s *stream) become(t trackRoute) {
	n := newTSStream(t.pid, t.codec, t.opusHead)
	if err := n.begin(); err != nil {
		s.leave(nowhere)
		return
	}
	n.queue, n.bytes = s.queue, s.bytes
	n.begun, n.lastAt, n.frame = s.begun, s.lastAt, s.frame
	n.late = true
	*s = *n
}
