package rtp

import (
	"encoding/binary"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtp/codecs"
)

// The NAL unit types of RFC 6184, 5.2, that only RTP has, and the bits of an FU header, 5.8.
const (
	h264STAPA = 24
	h264FUA   = 28

	forbiddenBit = 0x80
	fuStart      = 0x80
	fuEnd        = 0x40

	avccLength = 4
)

// h264Picture takes NAL units out of packets, RFC 6184: single NAL unit packets, STAP-A and FU-A. The depacketizer of pion does not mind
// where fragments begin and end; that is watched here:
//
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|F|NRI|  type   |S|E|R|  type   |   FU indicator (type 28) and FU header
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
type h264Picture struct {
	nalus
	pion     codecs.H264Packet
	fragment bool // an FU-A has begun
	typ      byte // its NAL unit type
	bytes    int  // of its payloads
}

func (p *h264Picture) add(payload []byte) error {
	if len(payload) == 0 {
		return fmt.Errorf("%w: empty", errBadPayload)
	}
	if payload[0]&forbiddenBit != 0 {
		return fmt.Errorf("%w: the forbidden_zero_bit is set", errBadPayload)
	}
	switch typ := payload[0] & 0x1F; {
	case typ == h264FUA:
		if err := p.fragmentOf(payload); err != nil {
			return err
		}
	case p.fragment:
		return fmt.Errorf("%w: a NAL unit of type %d while another is unfinished", errBadPayload, typ)
	}
	out, err := p.pion.Unmarshal(payload)
	if err != nil {
		return fmt.Errorf("%w: %w", errBadPayload, err)
	}
	for len(out) >= avccLength {
		size := int(binary.BigEndian.Uint32(out))
		if err := p.append(out[avccLength : avccLength+size : avccLength+size]); err != nil {
			return err
		}
		out = out[avccLength+size:]
	}
	return nil
}

// fragmentOf checks an FU-A: made up of nothing but what was sent, or refused.
func (p *h264Picture) fragmentOf(payload []byte) error {
	if len(payload) < 3 {
		return fmt.Errorf("%w: FU-A of %d bytes", errBadPayload, len(payload))
	}
	start, end, typ := payload[1]&fuStart != 0, payload[1]&fuEnd != 0, payload[1]&0x1F
	switch {
	case start && p.fragment:
		return fmt.Errorf("%w: FU-A begins while another is unfinished", errBadPayload)
	case start:
		p.pion = codecs.H264Packet{IsAVC: true}
		p.typ, p.bytes = typ, 0
	case !p.fragment:
		return fmt.Errorf("%w: FU-A without its start", errBadPayload)
	case typ != p.typ:
		return fmt.Errorf("%w: FU-A of type %d, it began with %d", errBadPayload, typ, p.typ)
	}
	p.bytes += len(payload)
	if p.size+p.bytes > maxUnitBytes {
		return fmt.Errorf("%w: a NAL unit of more than %d bytes", errBadPayload, maxUnitBytes)
	}
	p.fragment = !end
	return nil
}

func (p *h264Picture) open() bool      { return p.fragment }
func (p *h264Picture) parts() [][]byte { return p.list }

// head looks at first_mb_in_slice, H.264, 7.3.3: that of the first slice of a picture is 0, which is a single 1 bit.
func (p *h264Picture) head() bool {
	for _, nalu := range p.list {
		if isSliceH264(nalu) {
			return len(nalu) > 1 && nalu[1]&0x80 != 0
		}
	}
	return true
}

func (p *h264Picture) clear() { p.nalus.clear() }

func (p *h264Picture) reset() {
	p.clear()
	p.fragment = false
	p.pion = codecs.H264Packet{IsAVC: true}
}

func isSliceH264(nalu []byte) bool {
	typ := h264.NALUType(nalu[0] & 0x1F)
	return typ >= h264.NALUTypeNonIDR && typ <= h264.NALUTypeIDR
}
