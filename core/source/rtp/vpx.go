package rtp

import (
	"fmt"

	"github.com/pion/rtp/codecs"
)

// vp8Picture takes a frame out of packets, RFC 7741, 4.2.
type vp8Picture struct {
	frame
	pion  codecs.VP8Packet
	begun bool // the first packet of the frame was there
}

func (p *vp8Picture) add(payload []byte) error {
	data, err := p.pion.Unmarshal(payload)
	if err != nil {
		return fmt.Errorf("%w: %w", errBadPayload, err)
	}
	first := p.pion.S == 1 && p.pion.PID == 0
	if first == p.begun {
		return fmt.Errorf("%w: a frame begins too early or not at all", errBadPayload)
	}
	p.begun = true
	return p.append(data)
}

// startsVP8 reports whether a payload begins a frame: S is set and PID is 0. RFC 7741, 4.2.
func startsVP8(payload []byte) bool { return payload[0]&0x17 == 0x10 }

func (p *vp8Picture) begins(payload []byte) bool  { return startsVP8(payload) }
func (p *vp8Picture) another(payload []byte) bool { return p.begun && startsVP8(payload) }

func (p *vp8Picture) open() bool { return false }
func (p *vp8Picture) head() bool { return true }
func (p *vp8Picture) reset()     { p.clear() }

func (p *vp8Picture) clear() {
	p.frame.clear()
	p.begun = false
}

// vp9Picture takes a frame out of packets, RFC 9628, 4.2. Of a stream with spatial layers it takes the base layer, which decodes by itself.
type vp9Picture struct {
	frame
	pion  codecs.VP9Packet
	begun bool // the packet with B was there
	ended bool // the packet with E was there
}

func (p *vp9Picture) add(payload []byte) error {
	// pion appends to these, and does not begin anew.
	p.pion = codecs.VP9Packet{PDiff: p.pion.PDiff[:0], PGTID: p.pion.PGTID[:0], PGU: p.pion.PGU[:0], PGPDiff: p.pion.PGPDiff[:0]}
	data, err := p.pion.Unmarshal(payload)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errBadPayload, err)
	case p.pion.L && p.pion.SID > 0:
		return nil
	case p.pion.B == p.begun:
		return fmt.Errorf("%w: a frame begins too early or not at all", errBadPayload)
	case p.ended:
		return fmt.Errorf("%w: a frame goes on after its end", errBadPayload)
	}
	p.begun, p.ended = true, p.pion.E
	return p.append(data)
}

// startsVP9 reports whether a payload begins a frame of the base layer.
func startsVP9(payload []byte) bool {
	var h codecs.VP9Packet
	_, err := h.Unmarshal(payload)
	return err == nil && h.B && (!h.L || h.SID == 0)
}

func (p *vp9Picture) begins(payload []byte) bool  { return startsVP9(payload) }
func (p *vp9Picture) another(payload []byte) bool { return p.ended && startsVP9(payload) }

func (p *vp9Picture) open() bool { return p.begun && !p.ended }
func (p *vp9Picture) head() bool { return true }
func (p *vp9Picture) reset()     { p.clear() }

func (p *vp9Picture) clear() {
	p.frame.clear()
	p.begun, p.ended = false, false
}
