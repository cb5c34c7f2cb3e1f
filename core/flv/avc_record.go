package flv

import (
	"cmp"
	"encoding/binary"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// AVCDecoderConfigurationRecord, ISO/IEC 14496-15, 5.2.4.1:
//
//	+-----------+-----------+-----------+-----------+-----------+-----------+
//	| version 1 |  profile  | compat.   |   level   | 111111 LL | 111 NNNNN |
//	+-----------+-----------+-----------+-----------+-----------+-----------+
//	| N times: size (16), SPS | M (8) | M times: size (16), PPS |
//	+-------------------------+-------+-------------------------+
//	  LL: lengthSizeMinusOne. For some high profiles there follow:
//	| 111111 CC | 11111 LUM | 11111 CHR | number of SPS extensions (8) |
const (
	recordHeader      = 6
	maxSPSInRecord    = 31 // 5 bits
	maxPPSInRecord    = 255
	recordVersion     = 1
	lengthSizeReserve = 0xFC
	numSPSReserve     = 0xE0
)

// readRecord stores the sets of a record. Those that cannot be read are left out, and fault says why: that is an error only where
// none of their kind remains. The trailer of the high profiles is left alone: the SPS says the same.
func (p *parameterSets) readRecord(record []byte) (lengthSize int, fault, err error) {
	if len(record) < recordHeader+1 {
		return 0, nil, fmt.Errorf("%w: %d bytes, expected at least %d", ErrBadConfig, len(record), recordHeader+1)
	}
	if record[0] != recordVersion {
		return 0, nil, fmt.Errorf("%w: version %d, expected %d", ErrBadConfig, record[0], recordVersion)
	}
	lengthSize = int(record[4]&3) + 1
	if lengthSize == 3 {
		return 0, nil, fmt.Errorf("%w: NAL unit lengths of 3 bytes", ErrBadConfig)
	}
	pos, fault, err := p.readSets(record, recordHeader, int(record[5]&0x1F), h264.NALUTypeSPS)
	if err != nil {
		return 0, nil, err
	}
	if pos >= len(record) {
		return 0, nil, fmt.Errorf("%w: ends at %d, before the number of PPS", ErrBadConfig, len(record))
	}
	_, faultPPS, err := p.readSets(record, pos+1, int(record[pos]), h264.NALUTypePPS)
	if err != nil {
		return 0, nil, err
	}
	if fault = cmp.Or(fault, faultPPS); fault != nil && p.record() == nil {
		return 0, nil, fault
	}
	return lengthSize, fault, nil
}

func (p *parameterSets) readSets(record []byte, pos, count int, want h264.NALUType) (end int, fault, err error) {
	for range count {
		if len(record)-pos < 2 {
			return 0, nil, fmt.Errorf("%w: ends at %d, before the size of a %v", ErrBadConfig, len(record), want)
		}
		size := int(binary.BigEndian.Uint16(record[pos:]))
		pos += 2
		if size == 0 || size > len(record)-pos {
			return 0, nil, fmt.Errorf("%w: %v of %d bytes at %d, %d bytes follow", ErrBadConfig, want, size, pos, len(record)-pos)
		}
		nalu := record[pos : pos+size]
		if typ := h264.NALUType(nalu[0] & 0x1F); typ != want {
			return 0, nil, fmt.Errorf("%w: NAL unit type %d at %d, expected %d", ErrBadConfig, typ, pos, want)
		}
		if _, err := p.store(nalu); err != nil {
			fault = cmp.Or(fault, err)
		}
		pos += size
	}
	return pos, fault, nil
}

// record makes the record of the known sets in the order of their ids; nil unless there is an SPS and a PPS.
func (p *parameterSets) record() []byte {
	first := p.sps[p.firstSPS()]
	if first == nil {
		return nil
	}
	dst := append([]byte(nil), recordVersion, first.nalu[1], first.nalu[2], first.nalu[3], lengthSizeReserve|(defaultLengthSize-1), 0)
	numSPS := 0
	for _, set := range p.sps {
		if set != nil && numSPS < maxSPSInRecord {
			numSPS++
			dst = appendSet(dst, set.nalu)
		}
	}
	dst[recordHeader-1] = numSPSReserve | byte(numSPS)
	numPPSAt := len(dst)
	dst = append(dst, 0)
	numPPS := 0
	for _, set := range p.pps {
		if set != nil && numPPS < maxPPSInRecord {
			numPPS++
			dst = appendSet(dst, set.nalu)
		}
	}
	if numPPS == 0 {
		return nil
	}
	dst[numPPSAt] = byte(numPPS)
	switch sps := first.parsed; sps.ProfileIdc {
	case 100, 110, 122, 144:
		dst = append(dst, 0xFC|byte(sps.ChromaFormatIdc&3), 0xF8|byte(sps.BitDepthLumaMinus8&7), 0xF8|byte(sps.BitDepthChromaMinus8&7), 0)
	}
	return dst
}

func appendSet(dst, nalu []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(nalu)))
	return append(dst, nalu...)
}
