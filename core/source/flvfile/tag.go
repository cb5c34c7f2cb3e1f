package flvfile

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// FLV file and tag header, FLV 10.1, E.2 and E.4.1:
//
//	+---------+-----------+-----------------+
//	|  "FLV"  | version 1 | flags | size 32 |   then a PreviousTagSize of 0
//	+---------+-----------+-----------------+
//	+------+---------+--------------+-----------+--------------+------+-----------------+
//	| type | size 24 | timestamp 24 | its top 8 | stream id 24 | body | PreviousTagSize |
//	+------+---------+--------------+-----------+--------------+------+-----------------+
const (
	headerSize      = 9
	tagHeaderSize   = 11
	previousTagSize = 4
	scriptTag       = 18

	// filter marks an encrypted tag (E.4.1, Filter).
	filter = 0x20
)

type tag struct {
	kind      flv.Kind
	size      int
	timestamp uint32 // ms, modulo 2^32
	offset    int64  // of the tag in the file
}

// tagReader reads tags one after the other.
type tagReader struct {
	in     *media.Input
	offset int64 // of the next tag
	direct bool  // read without the buffer: better where most bodies are skipped
	buf    *bufio.Reader
	at     int64 // where buf stands
	size   int64 // of the file when buf began to read
	backs  int   // how often reading went back into a tag whose size was wrong, since the begin
	again  [previousTagSize]byte
}

func (r *tagReader) readHeader() error {
	var h [headerSize]byte
	if _, err := r.in.ReadAt(h[:], 0); err != nil {
		return fmt.Errorf("%w: FLV header: %w", media.ErrTruncated, err)
	}
	if string(h[:3]) != "FLV" {
		return fmt.Errorf("%w: begins with % x, expected FLV", media.ErrBadMedia, h[:3])
	}
	size := int64(binary.BigEndian.Uint32(h[5:]))
	if size < headerSize || size > r.in.Size {
		return fmt.Errorf("%w: FLV header of %d bytes in a file of %d", media.ErrBadMedia, size, r.in.Size)
	}
	r.offset = size + previousTagSize
	return nil
}

// next reads the header of the next tag; body or skip has to follow. What is no tag is passed over with a warning.
func (r *tagReader) next() (tag, error) {
	tag, err := r.readTag()
	if !errors.Is(err, errNoTag) && !errors.Is(err, media.ErrTruncated) {
		return tag, err
	}
	found, searchErr := r.findTag(r.offset + 1)
	switch {
	case searchErr != nil:
		return tag, searchErr
	case found == r.in.Size && errors.Is(err, media.ErrTruncated):
		return tag, err
	}
	r.in.Warnf("%d bytes at offset %d are left out: they are no FLV tag", found-r.offset, r.offset)
	if r.offset = found; found == r.in.Size {
		return tag, io.EOF
	}
	return r.readTag()
}

// errNoTag is returned for what has not the form of a tag.
var errNoTag = fmt.Errorf("%w: no tag", media.ErrBadMedia)

// readTag reads the tag header at the offset. The error is errNoTag, or wraps ErrTruncated if the file ends within the tag.
func (r *tagReader) readTag() (t tag, err error) {
	left := r.in.Left(r.offset)
	if left <= 0 {
		return t, io.EOF
	}
	var h [tagHeaderSize]byte
	n := min(left, tagHeaderSize)
	if err := r.read(h[:n], r.offset); err != nil {
		return t, err
	}
	kind := flv.Kind(h[0] &^ filter)
	known := kind == flv.Audio || kind == flv.Video || kind == scriptTag
	if n < tagHeaderSize {
		if !known {
			return t, errNoTag
		}
		return t, fmt.Errorf("%w: %d bytes of a tag header at offset %d", media.ErrTruncated, left, r.offset)
	}
	t = tag{
		kind:      kind,
		size:      int(h[1])<<16 | int(h[2])<<8 | int(h[3]),
		timestamp: uint32(h[7])<<24 | uint32(h[4])<<16 | uint32(h[5])<<8 | uint32(h[6]),
		offset:    r.offset,
	}
	sure := known && h[8]|h[9]|h[10] == 0 // the stream id
	if int64(t.size) > left-tagHeaderSize {
		if !sure {
			return t, errNoTag
		}
		return t, fmt.Errorf("%w: tag at offset %d needs %d bytes, %d are left", media.ErrTruncated, r.offset, t.size, left-tagHeaderSize)
	}
	if !sure {
		if ok, err := r.previousFits(t); !ok || err != nil {
			return t, cmp.Or(err, errNoTag)
		}
	}
	if known && h[0]&filter != 0 {
		return t, fmt.Errorf("encrypted FLV (tag at offset %d) is %w", r.offset, media.ErrUnsupported)
	}
	return t, nil
}

// previousFits reports whether the PreviousTagSize behind a tag is that of the tag: then it is one.
func (r *tagReader) previousFits(t tag) (bool, error) {
	var b [previousTagSize]byte
	at := t.offset + tagHeaderSize + int64(t.size)
	if at+previousTagSize > r.in.Size {
		return false, nil
	}
	if _, err := r.in.ReadAt(b[:], at); err != nil {
		return false, fmt.Errorf("read at offset %d: %w", at, err)
	}
	return binary.BigEndian.Uint32(b[:]) == uint32(t.size+tagHeaderSize), nil
}

// maxRubbish bounds how far the next tag is searched for: the largest tag.
const maxRubbish = 16 << 20

// findTag returns the offset of the first tag at or after an offset whose PreviousTagSize fits, and the size of the file if there is none.
func (r *tagReader) findTag(from int64) (int64, error) {
	buf := make([]byte, media.ReadSize)
	for at := from; r.in.Size-at >= tagHeaderSize+previousTagSize; {
		if at-from > maxRubbish {
			return 0, fmt.Errorf("%w: no FLV tag in %d bytes at offset %d", media.ErrBadMedia, at-from, from-1)
		}
		b := buf[:min(media.ReadSize, r.in.Size-at)]
		if _, err := r.in.ReadAt(b, at); err != nil {
			return 0, fmt.Errorf("read at offset %d: %w", at, err)
		}
		for i := 0; i+tagHeaderSize <= len(b); i++ {
			h := b[i:]
			kind := flv.Kind(h[0])
			if kind != flv.Audio && kind != flv.Video && kind != scriptTag || h[8]|h[9]|h[10] != 0 {
				continue
			}
			tag := tag{size: int(h[1])<<16 | int(h[2])<<8 | int(h[3]), offset: at + int64(i)}
			if ok, err := r.previousFits(tag); ok || err != nil {
				return tag.offset, err
			}
		}
		at += int64(len(b) - tagHeaderSize + 1)
	}
	return r.in.Size, nil
}

func (r *tagReader) skip(t tag) {
	r.offset = t.offset + tagHeaderSize + int64(t.size) + previousTagSize
}

// body appends the body of the tag that next returned. Its size was checked against the file's. The error is errWrongSize if it is
// wrong all the same: reading goes on with the next tag then.
func (r *tagReader) body(dst []byte, tag tag) ([]byte, error) {
	if cap(dst) < tag.size {
		dst = make([]byte, 0, tag.size+tag.size/4)
	}
	dst = dst[:tag.size]
	if err := r.read(dst, tag.offset+tagHeaderSize); err != nil {
		return dst, err
	}
	r.skip(tag)
	return dst, r.checkSize(tag)
}

// errWrongSize is returned for a tag whose size leads to where there is none, with other tags inside of what would be its body.
var errWrongSize = fmt.Errorf("%w: wrong size", media.ErrBadMedia)

// maxBacks is how often reading goes back into a tag: each time bytes are read again.
const maxBacks = 64

// checkSize looks at what stands behind the tag that was read: its size again, or another tag.
func (r *tagReader) checkSize(t tag) error {
	if r.backs >= maxBacks || r.offset > r.in.Size {
		return nil
	}
	if err := r.read(r.again[:], r.offset-previousTagSize); err != nil || binary.BigEndian.Uint32(r.again[:]) == uint32(t.size+tagHeaderSize) {
		return err
	}
	inner := tag{offset: r.offset - previousTagSize - int64(binary.BigEndian.Uint32(r.again[:])), size: int(binary.BigEndian.Uint32(r.again[:])) - tagHeaderSize}
	switch _, err := r.readTag(); {
	case inner.offset > t.offset && inner.size >= 0: // perhaps that of a tag that ends here
	case errors.Is(err, errNoTag), errors.Is(err, media.ErrTruncated):
	case err == nil, err == io.EOF, errors.Is(err, media.ErrUnsupported):
		return nil
	default:
		return err
	}
	found, err := r.findTag(t.offset + 1)
	if err != nil || found >= r.offset {
		return nil // it comes again with the next tag
	}
	r.in.Warnf("the FLV tag at offset %d has a wrong size: reading goes on at offset %d", t.offset, found)
	r.offset = found
	r.backs++
	return errWrongSize
}

func (r *tagReader) read(b []byte, offset int64) error {
	if r.direct {
		if _, err := r.in.ReadAt(b, offset); err != nil {
			return fmt.Errorf("read at offset %d: %w", offset, err)
		}
		return nil
	}
	if r.buf == nil {
		r.buf, r.at, r.size = bufio.NewReaderSize(r.in.Section(offset), media.ReadSize), offset, r.in.Size
	}
	if gap := offset - r.at; gap >= 0 && gap <= int64(r.buf.Buffered()) && r.size == r.in.Size {
		if _, err := r.buf.Discard(int(gap)); err != nil {
			return fmt.Errorf("read at offset %d: %w", offset, err)
		}
	} else {
		r.buf.Reset(r.in.Section(offset))
		r.size = r.in.Size
	}
	n, err := io.ReadFull(r.buf, b)
	r.at = offset + int64(n)
	if err != nil {
		return fmt.Errorf("read at offset %d: %w", r.at, err)
	}
	return nil
}
