package rtp

import (
	"fmt"

	"luatrtmp/core/flv"
)

// picture puts one access unit of video together from the payloads of its packets.
type picture interface {
	// add takes the next payload: in order, and without a loss since the last reset or clear. It is not kept. After an error the access unit
	// is broken.
	add(payload []byte) error

	// open tells whether the last payload ended in the middle of something.
	open() bool

	// parts returns what was collected, as flv.VideoTrack takes it. Valid until the next clear or reset.
	parts() [][]byte

	// head tells whether the beginning of a picture is there: nothing is missing at the front.
	head() bool

	// clear makes ready for the next access unit, reset for one after a loss.
	clear()
	reset()
}

func newPicture(codec flv.Codec) picture {
	switch codec {
	case flv.H264:
		return &h264Picture{}
	case flv.HEVC:
		return &hevcPicture{}
	case flv.AV1:
		return &av1Picture{}
	case flv.VP9:
		return &vp9Picture{}
	default:
		return &vp8Picture{}
	}
}

// nalus collects NAL units, within the limits of an access unit.
type nalus struct {
	list [][]byte
	size int
}

func (n *nalus) append(nalu []byte) error {
	if len(nalu) == 0 {
		return nil
	}
	if len(n.list) == maxUnitParts || n.size+len(nalu) > maxUnitBytes {
		return fmt.Errorf("%w: an access unit of more than %d NAL units or %d bytes", errBadPayload, maxUnitParts, maxUnitBytes)
	}
	n.list = append(n.list, nalu)
	n.size += len(nalu)
	return nil
}

func (n *nalus) clear() {
	clear(n.list)
	n.list, n.size = n.list[:0], 0
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

func (f *frame) clear() { f.data = f.data[:0] }
