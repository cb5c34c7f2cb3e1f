package mpegts

// PacketSize in bytes.
const PacketSize = 188

// headerSize is that of the header in front of a payload.
const headerSize = 4

// Sync is the first byte of a packet.
const Sync = 0x47

// PIDPAT is the PID of the program association table, 2.4.3.3, table 2-3.
const PIDPAT = 0

// Packet is a transport stream packet, 2.4.3.2.
type Packet struct {
	PID           uint16
	Damaged       bool // transport_error_indicator
	Start         bool // payload_unit_start_indicator
	Scrambled     bool
	Discontinuity bool  // the counter may have jumped
	Counter       uint8 // continuity_counter, of 4 bits
	Payload       []byte
}

// ParsePacket reads a packet of PacketSize bytes; false if it is none. The payload is a part of b.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|   sync 0x47   |E|S|P|          PID            |TSC|A|D|  CC   |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	E error, S start, P priority, TSC scrambling, A adaptation field, D payload, CC continuity counter
func ParsePacket(b []byte) (Packet, bool) {
	if len(b) != PacketSize || b[0] != Sync {
		return Packet{}, false
	}
	p := Packet{
		PID:       uint16(b[1]&0x1F)<<8 | uint16(b[2]),
		Damaged:   b[1]&0x80 != 0,
		Start:     b[1]&0x40 != 0,
		Scrambled: b[3]&0xC0 != 0,
		Counter:   b[3] & 0x0F,
	}
	rest := b[4:]
	if b[3]&0x20 != 0 { // adaptation field, 2.4.3.4
		length := int(rest[0])
		if length >= len(rest) {
			return Packet{}, false
		}
		p.Discontinuity = length > 0 && rest[1]&0x80 != 0
		rest = rest[1+length:]
	}
	if b[3]&0x10 != 0 {
		p.Payload = rest
	}
	return p, true
}

// verdict of the continuity counter.
type verdict int

const (
	follows   verdict = iota
	duplicate         // the packet came already
	gap               // some are missing before it
)

// continuity follows the counter of a PID, 2.4.3.3.
type continuity struct {
	known   bool
	counter uint8
	size    int // of the last payload
	last    [PacketSize]byte
}

// judge takes a packet with a payload.
func (c *continuity) judge(p *Packet) verdict {
	known, before := c.known, c.counter
	if known && p.Counter == before && string(p.Payload) == string(c.last[:c.size]) {
		return duplicate
	}
	c.known, c.counter = true, p.Counter
	c.size = copy(c.last[:], p.Payload)
	if known && !p.Discontinuity && p.Counter != (before+1)&0x0F {
		return gap
	}
	return follows
}
