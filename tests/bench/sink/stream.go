package main

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strconv"

	"luatrtmp/core/message"
)

const (
	handshakeSize = 1536    // of C1 and of C2. RTMP 1.0, 5.2.3
	longestHeader = 18      // basic header, message header, extended timestamp. RTMP 1.0, 5.3.1
	largestTold   = 1 << 20 // of messages that are not media
	stampSize     = 16
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// stream takes a publisher's bytes apart. It is fed with them, in pieces of any size, and returns what is to be answered.
type stream struct {
	summary
	wants      string // the word of the stream's name
	publishing bool

	phase     int    // of the handshake: bytes of C0, C1 and C2 that have come
	c1        []byte // kept until S2 has been sent
	carry     []byte // the beginning of a chunk header whose rest has not come
	chunkSize uint32
	chunks    [64]*chunkStream // by their ids: those that are larger take two bytes, and no publisher uses them
	current   *chunkStream     // whose chunk is not complete
	left      int              // bytes of that chunk
	answers   answers
}

// chunkStream is what later headers refer to, and the message that is not complete.
type chunkStream struct {
	timestamp, delta, length uint32
	kind                     uint8
	extended                 bool
	have                     uint32 // bytes of the message that have come
	body                     []byte // of a message that is not media; of media its first bytes, or its last
	sum                      uint32
}

// feed takes the next bytes.
func (s *stream) feed(b []byte) (reply []byte, err error) {
	s.bytes += uint64(len(b))
	if s.phase < 1+2*handshakeSize {
		b = s.shakeHands(b)
	}
	for len(b) > 0 {
		if s.current == nil {
			if b, err = s.header(b); err != nil {
				return nil, err
			}
			continue
		}
		n := min(len(b), s.left)
		s.current.take(b[:n], s)
		s.left -= n
		b = b[n:]
		if s.left > 0 {
			continue
		}
		c := s.current
		s.current = nil
		if c.have == c.length {
			if err := s.message(c); err != nil {
				return nil, err
			}
			c.have, c.body, c.sum = 0, c.body[:0], 0
		}
	}
	return s.answers.take(), nil
}

// shakeHands answers C0 and C1, whose echo S2 is, and skips C2.
func (s *stream) shakeHands(b []byte) []byte {
	n := min(len(b), 1+2*handshakeSize-s.phase)
	if s.phase <= handshakeSize {
		m := min(n, 1+handshakeSize-s.phase)
		s.c1 = append(s.c1, b[:m]...)
		if s.phase+m == 1+handshakeSize {
			s.answers.raw(s.c1[:1])
			s.answers.raw(make([]byte, handshakeSize))
			s.answers.raw(s.c1[1:])
			s.c1, s.chunkSize = nil, 128
		}
	}
	s.phase += n
	return b[n:]
}

// header takes a chunk header, which may lie in two reads, from the front of b.
func (s *stream) header(b []byte) ([]byte, error) {
	if len(s.carry) == 0 {
		n, err := s.parse(b)
		if n == 0 && err == nil {
			s.carry = append(s.carry, b...)
			return nil, nil
		}
		return b[n:], err
	}
	had := len(s.carry)
	s.carry = append(s.carry, b[:min(len(b), longestHeader-had)]...)
	n, err := s.parse(s.carry)
	if n == 0 && err == nil {
		return nil, nil
	}
	s.carry = s.carry[:0]
	return b[max(n-had, 0):], err
}

var headerSizes = [4]int{11, 7, 3, 0}

// parse reads a chunk header and returns its size, 0 when it is not complete.
func (s *stream) parse(b []byte) (int, error) {
	format, id, n := b[0]>>6, int(b[0]&63), 1
	if id < 2 {
		return 0, fmt.Errorf("chunk stream ids of %d bytes are more than this needs", id+2)
	}
	if len(b) < n+headerSizes[format] {
		return 0, nil
	}
	c := s.chunks[id]
	if c == nil {
		c = &chunkStream{}
		s.chunks[id] = c
	}
	h, field := b[n:], uint32(0)
	n += headerSizes[format]
	extended := c.extended
	if format < 3 {
		field = uint24(h)
		extended = field == 0xFFFFFF
	}
	if extended {
		if len(b) < n+4 {
			return 0, nil
		}
		field = binary.BigEndian.Uint32(b[n:])
		n += 4
	}
	begins := c.have == 0
	if format < 2 {
		c.length, c.kind = uint24(h[3:]), h[6]
	}
	if format < 3 {
		c.delta, c.extended = field, extended
	}
	switch {
	case format == 0:
		c.timestamp = field
	case begins:
		c.timestamp += c.delta
	}
	if !media(c.kind) && c.length > largestTold {
		return 0, fmt.Errorf("a message of type %d and %d bytes", c.kind, c.length)
	}
	s.left = int(min(c.length-c.have, s.chunkSize))
	s.current = c
	return n, nil
}

func media(kind uint8) bool { return kind == 8 || kind == 9 }

func uint24(b []byte) uint32 { return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }

// take takes a part of a message.
func (c *chunkStream) take(b []byte, s *stream) {
	c.have += uint32(len(b))
	switch {
	case !media(c.kind):
		c.body = append(c.body, b...)
	case s.wants == "check":
		c.sum = crc32.Update(c.sum, castagnoli, b)
		fallthrough
	default:
		if len(c.body) < 2 {
			c.body = append(c.body, b[:min(len(b), 2)]...)
		}
		if s.wants == "latency" && c.have > c.length-min(c.length, stampSize) {
			c.body = append(c.body, b[max(0, len(b)-stampSize):]...)
		}
	}
}

// message takes a complete one.
func (s *stream) message(c *chunkStream) error {
	switch {
	case c.kind == uint8(message.TypeSetChunkSize):
		if len(c.body) < 4 || binary.BigEndian.Uint32(c.body) == 0 {
			return fmt.Errorf("a Set Chunk Size of %d bytes", len(c.body))
		}
		s.chunkSize = binary.BigEndian.Uint32(c.body)
	case c.kind == uint8(message.TypeCommandAMF0):
		return s.command(c.body)
	case c.kind == 9 && len(c.body) >= 2 && c.body[1] != 1: // a sequence header, or the end of a sequence. FLV 10.1, E.4.3.1
	case c.kind == 8 && len(c.body) >= 2 && c.body[1] == 0: // an AudioSpecificConfig. FLV 10.1, E.4.2.1
	case media(c.kind):
		s.frame(c)
	}
	return nil
}

// frame counts a picture or an audio frame.
func (s *stream) frame(c *chunkStream) {
	count, sum := &s.audio, &s.audioSum
	if c.kind == 9 {
		count, sum = &s.video, &s.videoSum
		s.ordered = s.ordered && (s.video == 0 || int32(c.timestamp-s.last) >= 0)
		s.last = c.timestamp
		s.lastAt = now()
		if s.video == 0 {
			s.first, s.firstAt = c.timestamp, s.lastAt
		}
	}
	*count++
	if s.wants == "check" {
		*sum = crc32.Update(*sum, castagnoli, binary.BigEndian.AppendUint32(nil, c.sum))
	}
	if s.wants == "latency" && c.kind == 9 && len(c.body) >= stampSize {
		if sent, err := strconv.ParseInt(string(c.body[len(c.body)-stampSize:]), 16, 64); err == nil {
			s.latencies = append(s.latencies, s.lastAt-sent)
		}
	}
}
