package mpegts

import (
	"luatrtmp/core/source/media"
)

// mark is a place in a transport stream.
type mark struct {
	offset  int64 // of the first packet that belongs behind it
	last    int64
	clock   media.Splicer
	configs []media.SelfConfig
}

func (f *reader) Mark() {
	m := mark{offset: f.at, last: f.last, clock: f.clockAt, configs: f.marked.configs[:0]}
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

func (f *reader) Back() error {
	f.packets.Goto(f.marked.offset)
	f.restartTables()
	f.last, f.timed, f.err = f.marked.last, true, nil
	f.clock = f.marked.clock.Again()
	for i, s := range f.streams {
		frame, lastAt, begun := s.frame, s.lastAt, s.begun
		if err := s.begin(); err != nil {
			return err
		}
		s.frame, s.lastAt, s.begun = frame, lastAt, begun
		s.config = f.marked.configs[i]
		s.config.Started = false
	}
	return nil
}
