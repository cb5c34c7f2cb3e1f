package rtp

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// The NAL unit types of RFC 7798, 4.4, that only RTP has.
const (
	hevcAP   = 48
	hevcFU   = 49
	hevcPACI = 50

	hevcHeaderSize = 2
)

// hevcPicture takes NAL units out of packets, RFC 7798: single NAL unit packets, aggregation packets and fragmentation units.
//
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|F|   type    |  layer id | TID |S|E|   type    |   payload header (type 49) and FU header
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
type hevcPicture struct{ nalus }

func (p *hevcPicture) add(payload []byte) error {
	if len(payload) < hevcHeaderSize {
		return fmt.Errorf("%w: %d bytes", errBadPayload, len(payload))
	}
	typ := payload[0] >> 1 & 0x3F
	if payload[0]&forbiddenBit != 0 {
		if typ == hevcFU { // a piece is missing
			return fmt.Errorf("%w: the forbidden_zero_bit is set", errBadPayload)
		}
		return fmt.Errorf("%w: the forbidden_zero_bit is set: %w", errBadPayload, errForeign)
	}
	if typ == hevcFU {
		if len(payload) < 3 {
			return fmt.Errorf("%w: FU of %d bytes", errBadPayload, len(payload))
		}
		whole := payload[2] & 0x3F
		return p.addFragment(payload[2], whole, []byte{payload[0]&0x81 | whole<<1, payload[1]}, payload[3:])
	}
	if typ > hevcPACI { // H.265, table 7-1: unspecified
		return fmt.Errorf("%w: NAL unit type %d: %w", errBadPayload, typ, errForeign)
	}
	if err := p.close(); err != nil {
		return err
	}
	switch {
	case len(payload) == hevcHeaderSize && (typ == byte(h265.NALUType_EOS_NUT) || typ == byte(h265.NALUType_EOB_NUT)):
		return nil // all of such a NAL unit, and nothing that is needed
	case len(payload) == hevcHeaderSize:
		return fmt.Errorf("%w: %d bytes", errBadPayload, len(payload))
	case typ == hevcAP:
		return p.aggregate(payload[hevcHeaderSize:])
	case typ == hevcPACI:
		return fmt.Errorf("%w: PACI packets are not supported", errBadPayload)
	}
	return p.append(payload)
}

// head looks at first_slice_segment_in_pic_flag, H.265, 7.3.6.1.
func (p *hevcPicture) head() bool {
	for _, nalu := range p.list {
		if isSliceHEVC(nalu) {
			return topSliceHEVC(nalu)
		}
	}
	return true
}

func topSliceHEVC(slice []byte) bool { return len(slice) > 2 && slice[2]&0x80 != 0 }

// begins looks at the first NAL unit, H.265, 7.4.2.4.4.
func (p *hevcPicture) begins(payload []byte) bool {
	if len(payload) < 4 || payload[0]&1 != 0 || payload[1]>>3 != 0 { // another layer than the base
		return false
	}
	switch typ := payload[0] >> 1 & 0x3F; typ {
	case hevcAP:
		return len(payload) > 4 && payload[4]>>1&0x3F != hevcAP && p.begins(payload[4:])
	case hevcFU:
		return payload[2]&fuStart != 0 && startsUnitHEVC(payload[2]&0x3F, payload[1:])
	default:
		return startsUnitHEVC(typ, payload)
	}
}

// startsUnitHEVC reports whether a NAL unit begins an access unit. Of a slice the third byte is looked at.
func startsUnitHEVC(typ byte, nalu []byte) bool {
	switch {
	case typ < byte(h265.NALUType_VPS_NUT):
		return topSliceHEVC(nalu)
	case typ <= byte(h265.NALUType_AUD_NUT), typ == byte(h265.NALUType_PREFIX_SEI_NUT):
		return true
	}
	return false
}

// isSliceHEVC reports whether a NAL unit is a VCL NAL unit. H.265, table 7-1.
func isSliceHEVC(nalu []byte) bool { return nalu[0]>>1&0x3F < byte(h265.NALUType_VPS_NUT) }
