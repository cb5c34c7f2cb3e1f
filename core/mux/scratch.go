package mux

import (
	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
)

// scratch is memory that is used from one frame to the next. The parts that its methods return are
// valid until the next call or forget.
type scratch struct {
	parts  [][]byte
	joined [][]byte // what came without a frame, and the access unit after it
}

// whole returns a frame as one part.
func (s *scratch) whole(frame []byte) [][]byte {
	s.parts = append(s.parts[:0], frame)
	return s.parts
}

// annexB returns the NAL units of an access unit in Annex B form.
func (s *scratch) annexB(data []byte) (nalus [][]byte, err error) {
	s.parts, err = flv.SplitAnnexB(s.parts[:0], data)
	return s.parts, err
}

// fromBuffers returns the NAL units of an access unit in several buffers: each one NAL unit without
// a start code, or any number of them with start codes.
func (s *scratch) fromBuffers(buffers [][]byte) ([][]byte, error) {
	s.parts = s.parts[:0]
	for i, b := range buffers {
		nalus, err := flv.SplitAnnexB(s.parts, b)
		if err != nil { // no start code: one NAL unit
			if len(b) == 0 || b[0] == 0 {
				return nil, rtmperr.New(rtmperr.ErrInvalid, "video frame: buffer %d is neither a NAL unit nor in Annex B form", i)
			}
			nalus = append(s.parts, b)
		}
		s.parts = nalus
	}
	if len(s.parts) == 0 {
		return nil, rtmperr.New(rtmperr.ErrInvalid, "video frame: %d buffers without a NAL unit", len(buffers))
	}
	return s.parts, nil
}

// adts returns the raw frames of ADTS frames, and their configuration.
func (s *scratch) adts(data []byte) (frames [][]byte, config []byte, err error) {
	s.parts, config, err = flv.SplitADTS(s.parts[:0], data)
	return s.parts, config, err
}

// join returns an access unit with the units in it that came before it.
func (s *scratch) join(codec flv.Codec, held, parts [][]byte) [][]byte {
	s.joined = codec.JoinUnits(s.joined[:0], held, parts)
	return s.joined
}

// forget lets go of the parts.
func (s *scratch) forget() {
	clear(s.parts)
	clear(s.joined)
	s.parts, s.joined = s.parts[:0], s.joined[:0]
}
