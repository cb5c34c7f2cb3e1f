package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/abema/go-mp4"
)

// maxBoxSize is the largest moov or moof that is read into memory; that of a day of audio and video has some 60 MB.
const maxBoxSize = 256 << 20

// box is a box whose payload is in memory.
type box struct {
	typ     string
	payload []byte
	offset  int64 // of the payload in the file
}

// errStop ends a walk early.
var errStop = errors.New("stop")

// each calls f for the boxes within b. The header is read by the library; that the box fits is checked here. Fewer bytes than a header at the
// end are padding, which QuickTime has.
func (b *box) each(f func(child box) error) error {
	r := bytes.NewReader(b.payload)
	for pos := int64(0); int64(len(b.payload))-pos >= mp4.SmallHeaderSize; {
		if _, err := r.Seek(pos, io.SeekStart); err != nil {
			return err
		}
		info, err := mp4.ReadBoxInfo(r)
		if err != nil {
			return fmt.Errorf("%w: box in %s at offset %d: %w", ErrBadMedia, b.typ, b.offset+pos, err)
		}
		left := uint64(int64(len(b.payload)) - pos)
		if info.Size < info.HeaderSize || info.Size > left {
			return fmt.Errorf("%w: box %q in %s at offset %d has %d bytes, %d are left", ErrBadMedia, info.Type, b.typ, b.offset+pos, info.Size, left)
		}
		start, end := pos+int64(info.HeaderSize), pos+int64(info.Size)
		err = f(box{typ: string(info.Type[:]), payload: b.payload[start:end:end], offset: b.offset + start})
		if err == errStop {
			return nil
		}
		if err != nil {
			return err
		}
		pos = end
	}
	return nil
}

// decode reads the payload as one of the library's boxes with fixed fields. Tables, whose counts may lie, are read by their own code.
func (b *box) decode(dst mp4.IBox) error {
	if _, err := mp4.Unmarshal(bytes.NewReader(b.payload), uint64(len(b.payload)), dst, mp4.Context{}); err != nil {
		return fmt.Errorf("%w: box %s at offset %d: %w", ErrBadMedia, b.typ, b.offset, err)
	}
	return nil
}

// skip returns the box without the first n bytes of its payload.
func (b *box) skip(n int) (box, error) {
	if len(b.payload) < n {
		return box{}, b.short(n)
	}
	return box{typ: b.typ, payload: b.payload[n:], offset: b.offset + int64(n)}, nil
}

func (b *box) short(n int) error {
	return fmt.Errorf("%w: box %s at offset %d has %d bytes, expected at least %d", ErrBadMedia, b.typ, b.offset, len(b.payload), n)
}

// table returns the entries of a full box that has a count of them, size bytes each, after head bytes.
func (b *box) table(head, size int) ([]byte, error) {
	if len(b.payload) < head {
		return nil, b.short(head)
	}
	count := uint64(binary.BigEndian.Uint32(b.payload[head-4:]))
	if have := uint64(len(b.payload)-head) / uint64(size); count > have {
		return nil, fmt.Errorf("%w: box %s at offset %d announces %d entries and has %d", ErrBadMedia, b.typ, b.offset, count, have)
	}
	return b.payload[head : head+int(count)*size], nil
}

// topBox is a box of the file itself, of which only the header is read.
type topBox struct {
	typ     string
	payload int64 // offset in the file
	end     int64 // no more than the end of the file
	missing int64 // bytes of the box beyond the end of the file
}

// topBoxAt reads the header of the box at offset. ok is false at the end of the file.
func (in *input) topBoxAt(offset int64) (b topBox, ok bool, err error) {
	left := in.size - offset
	if left < mp4.SmallHeaderSize {
		return b, false, nil
	}
	info, err := mp4.ReadBoxInfo(in.section(offset))
	if err != nil {
		return b, false, fmt.Errorf("%w: box at offset %d: %w", ErrBadMedia, offset, err)
	}
	if info.Size < info.HeaderSize || info.Size > math.MaxInt64 {
		return b, false, fmt.Errorf("%w: box %q at offset %d has %d bytes", ErrBadMedia, info.Type, offset, info.Size)
	}
	size := min(int64(info.Size), left)
	return topBox{
		typ:     string(info.Type[:]),
		payload: offset + int64(info.HeaderSize),
		end:     offset + size,
		missing: int64(info.Size) - size,
	}, true, nil
}

// load reads a whole box into memory.
func (in *input) load(top topBox) (box, error) {
	if top.missing > 0 {
		return box{}, fmt.Errorf("%w: box %s at offset %d: %d bytes are missing", ErrTruncated, top.typ, top.payload, top.missing)
	}
	size := top.end - top.payload
	if size > maxBoxSize {
		return box{}, fmt.Errorf("%w: box %s at offset %d has %d bytes, at most %d are read", ErrBadMedia, top.typ, top.payload, size, maxBoxSize)
	}
	b := box{typ: top.typ, payload: make([]byte, size), offset: top.payload}
	if _, err := in.ReadAt(b.payload, top.payload); err != nil && size > 0 {
		return box{}, fmt.Errorf("read box %s at offset %d: %w", top.typ, top.payload, err)
	}
	return b, nil
}
