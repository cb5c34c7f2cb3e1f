package mp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"luatrtmp/core/source/media"
)

// maxBoxSize is the largest moov or moof that is read into memory; that of a day of audio and video has some 60 MB.
const maxBoxSize = 256 << 20

// box is a box whose payload is in memory.
type box struct {
	typ     string
	payload []byte
	offset  int64        // of the payload in the file
	in      *media.Input // that it is from, for warnings; may be nil
}

// errStop ends a walk early.
var errStop = errors.New("stop")

// Box headers, ISO/IEC 14496-12, 4.2.
const (
	boxHeader     = 8
	largeHeader   = 16 // with a size of 64 bits
	boxSizeToEnd  = 0  // the box goes up to the end of what it is in
	boxSizeLarger = 1  // the size follows the type
)

// parseBoxHeader reads the header of a box of which b has at least boxHeader bytes; left is what follows in all. The size counts the header.
func parseBoxHeader(b []byte, left int64) (typ string, header int, size uint64, ok bool) {
	typ, header, size = string(b[4:boxHeader]), boxHeader, uint64(binary.BigEndian.Uint32(b))
	switch size {
	case boxSizeToEnd:
		size = uint64(left)
	case boxSizeLarger:
		if len(b) < largeHeader {
			return typ, header, 0, false
		}
		header, size = largeHeader, binary.BigEndian.Uint64(b[boxHeader:])
	}
	return typ, header, size, size >= uint64(header) && size <= math.MaxInt64
}

// each calls f for the boxes within b. A size that cannot be does not cost what stands in front: with a warning, a box that is too
// long is read up to the end of b, and one that is shorter than its header ends the walk, as with FFmpeg. Fewer bytes than a
// header at the end are padding, which QuickTime has.
func (b *box) each(f func(child box) error) error {
	for rest, offset := b.payload, b.offset; len(rest) >= boxHeader; {
		typ, header, size, ok := parseBoxHeader(rest, int64(len(rest)))
		if !ok || size > uint64(len(rest)) {
			b.warnf("box %q in %s at offset %d has %d bytes, %d are left", typ, b.typ, offset, size, len(rest))
			if size < uint64(header) {
				return nil
			}
			size = uint64(len(rest))
		}
		err := f(box{typ: typ, payload: rest[header:size:size], offset: offset + int64(header), in: b.in})
		if err == errStop {
			return nil
		}
		if err != nil {
			return err
		}
		rest, offset = rest[size:], offset+int64(size)
	}
	return nil
}

// warnf warns of what is wrong with a box that is read all the same.
func (b *box) warnf(format string, args ...any) {
	if b.in != nil {
		b.in.Warnf(format, args...)
	}
}

// skip returns the box without the first n bytes of its payload.
func (b *box) skip(n int) (rest box, err error) {
	if len(b.payload) < n {
		return rest, b.short(n)
	}
	return box{typ: b.typ, payload: b.payload[n:], offset: b.offset + int64(n), in: b.in}, nil
}

func (b *box) short(n int) error {
	return fmt.Errorf("%w: box %s at offset %d has %d bytes, expected at least %d", media.ErrBadMedia, b.typ, b.offset, len(b.payload), n)
}

// table returns the entries of a full box that has a count of them, size bytes each, after head bytes. Where the count is too large
// they are those that are there, with a warning.
func (b *box) table(head, size int) ([]byte, error) {
	if len(b.payload) < head {
		return nil, b.short(head)
	}
	count := uint64(binary.BigEndian.Uint32(b.payload[head-4:]))
	if have := uint64(len(b.payload)-head) / uint64(size); count > have {
		b.warnf("box %s at offset %d announces %d entries and has %d", b.typ, b.offset, count, have)
		count = have
	}
	return b.payload[head : head+int(count)*size], nil
}

// topBox is a box of the file itself, of which only the header is read.
type topBox struct {
	typ     string
	payload int64 // offset in the file
	End     int64 // no more than the end of the file
	missing int64 // bytes of the box beyond the end of the file
}

// headers reads the headers of the boxes of a file, and some bytes more at once: a file may begin with a million of empty boxes.
type headers struct {
	buf []byte
	at  int64 // offset of buf in the file
}

// headersSize is how much is read at once.
const headersSize = 4096

// read returns the n bytes at offset, which are valid until the next call.
func (h *headers) read(in *media.Input, offset int64, n int) ([]byte, error) {
	if offset < h.at || offset+int64(n) > h.at+int64(len(h.buf)) {
		if h.buf == nil {
			h.buf = make([]byte, headersSize)
		}
		got, err := in.ReadAt(h.buf[:min(in.Left(offset), headersSize)], offset)
		h.buf, h.at = h.buf[:got], offset
		if got < n {
			return nil, fmt.Errorf("read box at offset %d: %w", offset, err)
		}
	}
	return h.buf[offset-h.at:][:n], nil
}

// topBoxAt reads the header of the box at offset. ok is false at the end of the file.
func (h *headers) topBoxAt(in *media.Input, offset int64) (b topBox, ok bool, err error) {
	left := in.Left(offset)
	if left < boxHeader {
		return b, false, nil
	}
	head, err := h.read(in, offset, int(min(left, largeHeader)))
	if err != nil {
		return b, false, err
	}
	typ, header, whole, ok := parseBoxHeader(head, left)
	if !ok {
		return b, false, fmt.Errorf("%w: box %q at offset %d has %d bytes", media.ErrBadMedia, typ, offset, whole)
	}
	size := min(int64(whole), left)
	return topBox{typ: typ, payload: offset + int64(header), End: offset + size, missing: int64(whole) - size}, true, nil
}

// loadBox reads a whole box into memory.
func loadBox(in *media.Input, top topBox) (b box, err error) {
	if top.missing > 0 {
		return b, fmt.Errorf("%w: box %s at offset %d: %d bytes are missing", media.ErrTruncated, top.typ, top.payload, top.missing)
	}
	size := top.End - top.payload
	if size > maxBoxSize {
		return b, fmt.Errorf("%w: box %s at offset %d has %d bytes, at most %d are read", media.ErrBadMedia, top.typ, top.payload, size, maxBoxSize)
	}
	b = box{typ: top.typ, payload: make([]byte, size), offset: top.payload, in: in}
	if _, err := in.ReadAt(b.payload, top.payload); err != nil && size > 0 {
		return b, fmt.Errorf("read box %s at offset %d: %w", top.typ, top.payload, err)
	}
	return b, nil
}
