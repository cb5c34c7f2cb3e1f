package rtp

import (
	"fmt"

	"github.com/pion/rtp/codecs"
)

// The aggregation header of "RTP Payload Format For AV1", 4.4:
//
//	+-+-+-+-+-+-+-+-+
//	|Z|Y| W |N|-|-|-|
//	+-+-+-+-+-+-+-+-+
//
// Z: the first OBU element goes on with one of the packet before. Y: the last one goes on in the next packet. W: how many there are, 0 if
// each has its length in front; else the last one has none.
const (
	av1Continues = 0x80
	av1Unended   = 0x40
)

// The OBU types that begin a frame, AV1, 6.2.2, and a bit of an OBU header, 5.3.2.
const (
	obuSequenceHeader    = 1
	obuTemporalDelimiter = 2
	obuFrameHeader       = 3
	obuFrame             = 6

	obuHasExtension = 1 << 2
)

// av1Picture takes a temporal unit out of packets.
type av1Picture struct {
	frame
	pion     codecs.AV1Depacketizer
	fragment bool // an OBU element goes on in the next packet
	bytes    int  // of its payloads
}

func (p *av1Picture) add(payload []byte) error {
	if err := checkElements(payload); err != nil {
		return err
	}
	switch goesOn := payload[0]&av1Continues != 0; {
	case goesOn && !p.fragment:
		return fmt.Errorf("%w: an OBU goes on that has not begun", errBadPayload)
	case !goesOn && p.fragment:
		return fmt.Errorf("%w: an OBU is unfinished", errBadPayload)
	case !goesOn:
		p.bytes = 0
	}
	p.fragment = payload[0]&av1Unended != 0
	if p.bytes += len(payload); p.bytes > maxUnitBytes {
		return fmt.Errorf("%w: an OBU of more than %d bytes", errBadPayload, maxUnitBytes)
	}
	out, err := p.pion.Unmarshal(payload)
	if err != nil {
		return fmt.Errorf("%w: %w", errBadPayload, err)
	}
	return p.append(out)
}

// checkElements checks the lengths of the OBU elements. Those that pion reads have no limit, and on 32 bits wrap.
func checkElements(payload []byte) error {
	if len(payload) < 2 {
		return fmt.Errorf("%w: %d bytes", errBadPayload, len(payload))
	}
	count := int(payload[0] >> 4 & 3)
	rest, last := payload[1:], 0
	for i := 1; len(rest) > 0 && i != count; i++ {
		size, n := leb128(rest)
		if n == 0 || size > len(rest)-n {
			return fmt.Errorf("%w: OBU element %d goes beyond the packet", errBadPayload, i)
		}
		rest, last = rest[n+size:], size
	}
	if count > 0 {
		last = len(rest)
	}
	if last == 0 && (count > 0 || payload[0]&av1Unended != 0) {
		return fmt.Errorf("%w: the last OBU element is empty", errBadPayload)
	}
	return nil
}

// leb128 reads a number, AV1, 4.10.5, up to what a packet can hold; n is 0 if it is larger or cut off.
func leb128(b []byte) (value, n int) {
	const most = 3 // bytes: 21 bits
	for i := range min(len(b), most) {
		value |= int(b[i]&0x7F) << (7 * i)
		if b[i]&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, 0
}

// begins: a temporal unit does not begin in the midst of an OBU. It is asked only behind a marker.
func (p *av1Picture) begins(payload []byte) bool { return payload[0]&av1Continues == 0 }

// another: a temporal unit has one shown frame of the base layer. AV1, 7.5.
func (p *av1Picture) another(payload []byte) bool {
	if p.fragment || len(payload) < 3 || !p.begins(payload) {
		return false
	}
	first := payload[1:]
	if payload[0]>>4&3 != 1 { // a length is in front
		_, n := leb128(first)
		first = first[n:]
	}
	if len(first) < 2 || first[0]&obuHasExtension != 0 && first[1]>>3&3 > 0 { // of another layer
		return false
	}
	switch first[0] >> 3 & 15 {
	case obuSequenceHeader, obuTemporalDelimiter, obuFrameHeader, obuFrame:
		return p.shown()
	}
	return false
}

// shown reports whether a frame that is shown is among the OBUs that were collected. AV1, 5.9.2.
func (p *av1Picture) shown() bool {
	const showExistingFrame, showFrame = 0x80, 0x10
	for rest := p.data; len(rest) > 2; {
		typ := rest[0] >> 3 & 15
		at := 1 + int(rest[0]&obuHasExtension)/obuHasExtension
		size, n := leb128(rest[at:])
		if at += n; n == 0 || size == 0 || size > len(rest)-at {
			return false
		}
		if (typ == obuFrameHeader || typ == obuFrame) && rest[at]&(showExistingFrame|showFrame) != 0 {
			return true
		}
		rest = rest[at+size:]
	}
	return false
}

func (p *av1Picture) open() bool { return p.fragment }

// head: an OBU whose beginning is missing is refused by add. A key frame has a sequence header in front, without which it is none; for other
// pictures it does not matter, since after a loss they are dropped.
func (p *av1Picture) head() bool { return true }

func (p *av1Picture) reset() {
	p.clear()
	p.fragment, p.bytes = false, 0
	p.pion = codecs.AV1Depacketizer{}
}
