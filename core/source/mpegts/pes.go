package mpegts

import (
	"encoding/binary"
)

// PES packets, 2.4.3.6.
const (
	pesStart  = 6 // up to PES_packet_length, which counts what follows
	pesHeader = 9 // up to PES_header_data_length
	stampSize = 5

	pesRoom = 2048 // bytes to begin with, for a packet whose header has no length

	stampPTS = 0x80 // PTS_DTS_flags
	stampDTS = 0x40
)

// PES is a packet of an elementary stream. Times are in units of 1/90000 s, of 33 bits.
type PES struct {
	Scrambled      bool
	Cut            bool // what comes next does not follow what was delivered; there is nothing else here
	HasPTS, HasDTS bool // no DTS without a PTS
	PTS, DTS       int64
	Data           []byte // owned by who takes it
}

// PESReader puts the PES packets of one PID together.
type PESReader struct {
	// Limit is the most that is taken at once, in bytes. Of a larger packet, whose header has no length, the
	// rest comes as packets without a time.
	Limit int

	// Parts says that of a packet of which something is lost what was in front of that is delivered, for media whose
	// frames are found in it one by one.
	Parts bool

	continuity
	buf  []byte
	open bool
	part bool // the beginning of the packet was delivered: at the limit, or where its length ends
	long bool // with part: the header has no length, so that the packet goes on until the next one begins

	padded bool // the last packet has less than its room of payload: probably the end of a PES packet
}

// Add takes the next transport stream packet of the PID, and calls take with each PES packet that is whole.
func (r *PESReader) Add(p *Packet, take func(*PES)) {
	if p.Damaged || len(p.Payload) == 0 {
		return
	}
	switch r.judge(p) {
	case duplicate:
		return
	case follows:
		if p.Start && !p.Discontinuity && r.Open() && r.size() > 0 {
			r.deliver(r.buf, take) // nothing is lost: the length was too large
		}
	case gap:
		// Where recordings were joined, the last packet is whole. Most writers count from 0 on.
		whole := p.Start && (r.padded || p.Counter == 0)
		if !whole {
			r.cut(take)
		}
		r.open = r.open && whole
	}
	if p.Start {
		r.Flush(take)
		r.begin(p.Payload)
	}
	if !r.open {
		return
	}
	if len(r.buf)+len(p.Payload) > r.Limit {
		if r.open = r.deliver(r.buf, take); !r.open {
			r.buf = nil
			return
		}
		r.buf, r.part, r.long = make([]byte, 0, pesRoom), true, true
	}
	r.buf = append(r.buf, p.Payload...)
	r.padded = len(p.Payload) < PacketSize-headerSize
	if size := r.size(); size > 0 && len(r.buf) >= size {
		rest := r.buf[size:]
		r.open = r.deliver(r.buf[:size:size], take)
		r.buf, r.part = append([]byte(nil), rest...), true // the length may be too small
	}
}

// cut ends a packet in front of what is lost.
func (r *PESReader) cut(take func(*PES)) {
	open := r.Open()
	if open && r.Parts {
		r.deliver(r.buf, take)
	}
	if r.Parts || open && r.part {
		take(&PES{Cut: true})
	}
}

// Flush ends a packet whose header has no length. Others that are not whole are left out, unless parts are wanted.
func (r *PESReader) Flush(take func(*PES)) {
	switch {
	case !r.Open():
	case r.size() == 0, r.padded && !r.Parts: // with its last packet there, the length was too large
		r.deliver(r.buf, take)
	case r.Parts:
		r.cut(take)
	}
	r.open = false
}

// Open reports whether a packet has begun that is not whole.
func (r *PESReader) Open() bool { return r.open && (!r.part || r.long || len(r.buf) > 0) }

// begin makes room for a packet whose first bytes are these.
func (r *PESReader) begin(b []byte) {
	room := pesRoom
	if size := pesSize(b); size > 0 {
		room = size + PacketSize
	}
	r.buf, r.open, r.part, r.long = make([]byte, 0, room), true, false, false
}

// size is pesSize of the packet.
func (r *PESReader) size() int {
	if r.part {
		return 0
	}
	return pesSize(r.buf)
}

// pesSize returns the size that a packet says it has; 0 if it ends where the next one begins, or has not come so far.
func pesSize(b []byte) int {
	if len(b) < pesStart {
		return 0
	}
	if n := int(binary.BigEndian.Uint16(b[4:])); n > 0 {
		return pesStart + n
	}
	return 0
}

// deliver takes the header off. It reports whether what follows is media too, should that have been a part.
func (r *PESReader) deliver(b []byte, take func(*PES)) bool {
	r.open = false
	if r.part {
		if len(b) > 0 {
			take(&PES{Data: b})
		}
		return true
	}
	pes, ok := parsePES(b)
	if ok {
		take(pes)
	}
	return ok && !pes.Scrambled
}

// parsePES reads a whole packet; false if it is damaged, or of a kind that carries no media.
func parsePES(b []byte) (*PES, bool) {
	if len(b) < pesHeader || b[0] != 0 || b[1] != 0 || b[2] != 1 || !hasHeader(b[3]) || b[6]&0xC0 != 0x80 {
		return nil, false
	}
	length := int(b[8])
	h := b[pesHeader:]
	if length > len(h) {
		return nil, false
	}
	pes := &PES{Scrambled: b[6]&0x30 != 0, Data: h[length:]}
	h = h[:length]
	if b[7]&stampPTS != 0 && len(h) >= stampSize {
		pes.HasPTS, pes.PTS = true, stamp(h)
		if h = h[stampSize:]; b[7]&stampDTS != 0 && len(h) >= stampSize {
			pes.HasDTS, pes.DTS = true, stamp(h)
		}
	}
	return pes, true
}

// hasHeader reports whether flags and times follow, which depends on the stream_id. Table 2-22.
func hasHeader(id byte) bool {
	switch id {
	case 0xBC, 0xBE, 0xBF, 0xF0, 0xF1, 0xF2, 0xF8, 0xFF: // program_stream_map, padding, private 2, ECM, EMM, DSM-CC, H.222.1 type E, directory
		return false
	}
	return true
}

// stamp reads the 33 bits of a time, between which are markers.
func stamp(b []byte) int64 {
	return int64(b[0]>>1&0x07)<<30 | int64(b[1])<<22 | int64(b[2]>>1)<<15 | int64(b[3])<<7 | int64(b[4]>>1)
}
