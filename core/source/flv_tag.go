package source

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"luatrtmp/core/flv"
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
	flvHeaderSize      = 9
	flvTagHeaderSize   = 11
	flvPreviousTagSize = 4
	flvScriptTag       = 18

	// flvFilter marks an encrypted tag (E.4.1, Filter).
	flvFilter = 0x20
)

type flvTag struct {
	kind      flv.Kind
	size      int
	timestamp uint32 // ms, modulo 2^32
	offset    int64  // of the tag in the file
}

// flvTagReader reads tags one after the other.
type flvTagReader struct {
	in     *input
	offset int64 // of the next tag
	direct bool  // read without the buffer: better where most bodies are skipped
	buf    *bufio.Reader
	at     int64 // where buf stands
	size   int64 // of the file when buf began to read
}

func (r *flvTagReader) readHeader() error {
	var h [flvHeaderSize]byte
	if _, err := r.in.ReadAt(h[:], 0); err != nil {
		return fmt.Errorf("%w: FLV header: %w", ErrTruncated, err)
	}
	if string(h[:3]) != "FLV" {
		return fmt.Errorf("%w: begins with % x, expected FLV", ErrBadMedia, h[:3])
	}
	size := int64(binary.BigEndian.Uint32(h[5:]))
	if size < flvHeaderSize || size > r.in.size {
		return fmt.Errorf("%w: FLV header of %d bytes in a file of %d", ErrBadMedia, size, r.in.size)
	}
	r.offset = size + flvPreviousTagSize
	return nil
}

// next reads the header of the next tag; body or skip has to follow. What is no tag is passed over with a warning.
func (r *flvTagReader) next() (flvTag, error) {
	tag, err := r.readTag()
	if !errors.Is(err, errNoTag) && !errors.Is(err, ErrTruncated) {
		return tag, err
	}
	found, searchErr := r.findTag(r.offset + 1)
	switch {
	case searchErr != nil:
		return tag, searchErr
	case found == r.in.size && errors.Is(err, ErrTruncated):
		return tag, err
	}
	r.in.warnf("%d bytes at offset %d are left out: they are no FLV tag", found-r.offset, r.offset)
	if r.offset = found; found == r.in.size {
		return tag, io.EOF
	}
	return r.readTag()
}

// errNoTag is returned for what has not the form of a tag.
var errNoTag = fmt.Errorf("%w: no tag", ErrBadMedia)

// readTag reads the tag header at the offset. The error is errNoTag, or wraps ErrTruncated if the file ends within the tag.
func (r *flvTagReader) readTag() (tag flvTag, err error) {
	left := r.in.left(r.offset)
	if left <= 0 {
		return tag, io.EOF
	}
	var h [flvTagHeaderSize]byte
	n := min(left, flvTagHeaderSize)
	if err := r.read(h[:n], r.offset); err != nil {
		return tag, err
	}
	kind := flv.Kind(h[0] &^ flvFilter)
	known := kind == flv.Audio || kind == flv.Video || kind == flvScriptTag
	if n < flvTagHeaderSize {
		if !known {
			return tag, errNoTag
		}
		return tag, fmt.Errorf("%w: %d bytes of a tag header at offset %d", ErrTruncated, left, r.offset)
	}
	tag = flvTag{
		kind:      kind,
		size:      int(h[1])<<16 | int(h[2])<<8 | int(h[3]),
		timestamp: uint32(h[7])<<24 | uint32(h[4])<<16 | uint32(h[5])<<8 | uint32(h[6]),
		offset:    r.offset,
	}
	sure := known && h[8]|h[9]|h[10] == 0 // the stream id
	if int64(tag.size) > left-flvTagHeaderSize {
		if !sure {
			return tag, errNoTag
		}
		return tag, fmt.Errorf("%w: tag at offset %d needs %d bytes, %d are left", ErrTruncated, r.offset, tag.size, left-flvTagHeaderSize)
	}
	if !sure {
		if ok, err := r.previousFits(tag); !ok || err != nil {
			return tag, cmp.Or(err, errNoTag)
		}
	}
	if known && h[0]&flvFilter != 0 {
		return tag, fmt.Errorf("encrypted FLV (tag at offset %d) is %w", r.offset, ErrUnsupported)
	}
	return tag, nil
}

// previousFits reports whether the PreviousTagSize behind a tag is that of the tag: then it is one.
func (r *flvTagReader) previousFits(tag flvTag) (bool, error) {
	var b [flvPreviousTagSize]byte
	at := tag.offset + flvTagHeaderSize + int64(tag.size)
	if at+flvPreviousTagSize > r.in.size {
		return false, nil
	}
	if _, err := r.in.ReadAt(b[:], at); err != nil {
		return false, fmt.Errorf("read at offset %d: %w", at, err)
	}
	return binary.BigEndian.Uint32(b[:]) == uint32(tag.size+flvTagHeaderSize), nil
}

// flvMaxRubbish bounds how far the next tag is searched for: the largest tag.
const flvMaxRubbish = 16 << 20

// findTag returns the offset of the first tag at or after an offset whose PreviousTagSize fits, and the size of the file if there is none.
func (r *flvTagReader) findTag(from int64) (int64, error) {
	buf := make([]byte, readSize)
	for at := from; r.in.size-at >= flvTagHeaderSize+flvPreviousTagSize; {
		if at-from > flvMaxRubbish {
			return 0, fmt.Errorf("%w: no FLV tag in %d bytes at offset %d", ErrBadMedia, at-from, from-1)
		}
		b := buf[:min(readSize, r.in.size-at)]
		if _, err := r.in.ReadAt(b, at); err != nil {
			return 0, fmt.Errorf("read at offset %d: %w", at, err)
		}
		for i := 0; i+flvTagHeaderSize <= len(b); i++ {
			h := b[i:]
			kind := flv.Kind(h[0])
			if kind != flv.Audio && kind != flv.Video && kind != flvScriptTag || h[8]|h[9]|h[10] != 0 {
				continue
			}
			tag := flvTag{size: int(h[1])<<16 | int(h[2])<<8 | int(h[3]), offset: at + int64(i)}
			if ok, err := r.previousFits(tag); ok || err != nil {
				return tag.offset, err
			}
		}
		at += int64(len(b) - flvTagHeaderSize + 1)
	}
	return r.in.size, nil
}

func (r *flvTagReader) skip(tag flvTag) {
	r.offset = tag.offset + flvTagHeaderSize + int64(tag.size) + flvPreviousTagSize
}

// body appends the body of the tag that next returned. Its size was checked against the file's.
func (r *flvTagReader) body(dst []byte, tag flvTag) ([]byte, error) {
	if cap(dst) < tag.size {
		dst = make([]byte, 0, tag.size+tag.size/4)
	}
	dst = dst[:tag.size]
	if err := r.read(dst, tag.offset+flvTagHeaderSize); err != nil {
		return dst, err
	}
	r.skip(tag)
	return dst, nil
}

func (r *flvTagReader) read(b []byte, offset int64) error {
	if r.direct {
		if _, err := r.in.ReadAt(b, offset); err != nil {
			return fmt.Errorf("read at offset %d: %w", offset, err)
		}
		return nil
	}
	if r.buf == nil {
		r.buf, r.at, r.size = bufio.NewReaderSize(r.in.section(offset), readSize), offset, r.in.size
	}
	if gap := offset - r.at; gap >= 0 && gap <= int64(r.buf.Buffered()) && r.size == r.in.size {
		if _, err := r.buf.Discard(int(gap)); err != nil {
			return fmt.Errorf("read at offset %d: %w", offset, err)
		}
	} else {
		r.buf.Reset(r.in.section(offset))
		r.size = r.in.size
	}
	n, err := io.ReadFull(r.buf, b)
	r.at = offset + int64(n)
	if err != nil {
		return fmt.Errorf("read at offset %d: %w", r.at, err)
	}
	return nil
}

// readSize is how much is read from a file at a time.
const readSize = 64 << 10
