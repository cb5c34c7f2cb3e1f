package source

import (
	"bufio"
	"encoding/binary"
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

// next reads the header of the next tag; body or skip has to follow.
func (r *flvTagReader) next() (tag flvTag, err error) {
	left := r.in.size - r.offset
	if left <= 0 {
		return tag, io.EOF
	}
	if left < flvTagHeaderSize {
		return tag, fmt.Errorf("%w: %d bytes of a tag header at offset %d", ErrTruncated, left, r.offset)
	}
	var h [flvTagHeaderSize]byte
	if err := r.read(h[:], r.offset); err != nil {
		return tag, err
	}
	tag = flvTag{
		kind:      flv.Kind(h[0]),
		size:      int(h[1])<<16 | int(h[2])<<8 | int(h[3]),
		timestamp: uint32(h[7])<<24 | uint32(h[4])<<16 | uint32(h[5])<<8 | uint32(h[6]),
		offset:    r.offset,
	}
	if h[0]&flvFilter != 0 {
		return tag, fmt.Errorf("encrypted FLV (tag at offset %d) is %w", r.offset, ErrUnsupported)
	}
	if int64(tag.size) > left-flvTagHeaderSize {
		return tag, fmt.Errorf("%w: tag at offset %d needs %d bytes, %d are left", ErrTruncated, r.offset, tag.size, left-flvTagHeaderSize)
	}
	if tag.kind != flv.Audio && tag.kind != flv.Video && tag.kind != flvScriptTag {
		if err := r.checkPrevious(tag); err != nil {
			return tag, err
		}
	}
	return tag, nil
}

// checkPrevious makes sure that what has an unknown type is a tag at all: otherwise a damaged file would be skipped silently.
func (r *flvTagReader) checkPrevious(tag flvTag) error {
	var b [flvPreviousTagSize]byte
	if _, err := r.in.ReadAt(b[:], tag.offset+flvTagHeaderSize+int64(tag.size)); err != nil {
		return fmt.Errorf("%w: after the tag of type %d at offset %d: %w", ErrTruncated, tag.kind, tag.offset, err)
	}
	if size := binary.BigEndian.Uint32(b[:]); size != uint32(tag.size+flvTagHeaderSize) {
		return fmt.Errorf("%w: no tag at offset %d: type %d, size %d, but %d behind it", ErrBadMedia, tag.offset, tag.kind, tag.size, size)
	}
	return nil
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
		r.buf, r.at = bufio.NewReaderSize(r.in.section(offset), readSize), offset
	}
	if gap := offset - r.at; gap >= 0 && gap <= int64(r.buf.Buffered()) {
		if _, err := r.buf.Discard(int(gap)); err != nil {
			return fmt.Errorf("read at offset %d: %w", offset, err)
		}
	} else {
		r.buf.Reset(r.in.section(offset))
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
