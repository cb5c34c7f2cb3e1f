package mpegts

import (
	"encoding/binary"
)

// PAT is a section of the program association table, 2.4.4.3.
type PAT struct {
	Programs []Program // without the network's information
	Whole    bool      // there are no further sections
}

// Program is the number of a program and the PID of its map.
type Program struct{ Number, PID uint16 }

// ParsePAT reads a section; false if it is of another table, or is not valid yet.
func ParsePAT(section []byte) (*PAT, bool) {
	_, b, ok := syntax(section, tablePAT)
	if !ok {
		return nil, false
	}
	pat := &PAT{Whole: section[7] == 0} // last_section_number
	for ; len(b) >= 4; b = b[4:] {
		if number := binary.BigEndian.Uint16(b); number != 0 {
			pat.Programs = append(pat.Programs, Program{number, pidOf(b[2:])})
		}
	}
	return pat, true
}

func pidOf(b []byte) uint16 { return binary.BigEndian.Uint16(b) & 0x1FFF }

// PMT is a section of the map of a program, 2.4.4.8.
type PMT struct {
	Program uint16
	Streams []Stream
}

// Stream is an elementary stream. Types are those of table 2-34, descriptors those of clause 2.6 and of others, as ETSI EN 300 468.
type Stream struct {
	Type        uint8
	PID         uint16
	Descriptors []Descriptor
}

// Descriptor of a stream. Data is a part of the section.
type Descriptor struct {
	Tag  uint8
	Data []byte
}

// ParsePMT reads a section; false if it is of another table, is not valid yet, or its lengths do not fit.
func ParsePMT(section []byte) (*PMT, bool) {
	number, b, ok := syntax(section, tablePMT)
	if !ok || len(b) < 4 {
		return nil, false
	}
	pmt := &PMT{Program: number}
	_, b, ok = counted(b[2:]) // program_info
	for ok && len(b) >= 5 {
		s := Stream{Type: b[0], PID: pidOf(b[1:])}
		var info []byte
		if info, b, ok = counted(b[3:]); ok {
			s.Descriptors = descriptors(info)
			pmt.Streams = append(pmt.Streams, s)
		}
	}
	return pmt, ok
}

// counted splits what a length of 12 bits is in front of.
func counted(b []byte) (part, rest []byte, ok bool) {
	n := int(binary.BigEndian.Uint16(b) & 0x0FFF)
	if b = b[2:]; n > len(b) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

// descriptors stops where a length does not fit.
func descriptors(b []byte) (list []Descriptor) {
	for len(b) >= 2 && int(b[1]) <= len(b)-2 {
		end := 2 + int(b[1])
		list = append(list, Descriptor{Tag: b[0], Data: b[2:end]})
		b = b[end:]
	}
	return list
}
