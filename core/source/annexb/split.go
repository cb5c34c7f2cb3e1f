package annexb

import (
	"cmp"
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
			first, err := s.take(s.buf[s.nalu:end])
			if first || err != nil && s.result.hasSlice {
				s.err = cmp.Or(err, fault) // what is wrong behind a picture does not cost the picture
				break
			}
			if err != nil {
				return nil, err
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

// begin finds the first start code, before which only zero bytes may stand.
func (s *splitter) begin() error {
	if err := s.fill(); err != nil {
		return err
	}
	end, next := flv.NextStartCode(s.buf, 0)
	if next < 0 || end > 0 {
		return fmt.Errorf("%w: no start code at the beginning", media.ErrBadMedia)
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

// take looks at the next NAL unit. first tells that it begins another access unit, and then nothing is taken.
func (s *splitter) take(nalu []byte) (first bool, err error) {
	if first, err = s.units.take(&s.result, nalu); err != nil {
		err = fmt.Errorf("%w: at offset %d: %w", media.ErrBadMedia, s.bufAt+int64(s.nalu), err)
	}
	return first, err
}
