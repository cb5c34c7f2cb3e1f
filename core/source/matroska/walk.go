package matroska

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// errDamaged says that no element begins where one should.
var errDamaged = errors.New("no element")

// header reads the header of the next element. The error is io.EOF at the end of the file, errDamaged if no element begins here.
func (f *reader) header() (e element, err error) {
	left := f.window.Left()
	if left == 0 {
		return e, io.EOF
	}
	b, err := f.window.Peek(int(min(left, maxHeader)), "element")
	if err != nil {
		return e, err
	}
	id, length, n := parseHeader(b)
	switch {
	case n == 0 && left < maxHeader && mayGoOn(b): // the file is cut off here
		return e, io.EOF
	case n == 0:
		return e, errDamaged
	}
	e = element{id: id, at: f.window.Offset, body: f.window.Offset + int64(n), end: unknownEnd}
	if length >= 0 {
		e.end = e.body + length // less than 2^57
	}
	return e, nil
}

// mayGoOn reports whether b is the begin of a header that is longer.
func mayGoOn(b []byte) bool {
	_, n := parseNumber(b, 4, true)
	return n > 0 || b[0] >= 0x10
}

// isElement reports whether an element that is known begins at an offset, or the file ends there.
func (f *reader) isElement(offset int64) bool {
	back := f.window.Offset
	defer func() { f.window.Offset = back }()
	if offset-back > f.window.Left() {
		return false
	}
	f.window.Offset = offset
	e, err := f.header()
	return err == io.EOF || err == nil && isKnown(e.id)
}

// content returns what is in an element of at most limit bytes. It is valid until the next call of the window.
func (f *reader) content(e *element, limit int64) ([]byte, error) {
	if size := e.size(); size > limit {
		return nil, fmt.Errorf("%w: element %X of %d bytes at offset %d", media.ErrBadMedia, e.id, size, e.at)
	}
	f.window.Offset = e.body
	return f.window.Peek(int(e.size()), "element")
}

// read reads the next element of the media. It holds the frames of a block. The error is io.EOF at the end.
func (f *reader) read() error {
	e, err := f.header()
	switch {
	case err == errDamaged:
		return f.resync(f.window.Offset, io.EOF, "no element begins there")
	case err == io.EOF:
		return f.atEnd()
	case err != nil:
		return err
	}
	switch e.id {
	case idSegment:
		f.window.Offset, f.segment, f.end = e.body, e.end, unknownEnd
		return nil
	case idCluster:
		f.window.Offset, f.end = e.body, e.end
		return nil
	case idSimpleBlock, idBlockGroup, idBlock:
		return f.readBlock(&e)
	case idTimestamp:
		b, err := f.content(&e, 8)
		if err != nil {
			return f.resync(e.body, io.EOF, "the time of a cluster is damaged")
		}
		f.cluster = scaled(parseUint(b), f.doc.scale)
	case idCues, idTags, idChapters, idAttachments, idSeekHead: // not inside a cluster
		f.end = unknownEnd
	case idInfo, idTracks:
		if err := f.readHeader(&e); err != nil {
			return err
		}
	default:
		if !isKnown(e.id) && !(e.end <= f.segment && f.isElement(e.end)) {
			return f.resync(e.at, io.EOF, "no known element begins there")
		}
	}
	return f.skip(&e)
}

// atEnd returns the error at the end of the file. What is missing behind the last cluster is no media.
func (f *reader) atEnd() error {
	size := f.window.Offset + f.window.Left()
	if f.end != unknownEnd && f.end > size {
		return fmt.Errorf("%w: the last cluster ends at offset %d, the file has %d bytes", media.ErrTruncated, f.end, size)
	}
	if f.segment != unknownEnd && f.segment > size {
		f.warnOnce("end", "the file ends %d bytes before it should", f.segment-size)
	}
	return io.EOF
}

// skip goes behind an element that has no frames.
func (f *reader) skip(e *element) error {
	f.window.Offset = e.body
	if e.size() > f.window.Left() {
		return f.resync(e.body, io.EOF, "the element that begins there is longer than the file")
	}
	f.window.Offset = e.end
	return nil
}

// scaled converts a time to ns. One of more than maxTime becomes maxTime.
func scaled(t uint64, scale int64) int64 {
	if t > uint64(maxTime)/uint64(scale) {
		return maxTime
	}
	return int64(t) * scale
}

// resync goes to the next cluster, or to the begin of another file, from an offset on. If none follows, it returns an error. why says what
// is wrong before it.
func (f *reader) resync(from int64, end error, why string) error {
	at := f.window.Offset
	f.window.Offset = from
	for f.window.Left() > 0 {
		if f.window.Offset-from > maxRubbish {
			return fmt.Errorf("%w: at offset %d %s, and no cluster follows in %d bytes", media.ErrBadMedia, at, why, maxRubbish)
		}
		b, err := f.window.Ahead("element")
		if err != nil {
			return err
		}
		i := nextRestart(b)
		if i < 0 { // an ID may begin with the last bytes
			f.window.Skip(int64(max(len(b)-3, 1)))
			continue
		}
		f.window.Skip(int64(i))
		if f.isRestart() {
			f.warnOnce("resync", "%s at offset %d; %d bytes are left out, as is what may follow of this kind", why, at, f.window.Offset-at)
			return nil
		}
		f.window.Skip(1)
	}
	if end == io.EOF && from < f.window.Offset {
		f.warnOnce("end", "%s at offset %d, and no cluster follows", why, at)
	}
	return end
}

// nextRestart returns the index of the first ID of a cluster, or of the first element of another file; -1 if there is none.
func nextRestart(b []byte) int {
	first := -1
	for _, id := range []uint32{idCluster, idEBML} {
		if i := bytes.Index(b, binary.BigEndian.AppendUint32(nil, id)); i >= 0 {
			first, b = i, b[:i]
		}
	}
	return first
}

// isRestart reports whether what looks like the begin of a cluster is one: one of its elements begins in it.
func (f *reader) isRestart() bool {
	back := f.window.Offset
	defer func() { f.window.Offset = back }()
	e, err := f.header()
	if err != nil || e.size() < 2 {
		return false
	}
	f.window.Offset = e.body
	inner, err := f.header()
	if e.id == idEBML {
		return err == nil && inner.end <= e.end
	}
	return err == nil && slices.Contains(clusterIDs, inner.id) || err == io.EOF
}

// readBlock reads a block, in a group or not, and holds its frames. A block that is cut off or damaged is left out.
func (f *reader) readBlock(e *element) error {
	f.window.Offset = e.body
	if left := f.window.Left(); e.size() > left {
		return f.resync(e.body, fmt.Errorf("%w: block at offset %d needs %d bytes, %d are left", media.ErrTruncated, e.at, e.size(), left),
			"the block is longer than the file")
	}
	if e.end > f.end && !f.isElement(e.end) {
		return f.resync(e.body, io.EOF, "the block is longer than its cluster")
	}
	block, duration, err := f.findBlock(e)
	if err == nil && block.id == idVoid {
		err = errNoBlock
	}
	if err == nil {
		err = f.takeFrames(e, &block, duration)
	}
	switch {
	case errors.Is(err, media.ErrBadMedia):
		f.warnOnce("block", "block at offset %d is left out, as is what may follow of this kind: %v", e.at, err)
	case err != nil && err != errNoBlock:
		return err
	}
	f.window.Offset = e.end
	return nil
}

// errNoBlock says that a group has no block.
var errNoBlock = errors.New("no block")

// findBlock returns the block in a group, with its duration in units of time, 0 if it is unknown. A block that is in no group is returned.
func (f *reader) findBlock(group *element) (block element, duration uint64, err error) {
	if group.id != idBlockGroup {
		return *group, 0, nil
	}
	block.id = idVoid
	for f.window.Offset < group.end {
		e, err := f.header()
		if err == errDamaged || err == nil && e.end > group.end {
			return block, 0, fmt.Errorf("%w: element at offset %d in a group", media.ErrBadMedia, f.window.Offset)
		}
		if err != nil {
			return block, 0, err
		}
		switch e.id {
		case idBlock:
			block = e
		case idBlockDuration:
			b, err := f.content(&e, 8)
			if err != nil {
				return block, 0, err
			}
			duration = parseUint(b)
		}
		f.window.Offset = e.end
	}
	return block, duration, nil
}

// trackOf returns the track with a number that is sent, and its stream; nil if it is not.
func (f *reader) trackOf(number uint64) (*stream, *track) {
	for i, t := range f.doc.sent {
		if t != nil && t.number == number {
			return f.streams[i], t
		}
	}
	return nil, nil
}

// blockAt reads the header of a block.
func (f *reader) blockAt(block *element) (h blockHeader, err error) {
	f.window.Offset = block.body
	b, err := f.window.Peek(int(min(block.size(), maxBlockHeader)), "block")
	if err != nil {
		return h, err
	}
	return parseBlockHeader(b)
}

// time returns the presentation time of a block in ns.
func (f *reader) time(t *track, h *blockHeader) int64 {
	after := math.Round(float64(h.time) * float64(f.doc.scale) * t.scale)
	return f.cluster + int64(min(max(after, -float64(maxTime)), float64(maxTime))) - t.delay
}

// takeFrames holds the frames of a block of a stream. whole is the block, or its group.
func (f *reader) takeFrames(whole, block *element, duration uint64) error {
	h, err := f.blockAt(block)
	if err != nil {
		return err
	}
	if f.probing != nil {
		return f.probing.look(f, &h, block)
	}
	s, t := f.trackOf(h.track)
	if s == nil {
		return nil
	}
	frames, err := f.frames(&h, block)
	if err != nil {
		return err
	}
	at := f.place
	at.offset = whole.at
	count := int64(max(len(frames), 1))
	length := scaled(duration, f.doc.scale)
	if length == 0 {
		length = t.frame * count
		length -= length % f.doc.scale // FFmpeg gives a block whole units of time, too
	}
	step := cmp.Or(length/count, t.frame)
	pts := f.time(t, &h)
	for _, frame := range frames {
		err = cmp.Or(err, f.hold(s, t, frame, at, pts, step))
		pts += cmp.Or(step, s.frame)
	}
	return err
}

// frames returns the frames of a block as they stand in the file. They are valid until the next call.
func (f *reader) frames(h *blockHeader, block *element) ([][]byte, error) {
	size := block.size() - int64(h.size)
	if size > media.MaxSampleSize {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are sent", media.ErrBadMedia, size, media.MaxSampleSize)
	}
	f.window.Offset = block.body + int64(h.size)
	var err error
	if f.buf, err = f.bytes(f.buf, int(size)); err != nil {
		return nil, err
	}
	f.laces, err = split(f.laces[:0], h.lacing, f.buf)
	return f.laces, err
}

// bytes reads the next n bytes into b, or into new memory.
func (f *reader) bytes(b []byte, n int) ([]byte, error) {
	if cap(b) < n {
		b = make([]byte, n, n+n/4)
	}
	b = b[:n]
	if n <= media.ReadSize {
		from, err := f.window.Peek(n, "frame")
		copy(b, from)
		return b, err
	}
	got, err := f.window.In.ReadAt(b, f.window.Offset)
	if got < n {
		return b[:0], fmt.Errorf("read at offset %d: %w", f.window.Offset, err)
	}
	return b, nil
}

// hold puts a frame in the queue of its stream. step is its duration in ns, 0 if it is unknown. What cannot be sent is left out: the
// error wraps media.ErrBadMedia.
func (f *reader) hold(s *stream, t *track, frame []byte, at place, pts, step int64) error {
	u := f.newUnit()
	u.track, u.at, u.config = t, at, nil
	ok, err := t.unpack(u, frame)
	if err != nil && s.fault == nil {
		s.fault = err
	}
	if ok && t.kind == flv.Video && t.config == nil {
		ok = s.configure(u)
	}
	dts := pts
	if t.codec.HasNALUs() {
		dts = f.order.next(pts)
	}
	u.dts = f.clock.Next(t.kind, dts)
	u.pts = u.dts + pts - dts
	if !ok || err != nil {
		f.reuse(u)
		return err
	}
	if t.kind == flv.Audio {
		if n := s.samples(t, u.data); n > 0 {
			step = n
		}
	}
	s.push(u, step)
	return nil
}
