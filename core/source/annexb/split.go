package annexb

import (
	"bytes"
	"fmt"
	"io"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// Limits on one access unit in a byte stream.
const (
	MaxAccessUnitSize = 16 << 20 // the largest RTMP message
	maxNALUs          = 1 << 14
)

// picture is one access unit of a byte stream. Its NAL units alias the splitter's buffer.
type picture struct {
	nalus         [][]byte
	order         pictureOrder // of the first slice
	hasSlice      bool
	configChanged bool
	offset        int64 // in the file
}

// splitter cuts a byte stream into access units.
type splitter struct {
	in     *media.Input
	units  pictures
	buf    []byte
	bufAt  int64 // offset of buf in the file
	begun  bool
	nalu   int // where the next NAL unit begins in buf, after its start code; -1: there is none
	unit   int // where the access unit's first NAL unit begins
	eof    bool
	spans  [][2]int // the NAL units of this access unit in buf
	result picture
	err    error // found behind the last access unit

	leftOut bool // a NAL unit was left out
}

// newSplitter returns a splitter at the beginning of the file. It takes over the memory of an old
// one, which may be nil.
func newSplitter(in *media.Input, codec flv.Codec, old *splitter) (*splitter, error) {
	units, err := newPictures(codec)
	s := &splitter{in: in, units: units}
	if old != nil {
		s.buf, s.spans, s.result.nalus = old.buf[:0], old.spans, old.result.nalus
	}
	return s, err
}

// next returns the next access unit, io.EOF at the end. It is valid until the next call.
func (s *splitter) next() (*picture, error) {
	if s.err != nil {
		return nil, s.err
	}
	if !s.begun {
		if err := s.begin(); err != nil {
			return nil, err
		}
	}
	s.unit = s.nalu
	s.spans = s.spans[:0]
	s.result = picture{nalus: s.result.nalus[:0]}
	for s.nalu >= 0 {
		end, next, fault := s.findEnd()
		if end > s.nalu {
			first, err := s.units.take(&s.result, s.buf[s.nalu:end])
			if first {
				s.err = fault // what is wrong behind a picture does not cost the picture
				break
			}
			if err != nil {
				s.leaveOut(err)
				end = s.nalu
			}
		}
		if fault != nil {
			return nil, fault
		}
		if len(s.spans) >= maxNALUs {
			return nil, fmt.Errorf("%w: access unit at offset %d has more than %d NAL units", media.ErrBadMedia, s.bufAt+int64(s.unit), maxNALUs)
		}
		if end > s.nalu {
			s.spans = append(s.spans, [2]int{s.nalu, end})
		}
		s.nalu = next
		if len(s.spans) == 0 && next >= 0 {
			s.unit = next // nothing that is left out is kept
		}
	}
	if len(s.spans) == 0 {
		return nil, io.EOF
	}
	for _, span := range s.spans {
		s.result.nalus = append(s.result.nalus, s.buf[span[0]:span[1]:span[1]])
	}
	s.result.offset = s.bufAt + int64(s.unit)
	return &s.result, nil
}

// maxLeadIn is how far the first start code of a file is looked for.
const maxLeadIn = 1 << 20

// begin goes to the first start code. A file that begins inside a NAL unit, as pieces of recordings do,
// has it behind the rest of that unit.
func (s *splitter) begin() error {
	next := -1
	for next < 0 {
		searched := len(s.buf)
		if err := s.fill(); err != nil {
			return err
		}
		if s.eof || searched > maxLeadIn {
			return fmt.Errorf("%w: no start code in the first %d bytes", media.ErrBadMedia, searched)
		}
		_, next = flv.NextStartCode(s.buf, max(searched-2, 0))
	}
	if rubbish := s.buf[:next-3]; len(bytes.TrimRight(rubbish, "\x00")) > 0 {
		s.in.Warnf("the file begins inside a NAL unit, or with something else: %d bytes are left out", len(rubbish))
	}
	s.begun, s.nalu = true, next
	return nil
}

// findEnd finds the end of the NAL unit at s.nalu and the begin of the next one, -1 if there is none, reading on as needed. With an error, end is
// that of what was read.
func (s *splitter) findEnd() (end, next int, err error) {
	from := s.nalu
	for {
		// A start code may begin in what was searched before.
		end, next = flv.NextStartCode(s.buf, max(from-3, s.nalu))
		if next >= 0 || s.eof {
			return s.trim(end), next, nil
		}
		searched := len(s.buf)
		shift, err := s.grow()
		if err != nil {
			return len(s.buf), -1, err
		}
		from = searched - shift
	}
}

// trim removes trailing zero bytes that reach back before the place where a search was taken up again.
func (s *splitter) trim(end int) int {
	for end > s.nalu && s.buf[end-1] == 0 {
		end--
	}
	return end
}

// grow reads more of the file behind the access unit, which moves to the front of the buffer by shift bytes.
func (s *splitter) grow() (shift int, err error) {
	shift = s.unit
	if len(s.buf)-shift >= MaxAccessUnitSize {
		return 0, fmt.Errorf("%w: access unit at offset %d is larger than %d bytes", media.ErrBadMedia, s.bufAt+int64(shift), MaxAccessUnitSize)
	}
	s.buf = s.buf[:copy(s.buf, s.buf[shift:])]
	s.bufAt += int64(shift)
	s.nalu -= shift
	s.unit = 0
	for i := range s.spans {
		s.spans[i][0] -= shift
		s.spans[i][1] -= shift
	}
	return shift, s.fill()
}

func (s *splitter) fill() error {
	at := s.bufAt + int64(len(s.buf))
	n := int(min(media.ReadSize, s.in.Left(at)))
	if n <= 0 {
		s.eof = true
		return nil
	}
	have := len(s.buf)
	if cap(s.buf) < have+n {
		s.buf = append(make([]byte, 0, 2*(have+n)), s.buf...)
	}
	s.buf = s.buf[:have+n]
	got, err := s.in.ReadAt(s.buf[have:], at)
	s.buf = s.buf[:have+got]
	if got == 0 {
		return fmt.Errorf("read at offset %d: %w", at, err)
	}
	return nil
}

// leaveOut warns of the NAL unit at s.nalu, which cannot be read and is left out, as decoders do. It
// warns once: damaged files may have many.
func (s *splitter) leaveOut(why error) {
	if s.leftOut {
		return
	}
	s.leftOut = true
	s.in.Warnf("the NAL unit at offset %d is left out, as are others like it: %v", s.bufAt+int64(s.nalu), why)
}
