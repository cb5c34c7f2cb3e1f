package audioframes

import (
	"errors"
	"fmt"
	"io"

	"luatrtmp/core/source/media"
)

// How far frames are looked for.
const (
	// maxLeadIn is how far the first frame of a file is looked for behind the tags in front.
	maxLeadIn = 256 << 10

	// maxRubbish is how far the next frame is looked for.
	maxRubbish = 4 << 20

	// leadInFrames is how many frames must follow each other behind rubbish at the beginning, where nothing is known of the stream.
	leadInFrames = 3
)

// gap is what find passes over.
type gap struct {
	from    int64 // its offset
	tagged  bool  // it begins with a tag
	rubbish int64 // bytes of it that belong to no tag
	fault   error // why no frame begins where the rubbish does
}

// find goes to the next frame and returns its header: the frame at the offset, or else the first one behind what lies there. The
// error is io.EOF if none follows.
func (f *reader) find() (FrameHeader, error) {
	g := gap{from: f.Offset}
	first := f.last.Size == 0
	limit := int64(maxRubbish)
	if first {
		limit = maxLeadIn
	}
	for f.Left() > 0 {
		size, err := f.tagAt(0)
		if err != nil {
			return FrameHeader{}, err
		}
		if size > 0 {
			g.tagged = g.tagged || f.Offset == g.from
			f.Skip(size)
			continue
		}
		h, err := f.header(0)
		if err == nil {
			err = f.check(&h, first, g.rubbish == 0)
		}
		if err == nil {
			f.last = h
			if passed := f.Offset - g.from; passed > 0 && !(first && g.rubbish == 0) {
				f.warnOnce("%d bytes at offset %d are no %s frame and are passed over; so is what may follow of this kind", passed, g.from, f.name)
			}
			return h, nil
		}
		if !isMediaFault(err) {
			return FrameHeader{}, err
		}
		if g.fault == nil {
			g.fault = err
		}
		if g.rubbish >= limit {
			return FrameHeader{}, fmt.Errorf("no %s frame in %d bytes from offset %d on: %w", f.name, limit, g.from, g.fault)
		}
		n, err := f.toSync(limit - g.rubbish)
		if err != nil {
			return FrameHeader{}, err
		}
		g.rubbish += n
	}
	switch {
	case g.fault == nil:
	case first:
		return FrameHeader{}, fmt.Errorf("no %s frame: %w", f.name, g.fault)
	case !g.tagged: // what a file that was cut still has was sent: that is no error
		f.warnOnce("the last %d bytes are no whole %s frame and are left out: %v", f.In.Size-g.from, f.name, g.fault)
	}
	return FrameHeader{}, io.EOF
}

// warnOnce warns of what is no frame, once in a file: damaged ones can have it all over.
func (f *reader) warnOnce(format string, args ...any) {
	if !f.warned {
		f.warned = true
		f.In.Warnf(format, args...)
	}
}

// isMediaFault reports whether an error is one of the media, not of reading the file.
func isMediaFault(err error) bool {
	return errors.Is(err, media.ErrBadMedia) || errors.Is(err, media.ErrTruncated)
}

// tagAt returns the size of the tag that begins n bytes from here, 0 if none does.
func (f *reader) tagAt(n int) (int64, error) {
	left := f.Left() - int64(n)
	b, err := f.Peek(n+int(min(tagHeaderSize, left)), "tag")
	if err != nil {
		return 0, err
	}
	return tagSize(b[n:], left), nil
}

// check returns why a header at the offset does not begin a frame of the stream, nil if it does. Where frames follow each other,
// inSync, a header like the one before is enough, and the first one needs none. Bytes that look like a header are found in any
// rubbish: behind it, and where the stream changes, the end, a tag or further frames of the same stream have to follow.
func (f *reader) check(h *FrameHeader, first, inSync bool) error {
	if h.Follows {
		return fmt.Errorf("%w: at offset %d: a further substream without the first one", media.ErrBadMedia, f.Offset)
	}
	if left := f.Left(); int64(h.Size) > left {
		return fmt.Errorf("%w: frame at offset %d needs %d bytes, %d are left", media.ErrTruncated, f.Offset, h.Size, left)
	}
	more := 1
	switch {
	case inSync && (first || h.like(&f.last)):
		more = 0
	case first:
		more = leadInFrames - 1
	}
	for at := h.Size; more > 0; more-- {
		left := f.Left() - int64(at)
		if left < int64(f.Head) {
			return nil
		}
		if size, err := f.tagAt(at); size > 0 || err != nil {
			return err
		}
		next, err := f.header(at)
		if err != nil {
			return err
		}
		if !next.like(h) {
			return fmt.Errorf("%w: at offset %d: a frame unlike the one before", media.ErrBadMedia, f.Offset+int64(at))
		}
		at += next.Size
	}
	return nil
}

// toSync goes forward, by at least one byte, to one with which a frame or a tag may begin. It returns by how many it went: at most
// as many as are in the buffer beyond the limit.
func (f *reader) toSync(limit int64) (n int64, err error) {
	f.Skip(1)
	for n = 1; n < limit && f.Left() > 0; {
		b, err := f.Ahead("frame")
		if err != nil {
			return n, err
		}
		i := 0
		for i < len(b) && !f.mayBegin(b[i:], f.Left()-int64(i)) {
			i++
		}
		f.Skip(int64(i))
		n += int64(i)
		if i < len(b) {
			break
		}
	}
	return n, nil
}

// mayBegin reports whether a frame or a tag may begin with b, of which too few bytes may be there to tell.
func (f *reader) mayBegin(b []byte, left int64) bool {
	switch b[0] {
	case 0xFF, 0x0B, 'I', 'T', 'A', 'L':
		return f.sync(b) || len(b) < tagHeaderSize && int64(len(b)) < left || tagSize(b, left) > 0
	}
	return false
}
