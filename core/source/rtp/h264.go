package rtp

import (
	"bytes"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// The NAL unit types of RFC 6184, 5.2, that only RTP has, and the bits of an FU header, 5.8.
const (
	h264STAPA = 24
	h264FUA   = 28
	h264FUB   = 29

	forbiddenBit = 0x80
	fuStart      = 0x80
	fuEnd        = 0x40
)

// h264Picture takes NAL units out of packets, RFC 6184: single NAL unit packets, STAP-A and FU-A:
//
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|F|NRI|  type   |S|E|R|  type   |   FU indicator (type 28) and FU header
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
type h264Picture struct{ nalus }

func (p *h264Picture) add(payload []byte) error {
	if len(payload) == 0 {
		return fmt.Errorf("%w: empty", errBadPayload)
	}
	typ := payload[0] & 0x1F
	if payload[0]&forbiddenBit != 0 {
		if typ == h264FUA { // a piece is missing
			return fmt.Errorf("%w: the forbidden_zero_bit is set", errBadPayload)
		}
		return fmt.Errorf("%w: the forbidden_zero_bit is set: %w", errBadPayload, errForeign)
	}
	if typ == h264FUA {
		if len(payload) < 2 {
			return fmt.Errorf("%w: FU-A of %d bytes", errBadPayload, len(payload))
		}
		whole := payload[1] & 0x1F
		return p.addFragment(payload[1], whole, []byte{payload[0]&0x60 | whole}, payload[2:])
	}
	startCode := bytes.HasPrefix(payload, []byte{0, 0, 1}) || bytes.HasPrefix(payload, []byte{0, 0, 0, 1})
	if !startCode && (typ == 0 || typ > h264FUB) { // H.264, table 7-1: unspecified; RFC 6184, table 1: reserved
		return fmt.Errorf("%w: NAL unit type %d: %w", errBadPayload, typ, errForeign)
	}
	if err := p.close(); err != nil {
		return err
	}
	switch {
	case typ == h264STAPA:
		return p.aggregate(payload[1:])
	case typ < h264STAPA:
		return p.append(payload)
	}
	return fmt.Errorf("%w: NAL unit type %d", errBadPayload, typ)
}

// head looks at first_mb_in_slice, H.264, 7.3.3: that of the first slice of a picture is 0, which is a single 1 bit.
func (p *h264Picture) head() bool {
	for _, nalu := range p.list {
		if isSliceH264(nalu) {
			return topSliceH264(nalu)
		}
	}
	return true
}

func topSliceH264(slice []byte) bool { return len(slice) > 1 && slice[1]&0x80 != 0 }

// begins looks at the first NAL unit, H.264, 7.4.1.2.3.
func (p *h264Picture) begins(payload []byte) bool {
	switch typ := payload[0] & 0x1F; {
	case typ == h264STAPA:
		return len(payload) > 3 && payload[3]&0x1F != h264STAPA && p.begins(payload[3:])
	case typ == h264FUA:
		return len(payload) > 2 && payload[1]&fuStart != 0 && startsUnitH264(payload[1]&0x1F, payload[1:])
	default:
		return startsUnitH264(typ, payload)
	}
}

// startsUnitH264 reports whether a NAL unit begins an access unit. Of a slice the byte after the first one is looked at.
func startsUnitH264(typ byte, nalu []byte) bool {
	switch h264.NALUType(typ) {
	case h264.NALUTypeNonIDR, h264.NALUTypeDataPartitionA, h264.NALUTypeIDR:
		return topSliceH264(nalu)
	case h264.NALUTypeSEI, h264.NALUTypeSPS, h264.NALUTypePPS, h264.NALUTypeAccessUnitDelimiter:
		return true
	}
	return false
}

func isSliceH264(nalu []byte) bool {
	typ := h264.NALUType(nalu[0] & 0x1F)
	return typ >= h264.NALUTypeNonIDR && typ <= h264.NALUTypeIDR
}
