package mpegts

import (
	"slices"

	"luatrtmp/core/flv"
)

// mark is a place in a transport stream.
type mark struct {
	place            // of the first packet that belongs behind it
	streams []stream // their configurations and last times
}

func (f *reader) Mark() {
	m := mark{place: f.at, streams: f.marked.streams[:0]}
	earlier := func(p place) {
		if p.offset < m.offset {
			m.place = p
		}
	}
	for _, s := range f.streams {
		for _, u := range slices.Concat(s.queue, s.pending) {
			earlier(u.at)
		}
		if s.holding {
			earlier(s.held.at)
		}
		if s.pes.Open() {
			earlier(s.pesAt)
		}
		if len(s.audio.rest) > 0 {
			earlier(s.audio.at)
		}
		m.streams = append(m.streams, stream{
			codec: s.codec, stamped: s.standing, pts: s.pts, dts: s.dts, config: s.config, frame: s.frame, lastAt: s.lastAt, begun: s.begun, resume: f.resume(s),
		})
	}
	f.marked = m
}

// resume returns where a track goes on after Back, and when that is.
func (f *reader) resume(s *stream) place {
	if s.kind == flv.Video {
		return f.at
	}
	if len(s.queue) > 0 {
		return s.queue[0].at
	}
	if len(s.audio.rest) > 0 {
		return s.audio.at
	}
	p := f.here()
	if p.offset++; s.pes.Open() {
		p = s.pesAt
	}
	p.next = s.audio.now()
	return p
}

func (f *reader) Back() error {
	f.packets.Goto(f.marked.offset)
	f.clock, f.timed, f.last, f.err = f.marked.clock, f.marked.timed, f.marked.last, nil
	if err := f.take(f.marked.route); err != nil {
		return err
	}
	for _, s := range f.streams {
		for _, m := range f.marked.streams {
			if m.codec == s.codec {
				s.frame, s.lastAt, s.begun = m.frame, m.lastAt, m.begun
				s.stamped, s.pts, s.dts = m.stamped, m.pts, m.dts
				s.resume, s.start, s.resumed = m.resume, m.resume.next, true
				s.config = m.config
				s.config.Started = false
			}
		}
	}
	return nil
}
