package mp4

import (
	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// mark is a place in an MP4 file.
type mark struct {
	fragment int64
	tracks   []track
	clock    media.Splicer
}

func (f *reader) Mark() {
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

func (f *reader) Back() error {
	f.err, f.cut = nil, nil
	f.fragment, f.clock = f.marked.fragment, f.marked.clock.Again()
	for i, t := range f.tracks {
		*t = f.marked.tracks[i].clone()
		t.entry, t.config.Started = -1, false // the configuration comes again
	}
	return nil
}

// clone returns a copy that does not change with t.
func (t *track) clone() track {
	c := *t
	c.runs = append([]run(nil), t.runs...)
	return c
}
