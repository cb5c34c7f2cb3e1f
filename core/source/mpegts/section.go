package mpegts

import (
	"encoding/binary"
)

// Sections of tables, 2.4.4.
const (
	sectionHeader  = 3    // table_id and section_length
	maxSectionSize = 1024 // of the tables that are read: 2.4.4.4, 2.4.4.9
	syntaxHeader   = 8    // up to last_section_number
	crcSize        = 4

	tablePAT      = 0x00
	tablePMT      = 0x02
	tableStuffing = 0xFF // what fills a packet behind the last section
)

// SectionReader puts the sections of the tables of one PID together.
type SectionReader struct {
	continuity
	buf  []byte // the section that is not whole
	open bool   // buf goes on with the next packet
}

// Add takes the next packet of the PID, and calls take with each section that is whole and whose checksum is right. A section is valid during
// the call.
func (r *SectionReader) Add(p *Packet, take func(section []byte)) {
	if p.Damaged || len(p.Payload) == 0 {
		return
	}
	switch r.judge(p) {
	case duplicate:
		return
	case gap:
		r.open = false
	}
	b := p.Payload
	if !p.Start {
		r.continues(b, take)
		return
	}
	pointer := int(b[0]) // pointer_field: how many bytes belong to the section before, 2.4.4.2
	if b = b[1:]; pointer > len(b) {
		r.open = false
		return
	}
	r.continues(b[:pointer], take)
	r.buf, r.open = r.buf[:0], true
	r.continues(b[pointer:], take)
}

// continues takes bytes of the section that is open, and of those behind it.
func (r *SectionReader) continues(b []byte, take func([]byte)) {
	if !r.open {
		return
	}
	r.buf = append(r.buf, b...)
	at := 0
	for {
		left := r.buf[at:]
		if len(left) > 0 && left[0] == tableStuffing {
			r.buf, r.open = r.buf[:0], false
			return
		}
		if len(left) < sectionHeader {
			break
		}
		size := sectionHeader + int(binary.BigEndian.Uint16(left[1:])&0x0FFF)
		if size > len(left) {
			break
		}
		if section := left[:size]; size <= maxSectionSize && crc32(section) == 0 {
			take(section)
		}
		at += size
	}
	r.buf = append(r.buf[:0], r.buf[at:]...)
}

// crc32 is the remainder of the polynomial of annex A, which is 0 over a section with its checksum.
func crc32(b []byte) uint32 {
	const polynomial = 0x04C11DB7
	crc := ^uint32(0)
	for _, c := range b {
		crc ^= uint32(c) << 24
		for range 8 {
			carry := crc >> 31
			crc = crc<<1 ^ polynomial*carry
		}
	}
	return crc
}

// syntax returns the table_id_extension and the content of a section in the long form; false if it is of another table, or is not valid yet.
func syntax(section []byte, table byte) (extension uint16, content []byte, ok bool) {
	if len(section) < syntaxHeader+crcSize || section[0] != table || section[1]&0x80 == 0 || section[5]&1 == 0 { // current_next_indicator
		return 0, nil, false
	}
	return binary.BigEndian.Uint16(section[3:]), section[syntaxHeader : len(section)-crcSize], true
}
