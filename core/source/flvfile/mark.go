package flvfile

import (
	"luatrtmp/core/source/media"
)

// mark is a place in an FLV file.
type mark struct {
	offset int64    // of the first tag that belongs behind it
	tracks [2]track // times and configurations
	clock  media.Splicer
}

func (f *reader) Mark() {
	f.marked = mark{f.out.offset, f.tracks, f.out.clock}
	for _, u := range f.window {
		f.marked.offset = min(f.marked.offset, u.offset)
	}
}

func (f *reader) Back() error {
	if f.out != nil {
		f.free, f.out = append(f.free, f.out), nil
	}
	f.free = append(f.free, f.window...)
	f.window, f.held, f.err = f.window[:0], 0, nil
	f.tags.offset, f.tags.direct, f.tags.backs = f.marked.offset, false, 0
	f.tracks, f.clock = f.marked.tracks, f.marked.clock.Again()
	for i := range f.tracks {
		t := &f.tracks[i]
		t.pending = t.config != nil
		t.self.Started = false
		t.latest = nil
	}
	return nil
}
