package annexb

// mark is a place in a byte stream.
type mark struct {
	offset int64 // of the first NAL unit
	dts    int64 // in fields
	units  pictures
	ahead  pictures
}

func (f *reader) Mark() {
	f.marked = mark{f.last.offset, f.last.dts, f.split.units, f.ahead.units}
}

// Back makes the marked key frame the next one. All pictures that are decoded before it have been
// shown then.
func (f *reader) Back() error {
	f.restart(f.marked.dts)
	f.split.units, f.ahead.units = f.marked.units, f.marked.ahead
	if err := f.split.seek(f.marked.offset); err != nil {
		return err
	}
	return f.ahead.seek(f.marked.offset)
}

// seek goes to the first NAL unit of an access unit.
func (s *splitter) seek(offset int64) error {
	s.buf, s.bufAt, s.spans = s.buf[:0], offset, s.spans[:0]
	s.begun, s.nalu, s.unit, s.eof, s.err = true, 0, 0, false, nil
	return s.fill()
}
