package rtp

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/pion/rtp/codecs"

	"luatrtmp/core/flv"
)

// The NAL unit types of RFC 7798, 4.4, that only RTP has.
const (
	hevcAP   = 48
	hevcFU   = 49
	hevcPACI = 50

	hevcHeaderSize = 2
	startCodeSize  = 4
)

// hevcPicture takes NAL units out of packets, RFC 7798: single NAL unit packets, aggregation packets and fragmentation units.
//
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|F|   type    |  layer id | TID |S|E|   type    |   payload header (type 49) and FU header
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
type hevcPicture struct {
	nalus
	pion     codecs.H265Depacketizer
	fragment bool
	typ      byte
	arena    []byte // pion keeps the payloads of fragments until the last one is there; these are copies
}

func (p *hevcPicture) add(payload []byte) error {
	if len(payload) <= hevcHeaderSize {
		return fmt.Errorf("%w: %d bytes", errBadPayload, len(payload))
	}
	if payload[0]&forbiddenBit != 0 {
		return fmt.Errorf("%w: the forbidden_zero_bit is set", errBadPayload)
	}
	typ := payload[0] >> 1 & 0x3F
	switch {
	case typ == hevcFU:
		if err := p.fragmentOf(payload); err != nil {
			return err
		}
		start := len(p.arena)
		p.arena = append(p.arena, payload...) // where it moves, the slices from before keep the old memory
		payload = p.arena[start:]
	case p.fragment:
		return fmt.Errorf("%w: a NAL unit of type %d while another is unfinished", errBadPayload, typ)
	case typ == hevcPACI:
		return fmt.Errorf("%w: PACI packets are not supported", errBadPayload)
	}
	out, err := p.pion.Unmarshal(payload)
	if err != nil {
		return fmt.Errorf("%w: %w", errBadPayload, err)
	}
	if typ != hevcAP {
		if len(out) <= startCodeSize {
			return nil // a fragment
		}
		return p.append(out[startCodeSize:])
	}
	list, err := flv.SplitAnnexB(nil, out)
	if err != nil {
		return fmt.Errorf("%w: aggregation packet: %w", errBadPayload, err)
	}
	for _, nalu := range list {
		if len(nalu) <= hevcHeaderSize {
			return fmt.Errorf("%w: aggregation packet with a NAL unit of %d bytes", errBadPayload, len(nalu))
		}
		if err := p.append(nalu); err != nil {
			return err
		}
	}
	return nil
}

func (p *hevcPicture) fragmentOf(payload []byte) error {
	if len(payload) < 4 {
		return fmt.Errorf("%w: FU of %d bytes", errBadPayload, len(payload))
	}
	start, end, typ := payload[2]&fuStart != 0, payload[2]&fuEnd != 0, payload[2]&0x3F
	switch {
	case start && end:
		return fmt.Errorf("%w: FU that is start and end", errBadPayload)
	case start && p.fragment:
		return fmt.Errorf("%w: FU begins while another is unfinished", errBadPayload)
	case start:
		p.typ, p.arena = typ, p.arena[:0]
	case !p.fragment:
		return fmt.Errorf("%w: FU without its start", errBadPayload)
	case typ != p.typ:
		return fmt.Errorf("%w: FU of type %d, it began with %d", errBadPayload, typ, p.typ)
	}
	if p.size+len(p.arena)+len(payload) > maxUnitBytes {
		return fmt.Errorf("%w: a NAL unit of more than %d bytes", errBadPayload, maxUnitBytes)
	}
	p.fragment = !end
	return nil
}

func (p *hevcPicture) open() bool      { return p.fragment }
func (p *hevcPicture) parts() [][]byte { return p.list }

// head looks at first_slice_segment_in_pic_flag, H.265, 7.3.6.1.
func (p *hevcPicture) head() bool {
	for _, nalu := range p.list {
		if isSliceHEVC(nalu) {
			return len(nalu) > 2 && nalu[2]&0x80 != 0
		}
	}
	return true
}

func (p *hevcPicture) clear() { p.nalus.clear() }

func (p *hevcPicture) reset() {
	p.clear()
	p.fragment = false
	p.pion = codecs.H265Depacketizer{}
}

// isSliceHEVC tells the VCL NAL units, H.265, table 7-1.
func isSliceHEVC(nalu []byte) bool { return nalu[0]>>1&0x3F < byte(h265.NALUType_VPS_NUT) }

// skippedLeading tells a RASL picture: it cannot be decoded when decoding began at the IRAP picture before it. H.265, 8.1.3.
func skippedLeading(nalus [][]byte) bool {
	for _, nalu := range nalus {
		if isSliceHEVC(nalu) {
			typ := h265.NALUType(nalu[0] >> 1 & 0x3F)
			return typ == h265.NALUType_RASL_N || typ == h265.NALUType_RASL_R
		}
	}
	return false
}
