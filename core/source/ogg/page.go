package ogg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"luatrtmp/core/source/media"
)

// Ogg page, RFC 3533, 6:
//
//	+--------+---------+-------+--------------+-----------+-------------+--------+----------+-------------+----------+
//	| "OggS" | version | flags | granule (64) | serial 32 | sequence 32 | CRC 32 | segments | their sizes | segments |
//	+--------+---------+-------+--------------+-----------+-------------+--------+----------+-------------+----------+
//
// All numbers are little-endian. A packet ends with the first segment shorter than 255 bytes; it may go on on the next page of its stream.
//
// The readers of other modules are not used: that of pion/webrtc hands out pages, without putting packets together and without chained
// streams, and would bring some 20 modules with it.
const (
	headerSize = 27
	crcAt      = 22
	magic      = "OggS"
	noGranule  = -1 // no packet ends on the page

	continued = 1 // flags
	first     = 2
	last      = 4

	fullSegment = 255
	polynomial  = 0x04C11DB7
)

// page is a page in the reader's buffer.
type page struct {
	flags    byte
	granule  int64
	serial   uint32
	sequence uint32
	sizes    []byte // of the segments
	data     []byte
	offset   int64
}

// table is for a CRC that takes the most significant bit first, which hash/crc32 does not have.
var table = func() (table [256]uint32) {
	for i := range table {
		r := uint32(i) << 24
		for range 8 {
			if r&(1<<31) != 0 {
				r = r<<1 ^ polynomial
			} else {
				r <<= 1
			}
		}
		table[i] = r
	}
	return table
}()

func checksum(crc uint32, b []byte) uint32 {
	for _, v := range b {
		crc = crc<<8 ^ table[byte(crc>>24)^v]
	}
	return crc
}

// readOggPage reads the page at the window's offset; io.EOF at the end of the file. The page is valid until the next read.
func readOggPage(w *media.Window) (p page, err error) {
	if w.Left() == 0 {
		return p, io.EOF
	}
	at := w.Offset
	h, err := w.Peek(headerSize, "page header")
	if err != nil {
		return p, err
	}
	if string(h[:4]) != magic || h[4] != 0 {
		return p, fmt.Errorf("%w: no Ogg page at offset %d: % x", media.ErrBadMedia, at, h[:5])
	}
	segments := int(h[headerSize-1])
	if h, err = w.Peek(headerSize+segments, "page header"); err != nil {
		return p, err
	}
	size := headerSize + segments
	for _, n := range h[headerSize:] {
		size += int(n)
	}
	if h, err = w.Peek(size, "page"); err != nil {
		return p, err
	}
	crc := checksum(checksum(0, h[:crcAt]), []byte{0, 0, 0, 0})
	crc = checksum(crc, h[crcAt+4:])
	if want := binary.LittleEndian.Uint32(h[crcAt:]); crc != want {
		return p, fmt.Errorf("%w: Ogg page at offset %d is damaged: checksum %08x, expected %08x", media.ErrBadMedia, at, crc, want)
	}
	w.Skip(int64(size))
	return page{
		flags:    h[5],
		granule:  int64(binary.LittleEndian.Uint64(h[6:])),
		serial:   binary.LittleEndian.Uint32(h[14:]),
		sequence: binary.LittleEndian.Uint32(h[18:]),
		sizes:    h[headerSize : headerSize+segments],
		data:     h[headerSize+segments:],
		offset:   at,
	}, nil
}

// maxSearch is how many bytes are looked at for the next page behind a damaged one, those of checksums
// counted.
const maxSearch = 16 << 20

// nextPage returns the next page that is whole. What is none is passed over, with one warning. The error
// is io.EOF at the end of the file, before which something else may stand, and wraps media.ErrTruncated
// if the last page is cut.
func (f *reader) nextPage() (page, error) {
	from := f.Offset
	p, fault := readOggPage(&f.Window)
	if !errors.Is(fault, media.ErrBadMedia) && !errors.Is(fault, media.ErrTruncated) {
		return p, fault
	}
	for looked := int64(0); looked < maxSearch; {
		n, err := f.toMagic()
		if err == io.EOF && errors.Is(fault, media.ErrTruncated) {
			return page{}, fault
		}
		if err == io.EOF {
			f.passOver("the last %d bytes, from offset %d on, are no Ogg page: %v", f.In.Size-from, from, fault)
			return page{}, io.EOF
		}
		if err != nil {
			return page{}, err
		}
		at := f.Offset
		p, err := readOggPage(&f.Window)
		if err == nil {
			f.passOver("%d bytes at offset %d are no Ogg page and are passed over; so is what may follow of this kind: %v", at-from, from, fault)
			return p, nil
		}
		if !errors.Is(err, media.ErrBadMedia) && !errors.Is(err, media.ErrTruncated) {
			return page{}, err
		}
		looked += n + headerSize + 255*255
	}
	return page{}, fmt.Errorf("no further Ogg page within reach: %w", fault)
}

// toMagic goes forward, by n bytes, at least one, to where a page may begin. The error is io.EOF at the
// end of the file.
func (f *reader) toMagic() (n int64, err error) {
	begin := f.Offset
	for f.Skip(1); f.Left() >= headerSize && f.Offset-begin < maxSearch; {
		if _, err := f.Peek(headerSize, "page"); err != nil {
			return 0, err
		}
		b, err := f.Ahead("page")
		if err != nil {
			return 0, err
		}
		i := bytes.Index(b, []byte(magic))
		if i >= 0 {
			f.Skip(int64(i))
			return f.Offset - begin, nil
		}
		f.Skip(int64(len(b) - len(magic) + 1)) // it may begin at the end of the buffer
	}
	if f.Left() < headerSize {
		return 0, io.EOF
	}
	return f.Offset - begin, nil
}

// passOver warns of what is no page, once.
func (f *reader) passOver(format string, args ...any) {
	if !f.passed {
		f.passed = true
		f.In.Warnf(format, args...)
	}
}

// maxOggPacket is the largest packet that is put together; comment headers hold pictures.
const maxOggPacket = 16 << 20

// packets puts the packets of one stream together.
type packets struct {
	parts    [2][]byte // of a packet over several pages: one that is whole may be in use while the next one begins
	part     int       // the one in use
	open     bool      // there is a begin of a packet
	sequence uint32    // of the next page
	begun    bool
}

// add appends the packets that end on the page to dst. They alias the page, or memory that the next call uses again. What continues a packet
// whose begin was lost is left out.
func (o *packets) add(dst [][]byte, p *page) ([][]byte, error) {
	lost := o.begun && p.sequence != o.sequence
	o.sequence, o.begun = p.sequence+1, true
	if lost || p.flags&continued == 0 {
		o.open = false
	}
	headless := p.flags&continued != 0 && !o.open
	data, size := p.data, 0
	for _, n := range p.sizes {
		size += int(n)
		if n == fullSegment {
			continue
		}
		packet := data[:size:size]
		data, size = data[size:], 0
		if o.open {
			if err := o.keep(packet, p); err != nil {
				return dst, err
			}
			packet = o.parts[o.part]
		}
		if !headless {
			dst = append(dst, packet)
		}
		headless, o.open = false, false
	}
	if headless || size == 0 && !o.open {
		return dst, nil
	}
	if !o.open {
		o.open = true
		o.part = 1 - o.part
		o.parts[o.part] = o.parts[o.part][:0]
	}
	return dst, o.keep(data[:size], p)
}

func (o *packets) keep(b []byte, p *page) error {
	if len(o.parts[o.part])+len(b) > maxOggPacket {
		return fmt.Errorf("%w: packet that ends behind offset %d is larger than %d bytes", media.ErrBadMedia, p.offset, maxOggPacket)
	}
	o.parts[o.part] = append(o.parts[o.part], b...)
	return nil
}

// reset forgets everything but the memory.
func (o *packets) reset() { *o = packets{parts: o.parts} }
