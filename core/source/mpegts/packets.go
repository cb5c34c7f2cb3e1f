package mpegts

import (
	"fmt"
	"io"

	"luatrtmp/core/source/media"
)

// Transport stream packets, ISO/IEC 13818-1, 2.4.3.2. Recorders of Blu-ray put 4 bytes of arrival time in front of each, broadcast equipment 16
// of error correction behind.
const (
	m2tsPrefix = 4
	m2tsStride = m2tsPrefix + PacketSize
	fecStride  = PacketSize + 16
	syncChecks = 3 // packets that have to follow each other to be taken for some

	// insideChecks is the same for a file that begins inside a packet, where chance has more tries.
	insideChecks = 4

	// maxGarbage is how far the next packet is searched.
	maxGarbage = 1 << 20
)

// layout finds the packets in the first bytes of a file. It returns where the first one begins, and how
// far apart they are.
func layout(head []byte) (start, stride int, ok bool) {
	for _, l := range [][2]int{{0, PacketSize}, {m2tsPrefix, m2tsStride}, {0, fecStride}} {
		if hasPackets(head, l[0], l[1]) {
			return l[0], l[1], true
		}
	}
	return 0, 0, false
}

// layoutInside does the same for a file that begins inside a packet, as pieces of recordings and of
// streams do.
func layoutInside(head []byte) (start, stride int, ok bool) {
	for _, stride = range []int{PacketSize, m2tsStride, fecStride} {
		for start = 1; start < stride; start++ {
			n, at := 0, start
			for at < len(head) && head[at] == Sync {
				n, at = n+1, at+stride
			}
			if at >= len(head) && n >= insideChecks {
				return start, stride, true
			}
		}
	}
	return 0, 0, false
}

// hasPackets reports whether b has a sync byte at an offset and one in each packet that follows it. b must
// reach at least to the second packet.
func hasPackets(b []byte, at, stride int) bool {
	n := 0
	for ; n < syncChecks && at < len(b); n++ {
		if b[at] != Sync {
			return false
		}
		at += stride
	}
	return n >= 2
}

// packets hands out the packets of a file one by one, skipping what lies between.
type packets struct {
	media.Window
	stride int
	packet int64 // offset of the last packet
}

// next returns the next packet, which is valid until the next call. The error is io.EOF at the end,
// before which a part of a packet or what is no packet may stand, with a warning.
func (p *packets) next() ([]byte, error) {
	if left := p.Left(); left < PacketSize {
		if left <= int64(p.stride-PacketSize) { // the rest of the last packet's extra bytes
			return nil, io.EOF
		}
		p.In.Warnf("the last packet is cut off: %d bytes at offset %d", left, p.Offset)
		return nil, io.EOF
	}
	packet, err := p.Peek(PacketSize, "packet")
	if err != nil {
		return nil, err
	}
	if packet[0] != Sync {
		if err := p.resync(); err != nil {
			return nil, err
		}
		if packet, err = p.Peek(PacketSize, "packet"); err != nil {
			return nil, err
		}
	}
	p.packet = p.Offset
	p.Skip(int64(p.stride))
	return packet, nil
}

// resync goes to the next place where packets begin.
func (p *packets) resync() error {
	b, err := p.Peek(int(min(p.Left(), maxGarbage)), "packet")
	if err != nil {
		return err
	}
	for i := range b {
		if b[i] == Sync && (hasPackets(b, i, p.stride) || p.Left()-int64(i) == PacketSize) {
			p.Skip(int64(i))
			return nil
		}
	}
	if p.Left() == int64(len(b)) {
		p.In.Warnf("no packet in the last %d bytes, from offset %d on", len(b), p.Offset)
		return io.EOF
	}
	return fmt.Errorf("%w: no packet in %d bytes at offset %d", media.ErrBadMedia, len(b), p.Offset)
}
