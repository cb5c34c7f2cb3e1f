package source

import (
	"fmt"
	"io"

	"luatrtmp/core/source/mpegts"
)

// Transport stream packets, ISO/IEC 13818-1, 2.4.3.2. Recorders of Blu-ray put 4 bytes of arrival time in front of each, broadcast equipment 16
// of error correction behind.
const (
	tsPacketSize = mpegts.PacketSize
	tsSync       = mpegts.Sync

	m2tsPrefix   = 4
	m2tsStride   = m2tsPrefix + tsPacketSize
	fecStride    = tsPacketSize + 16
	tsSyncChecks = 3 // packets that have to follow each other to be taken for some

	// tsInsideChecks is the same for a file that begins inside a packet, where chance has more tries.
	tsInsideChecks = 4

	// tsMaxGarbage is how far the next packet is searched.
	tsMaxGarbage = 1 << 20
)

// tsLayout tells how packets lie in a file by its first bytes: where the first one begins, and how far apart they are.
func tsLayout(head []byte) (start, stride int, ok bool) {
	for _, l := range [][2]int{{0, tsPacketSize}, {m2tsPrefix, m2tsStride}, {0, fecStride}} {
		if hasPackets(head, l[0], l[1]) {
			return l[0], l[1], true
		}
	}
	return 0, 0, false
}

// tsLayoutInside does the same for a file that begins inside a packet, as pieces of recordings and of
// streams do.
func tsLayoutInside(head []byte) (start, stride int, ok bool) {
	for _, stride = range []int{tsPacketSize, m2tsStride, fecStride} {
		for start = 1; start < stride; start++ {
			n, at := 0, start
			for at < len(head) && head[at] == tsSync {
				n, at = n+1, at+stride
			}
			if at >= len(head) && n >= tsInsideChecks {
				return start, stride, true
			}
		}
	}
	return 0, 0, false
}

// hasPackets tells whether sync bytes follow each other at a distance, as far as b goes; it has to go to the second.
func hasPackets(b []byte, at, stride int) bool {
	n := 0
	for ; n < tsSyncChecks && at < len(b); n++ {
		if b[at] != tsSync {
			return false
		}
		at += stride
	}
	return n >= 2
}

// tsPackets hands out the packets of a file one by one, skipping what lies between.
type tsPackets struct {
	window
	stride int
	packet int64 // offset of the last packet
}

// next returns the next packet, which is valid until the next call. The error is io.EOF at the end,
// before which a part of a packet or what is no packet may stand, with a warning.
func (p *tsPackets) next() ([]byte, error) {
	if left := p.left(); left < tsPacketSize {
		if left <= int64(p.stride-tsPacketSize) { // the rest of the last packet's extra bytes
			return nil, io.EOF
		}
		p.in.warnf("the last packet is cut off: %d bytes at offset %d", left, p.offset)
		return nil, io.EOF
	}
	packet, err := p.peek(tsPacketSize, "packet")
	if err != nil {
		return nil, err
	}
	if packet[0] != tsSync {
		if err := p.resync(); err != nil {
			return nil, err
		}
		if packet, err = p.peek(tsPacketSize, "packet"); err != nil {
			return nil, err
		}
	}
	p.packet = p.offset
	p.skip(int64(p.stride))
	return packet, nil
}

// resync goes to the next place where packets begin.
func (p *tsPackets) resync() error {
	b, err := p.peek(int(min(p.left(), tsMaxGarbage)), "packet")
	if err != nil {
		return err
	}
	for i := range b {
		if b[i] == tsSync && (hasPackets(b, i, p.stride) || p.left()-int64(i) == tsPacketSize) {
			p.skip(int64(i))
			return nil
		}
	}
	if p.left() == int64(len(b)) {
		p.in.warnf("no packet in the last %d bytes, from offset %d on", len(b), p.offset)
		return io.EOF
	}
	return fmt.Errorf("%w: no packet in %d bytes at offset %d", ErrBadMedia, len(b), p.offset)
}
