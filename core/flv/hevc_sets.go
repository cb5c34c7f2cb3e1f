package flv

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// hevcPPS is what is needed of a PPS.
type hevcPPS struct {
	nalu   []byte
	spsID  uint32
	parsed *h265.PPS
}

// hevcSets holds one parameter set for each kind and id.
type hevcSets struct {
	vps [maxVPSID + 1]*hevcVPS
	sps [maxHEVCSPSID + 1]*hevcSPS
	pps [maxHEVCPPSID + 1]*hevcPPS

	// sei are the SEI NAL units of the last record, which hold for the whole stream and may stand nowhere else: HDR in most cases.
	sei [][]byte
}

func isHEVCSet(typ h265.NALUType) bool {
	return typ == h265.NALUType_VPS_NUT || typ == h265.NALUType_SPS_NUT || typ == h265.NALUType_PPS_NUT
}

func isSEI(typ h265.NALUType) bool {
	return typ == h265.NALUType_PREFIX_SEI_NUT || typ == h265.NALUType_SUFFIX_SEI_NUT
}

// store keeps a copy of a VPS, SPS or PPS and reports whether it is new or differs from the one with its id. What cannot be read is
// left out, with an error; an SPS of which all but the VUI can be read is kept with one.
func (p *hevcSets) store(nalu []byte) (changed bool, err error) {
	if p.has(nalu) {
		return false, nil
	}
	if len(nalu) > maxParameterSetSize {
		return false, fmt.Errorf("%w: %d bytes, at most %d are accepted", ErrBadParameterSet, len(nalu), maxParameterSetSize)
	}
	nalu = bytes.Clone(nalu)
	switch hevcType(nalu) {
	case h265.NALUType_VPS_NUT:
		vps, err := parseHEVCVPS(nalu)
		if err != nil {
			return false, err
		}
		p.vps[vps.id] = vps
	case h265.NALUType_SPS_NUT:
		sps, err := parseHEVCSPS(nalu)
		if sps == nil {
			return false, err
		}
		p.sps[sps.id] = sps
		return true, err
	default:
		pps, err := parseHEVCPPS(nalu)
		if err != nil {
			return false, err
		}
		p.pps[pps.ID] = &hevcPPS{nalu, pps.SPSID, pps}
	}
	return true, nil
}

// has reports whether these very bytes are stored; equal bytes have an equal id. Encoders repeat their sets with each key frame.
func (p *hevcSets) has(nalu []byte) bool {
	switch hevcType(nalu) {
	case h265.NALUType_VPS_NUT:
		for _, set := range p.vps {
			if set != nil && bytes.Equal(set.nalu, nalu) {
				return true
			}
		}
	case h265.NALUType_SPS_NUT:
		for _, set := range p.sps {
			if set != nil && bytes.Equal(set.nalu, nalu) {
				return true
			}
		}
	default:
		for _, set := range p.pps {
			if set != nil && bytes.Equal(set.nalu, nalu) {
				return true
			}
		}
	}
	return false
}

// firstSPS returns the SPS with the lowest id, nil if there is none.
func (p *hevcSets) firstSPS() *hevcSPS {
	for _, set := range p.sps {
		if set != nil {
			return set
		}
	}
	return nil
}

// HEVCDecoderConfigurationRecord, ISO/IEC 14496-15, 8.3.3.1:
//
//	+-----------+----------------------------+-----------------------------+
//	| version 1 | profile_tier_level (12 bytes, as in the SPS)             |
//	+-----------+----------------------------+-----------------------------+
//	| 1111 min_spatial_segmentation_idc (12) | 111111 parallelismType (2)  |
//	| 111111 chromaFormat (2) | 11111 luma depth - 8 | 11111 chroma depth - 8 |
//	| avgFrameRate (16) | constantFrameRate (2) numTemporalLayers (3) temporalIdNested (1) lengthSizeMinusOne (2) |
//	| numOfArrays (8) |
//	+-----------------+
//	  for each array: array_completeness (1) 0 NAL_unit_type (6), numNalus (16), numNalus times: length (16), NAL unit
const (
	hevcRecordHeader  = 23
	hevcLengthSizeAt  = 21
	arrayCompleteness = 0x80
)

// record makes the record of the known sets in the order of their ids; nil unless there is a VPS, an SPS and a PPS. Segmentation,
// parallelism and the average frame rate are left unspecified. The arrays are complete, as the sample entry hvc1 demands.
func (p *hevcSets) record() []byte {
	sps := p.firstSPS()
	if sps == nil {
		return nil
	}
	dst := make([]byte, 0, 256)
	dst = append(append(dst, recordVersion), sps.profileTierLevel[:]...)
	dst = append(dst, 0xF0, 0, 0xFC, 0xFC|byte(sps.chroma), 0xF8|byte(sps.lumaDepth), 0xF8|byte(sps.chromaDepth), 0, 0)
	layers := sps.subLayers
	if vps := p.vps[sps.vpsID]; vps != nil {
		layers = max(layers, vps.subLayers)
	}
	flags := byte(layers&7)<<3 | defaultLengthSize - 1
	if sps.nested {
		flags |= 1 << 2
	}
	dst = append(dst, flags, 0)

	var vps, sets, pps [][]byte
	for _, set := range p.vps {
		if set != nil {
			vps = append(vps, set.nalu)
		}
	}
	for _, set := range p.sps {
		if set != nil {
			sets = append(sets, set.nalu)
		}
	}
	for _, set := range p.pps {
		if set != nil {
			pps = append(pps, set.nalu)
		}
	}
	if len(vps) == 0 || len(pps) == 0 {
		return nil
	}
	const numOfArrays = hevcRecordHeader - 1
	for _, array := range []struct {
		head  byte
		nalus [][]byte
	}{
		{arrayCompleteness | byte(h265.NALUType_VPS_NUT), vps},
		{arrayCompleteness | byte(h265.NALUType_SPS_NUT), sets},
		{arrayCompleteness | byte(h265.NALUType_PPS_NUT), pps},
		// Pictures may have more of these.
		{byte(h265.NALUType_PREFIX_SEI_NUT), p.seiOf(h265.NALUType_PREFIX_SEI_NUT)},
		{byte(h265.NALUType_SUFFIX_SEI_NUT), p.seiOf(h265.NALUType_SUFFIX_SEI_NUT)},
	} {
		if len(array.nalus) > 0 {
			dst[numOfArrays]++
			dst = appendSets(dst, array.head, array.nalus)
		}
	}
	return dst
}

// seiOf and appendSets are not inlined: they are only for new records.
//
//go:noinline
func (p *hevcSets) seiOf(typ h265.NALUType) [][]byte {
	var sei [][]byte
	for _, nalu := range p.sei {
		if hevcType(nalu) == typ {
			sei = append(sei, nalu)
		}
	}
	return sei
}

//go:noinline
func appendSets(dst []byte, head byte, nalus [][]byte) []byte {
	dst = append(dst, head)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(nalus)))
	for _, nalu := range nalus {
		dst = appendSet(dst, nalu)
	}
	return dst
}

// readRecord stores the sets and SEI NAL units of a record. Sets that cannot be read are left out, and fault says why: that is an
// error only where none of their kind remains. What the header says of the stream is left alone: the SPS says the same.
func (p *hevcSets) readRecord(record []byte) (fault, err error) {
	if len(record) < hevcRecordHeader {
		return nil, fmt.Errorf("%w: HEVC record of %d bytes, expected at least %d", ErrBadConfig, len(record), hevcRecordHeader)
	}
	// Version 0 is what some recorders wrote before the standard was final, with the layout of version 1.
	if record[0] > recordVersion {
		return nil, fmt.Errorf("%w: HEVC record of version %d, expected %d", ErrBadConfig, record[0], recordVersion)
	}
	if record[hevcLengthSizeAt]&3 == 2 {
		return nil, fmt.Errorf("%w: NAL unit lengths of 3 bytes", ErrBadConfig)
	}
	pos := hevcRecordHeader
	for range record[hevcRecordHeader-1] {
		if len(record)-pos < 3 {
			return nil, fmt.Errorf("%w: ends at %d, before the number of NAL units", ErrBadConfig, len(record))
		}
		typ, count := h265.NALUType(record[pos]&0x3F), int(binary.BigEndian.Uint16(record[pos+1:]))
		var broken error
		if pos, broken, err = p.readArray(record, pos+3, count, typ); err != nil {
			return nil, err
		}
		fault = cmp.Or(fault, broken)
	}
	if fault != nil && p.record() == nil {
		return nil, fault
	}
	return fault, nil
}

func (p *hevcSets) readArray(record []byte, pos, count int, want h265.NALUType) (end int, fault, err error) {
	for range count {
		if len(record)-pos < 2 {
			return 0, nil, fmt.Errorf("%w: ends at %d, before the size of a %v", ErrBadConfig, len(record), want)
		}
		size := int(binary.BigEndian.Uint16(record[pos:]))
		pos += 2
		if size < hevcHeaderSize || size > len(record)-pos {
			return 0, nil, fmt.Errorf("%w: %v of %d bytes at %d, %d bytes follow", ErrBadConfig, want, size, pos, len(record)-pos)
		}
		nalu := record[pos : pos+size]
		switch typ := hevcType(nalu); {
		case typ != want:
			return 0, nil, fmt.Errorf("%w: NAL unit type %d at %d, expected %d", ErrBadConfig, typ, pos, want)
		case hevcLayer(nalu) != 0:
		case isHEVCSet(typ):
			if _, err := p.store(nalu); err != nil {
				fault = cmp.Or(fault, err)
			}
		case isSEI(typ):
			p.sei = append(p.sei, bytes.Clone(nalu))
		}
		pos += size
	}
	return pos, fault, nil
}
