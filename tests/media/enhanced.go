package media

import (
	"encoding/binary"
	"errors"
	"time"
)

const (
	fourCCSize      = 4
	compositionSize = 3
	trackSize       = 3 // the field for the length of one track's part
)

// The forms of a multitrack body. Enhanced RTMP v2, "AvMultitrackType".
const (
	oneTrack             = 0
	manyTracks           = 1
	manyTracksManyCodecs = 2
)

var errCut = errors.New("an Enhanced RTMP body is cut")

// reader takes bytes from the front of a body. After the first that is missing it has failed for good.
type reader struct {
	data   []byte
	failed bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.data) {
		r.failed = true
		r.data = nil
		return make([]byte, max(n, 0))
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *reader) byte() byte { return r.take(1)[0] }

// enhanced takes an Enhanced RTMP body apart, from behind its first byte on. p.Type is the packet type of that byte. Enhanced RTMP v2, the
// syntax tables of ExAudioTagHeader and ExVideoTagHeader.
func enhanced(p Packet, body []byte, multitrack PacketType) ([]Packet, error) {
	r := &reader{data: body}

	for p.Type == modEx && !r.failed {
		size := int(r.byte()) + 1
		if size == maxModExDataLength {
			size = int(binary.BigEndian.Uint16(r.take(2))) + 1
		}
		data := r.take(size)
		next := r.byte()
		if next>>4 == 0 && len(data) >= 3 { // TimestampOffsetNano
			p.Nanoseconds = int(data[0])<<16 | int(data[1])<<8 | int(data[2])
		}
		p.Type = PacketType(next & 0xF)
	}

	if p.Type != multitrack {
		p.Codec = string(r.take(fourCCSize))
		p.take(r.data)
		return finish(r, []Packet{p})
	}

	p.Multitrack = true
	head := r.byte()
	p.Type = PacketType(head & 0xF)
	form := head >> 4
	if form > manyTracksManyCodecs {
		return nil, errors.New("a multitrack form that is not specified")
	}
	if form != manyTracksManyCodecs {
		p.Codec = string(r.take(fourCCSize))
	}

	var packets []Packet
	for more := true; more && !r.failed; more = len(r.data) > 0 {
		if form == manyTracksManyCodecs {
			p.Codec = string(r.take(fourCCSize))
		}
		p.Track = int(r.byte())
		size := len(r.data)
		if form != oneTrack {
			b := r.take(trackSize)
			size = int(b[0])<<16 | int(b[1])<<8 | int(b[2])
		}
		part := p
		part.take(r.take(size))
		packets = append(packets, part)
	}

	return finish(r, packets)
}

func finish(r *reader, packets []Packet) ([]Packet, error) {
	for _, p := range packets {
		if p.Data == nil {
			r.failed = true
		}
	}
	if r.failed {
		return nil, errCut
	}
	return packets, nil
}

// take stores what follows the FourCC: a composition time for the codecs that have one, and the data, which stays nil when the body is cut.
func (p *Packet) take(body []byte) {
	p.Data = append([]byte{}, body...)
	if p.Kind != TagVideo {
		return
	}

	switch {
	case p.Type == CodedFramesX:
		p.Type = CodedFrames
	case p.Type == CodedFrames && (p.Codec == "avc1" || p.Codec == "hvc1" || p.Codec == "vvc1"):
		if len(body) < compositionSize {
			p.Data = nil
			return
		}
		p.Composition = composition(body)
		p.Data = p.Data[compositionSize:]
	}
}

// PTS returns the presentation time.
func (p *Packet) PTS() time.Duration {
	return p.DTS + p.Composition + time.Duration(p.Nanoseconds)
}
