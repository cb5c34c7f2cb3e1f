package rtp

import (
	"encoding/binary"
	"fmt"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// selfFramed takes frames of MP3 (payload format MPA, RFC 2250, 3.5) and AC-3 (RFC 4184) out of packets. Their headers tell how long
// the frames are. A packet has whole frames, or a part of one.
//
//	MPA:  | 0 (16)         | offset of the payload in its frame (16) | frames |
//	AC-3: | 0 (6) | FT (2) | number of frames or of fragments (8)    | frames |  FT: 0 whole frames, 1 and 2 first fragment, 3 others
type selfFramed struct {
	codec      flv.Codec
	clockRate  int64
	sampleRate int    // of the latest frame; 0: none was there
	fragment   []byte // the part of a frame that is there
	size       int    // of that frame; 0: none waits
	at         int64  // its timestamp
}

func (s *selfFramed) reset() { s.fragment, s.size = s.fragment[:0], 0 }

func (s *selfFramed) config() []byte { return nil }

func (s *selfFramed) add(payload []byte, _ bool, at int64, emit func(frame []byte, at int64)) error {
	head := 2
	if s.codec == flv.MP3 {
		head = 4
	}
	if len(payload) <= head {
		return fmt.Errorf("%w: %d bytes", errBadPayload, len(payload))
	}
	data := payload[head:]
	offset := len(s.fragment) // AC-3 does not say it
	first := payload[0]&3 != 3
	if s.codec == flv.MP3 {
		offset = int(binary.BigEndian.Uint16(payload[2:]))
		first = offset == 0
	}
	if first {
		s.reset()
		return s.frames(data, at, emit)
	}
	if s.size == 0 || offset != len(s.fragment) || at != s.at || len(data) > s.size-len(s.fragment) {
		s.reset()
		return fmt.Errorf("%w: a fragment that does not go on with the one before", errBadPayload)
	}
	if s.fragment = append(s.fragment, data...); len(s.fragment) == s.size {
		emit(s.fragment, at)
		s.reset()
	}
	return nil
}

// frames takes the frames that data begins with, of which the last may be cut.
func (s *selfFramed) frames(data []byte, at int64, emit func([]byte, int64)) error {
	for len(data) > 0 {
		if s.codec == flv.MP3 && media.IsMP2(data) {
			return fmt.Errorf("%w: %s", errBadPayload, media.MP2)
		}
		h, err := flv.ParseFrameHeader(s.codec, data)
		if err != nil {
			return fmt.Errorf("%w: %w", errBadPayload, err)
		}
		s.sampleRate = h.SampleRate
		if h.Size > len(data) {
			s.fragment, s.size, s.at = append(s.fragment[:0], data...), h.Size, at
			return nil
		}
		emit(data[:h.Size], at)
		at += int64(h.Samples) * s.clockRate / int64(h.SampleRate)
		data = data[h.Size:]
	}
	return nil
}
