package rtp

import (
	"encoding/binary"
	"fmt"

	"luatrtmp/core/flv"
)

// picture puts one access unit of video together from the payloads of its packets.
type picture interface {
	// add takes the next payload: in order, and without a loss since the last reset or clear. It is not kept. After an error the access unit
	// is broken.
	add(payload []byte) error

	// open reports whether the last payload ended in the middle of something.
	open() bool

	// close ends a NAL unit that is open, when no packet was lost and nothing more of the access unit will come. Other things that are
	// open stay so.
	close() error

	// begins reports whether a payload begins another access unit, whatever its timestamp is. Where the payload format leaves that to the
	// timestamp it is false.
	begins(payload []byte) bool

	// another reports whether a payload begins another frame, though it has the timestamp of the one that is put together. Where only
	// all of the access unit can tell it is false.
	another(payload []byte) bool

	// takeRemarks reports what the sender did wrong since the last call: fragments without an end, start codes within NAL units.
	takeRemarks() (noEnd, split bool)

	// parts returns what was collected, as flv.VideoTrack takes it. Valid until the next clear or reset.
	parts() [][]byte

	// head reports whether the beginning of a picture is there: nothing is missing at the front.
	head() bool

	// clear makes ready for the next access unit, reset for one after a loss.
	clear()
	reset()
}

func newPicture(codec flv.Codec) picture {
	switch codec {
	case flv.H264:
		return &h264Picture{nalus{least: 1}}
	case flv.HEVC:
		return &hevcPicture{nalus{least: hevcHeaderSize + 1}}
	case flv.AV1:
		return &av1Picture{}
	case flv.VP9:
		return &vp9Picture{}
	default:
		return &vp8Picture{}
	}
}

// nalus collects the NAL units of an access unit, within its limits. They are copies.
type nalus struct {
	least    int // the shortest NAL unit in bytes; shorter ones are left out
	list     [][]byte
	arena    []byte // the bytes of all. Where it grows, the NAL units from before keep the old memory
	fragment bool   // a NAL unit has begun whose end is not there
	start    int    // where in arena it begins
	typ      byte   // its NAL unit type
	noEnd    bool   // a NAL unit in fragments had no end bit
	split    bool   // there were start codes within a NAL unit
}

// append takes a whole NAL unit.
func (n *nalus) append(nalu []byte) error {
	start := len(n.arena)
	if err := n.grow(nalu); err != nil {
		return err
	}
	return n.take(start)
}

func (n *nalus) grow(b []byte) error {
	if len(n.arena)+len(b) > maxUnitBytes {
		return n.tooLarge()
	}
	n.arena = append(n.arena, b...)
	return nil
}

func (n *nalus) tooLarge() error {
	return fmt.Errorf("%w: an access unit of more than %d NAL units or %d bytes", errBadPayload, maxUnitParts, maxUnitBytes)
}

// take lists the NAL unit that begins at start. Some senders put start codes into their payloads, in front of a NAL unit or between
// several: no NAL unit contains one, so they are separated there.
func (n *nalus) take(start int) error {
	unit, before := n.arena[start:len(n.arena):len(n.arena)], len(n.list)
	n.list = flv.SplitStartCodes(n.list, unit)
	if len(n.list) == before || len(n.list[before]) < len(unit) {
		n.split = n.split || len(unit) > 0
	}
	kept := n.list[:before]
	for _, nalu := range n.list[before:] {
		if len(nalu) >= n.least {
			kept = append(kept, nalu)
		}
	}
	n.list = kept
	if len(n.list) > maxUnitParts {
		return n.tooLarge()
	}
	return nil
}

// aggregate takes the NAL units of an aggregation packet, each with its size in front.
func (n *nalus) aggregate(rest []byte) error {
	for len(rest) >= 2 {
		size := int(binary.BigEndian.Uint16(rest))
		if rest = rest[2:]; size > len(rest) {
			return fmt.Errorf("%w: aggregation packet: a NAL unit of %d bytes, %d are left", errBadPayload, size, len(rest))
		}
		if err := n.append(rest[:size]); err != nil {
			return err
		}
		rest = rest[size:]
	}
	return nil
}

// addFragment takes a fragment of a NAL unit of type typ, whose header is given.
func (n *nalus) addFragment(fuHeader, typ byte, header, data []byte) error {
	switch start := fuHeader&fuStart != 0; {
	case start:
		if err := n.close(); err != nil {
			return err
		}
		n.fragment, n.start, n.typ = true, len(n.arena), typ
		if err := n.grow(header); err != nil {
			return err
		}
	case !n.fragment:
		return fmt.Errorf("%w: FU without its start", errBadPayload)
	case typ != n.typ:
		return fmt.Errorf("%w: FU of type %d, it began with %d", errBadPayload, typ, n.typ)
	}
	if err := n.grow(data); err != nil {
		return err
	}
	if fuHeader&fuEnd == 0 {
		return nil
	}
	n.fragment = false
	return n.take(n.start)
}

// close ends a NAL unit of which all fragments are there, but none had the end bit: some senders never set it.
func (n *nalus) close() error {
	if !n.fragment {
		return nil
	}
	n.fragment, n.noEnd = false, true
	return n.take(n.start)
}

func (n *nalus) open() bool          { return n.fragment }
func (n *nalus) parts() [][]byte     { return n.list }
func (n *nalus) another([]byte) bool { return false }

func (n *nalus) takeRemarks() (noEnd, split bool) {
	noEnd, split = n.noEnd, n.split
	n.noEnd, n.split = false, false
	return noEnd, split
}

func (n *nalus) clear() {
	clear(n.list)
	n.list, n.arena = n.list[:0], n.arena[:0]
}

func (n *nalus) reset() {
	n.clear()
	n.fragment = false
}

// frame collects the bytes of a picture that is no list of NAL units.
type frame struct {
	data []byte
	one  [1][]byte // for parts
}

func (f *frame) append(data []byte) error {
	if len(f.data)+len(data) > maxUnitBytes {
		return fmt.Errorf("%w: a picture of more than %d bytes", errBadPayload, maxUnitBytes)
	}
	f.data = append(f.data, data...)
	return nil
}

func (f *frame) parts() [][]byte {
	if len(f.data) == 0 {
		return nil
	}
	f.one[0] = f.data
	return f.one[:]
}

func (f *frame) close() error                     { return nil }
func (f *frame) takeRemarks() (noEnd, split bool) { return false, false }

func (f *frame) clear() { f.data = f.data[:0] }
