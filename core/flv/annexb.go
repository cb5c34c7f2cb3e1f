package flv

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// SplitAnnexB appends the NAL units of an access unit in byte stream format (annex B of H.264 and of HEVC) to dst. Start codes may have three or
// four bytes, zero bytes may precede the first one, trailing zero bytes are removed and empty NAL units are left out. The
// units alias au. The error is ErrNoStartCode.
func SplitAnnexB(dst [][]byte, au []byte) ([][]byte, error) {
	start := firstNALU(au)
	if start < 0 {
		return dst, noStartCode(au)
	}
	for {
		end, next := NextStartCode(au, start)
		if end > start {
			dst = append(dst, au[start:end:end])
		}
		if next < 0 {
			return dst, nil
		}
		start = next
	}
}

// firstNALU returns the position after the start code that opens au, -1 if something else opens it.
func firstNALU(au []byte) int {
	for i, b := range au {
		switch {
		case b == 0:
		case b == 1 && i >= 2:
			return i + 1
		default:
			return -1
		}
	}
	return -1
}

// NextStartCode finds the first start code at or after pos, which is where a NAL unit begins: end is where the NAL unit before it ends
// (without trailing_zero_8bits and zero_byte), next the position after the start code, or -1 if there is none and the unit reaches to the
// end of b.
func NextStartCode(b []byte, pos int) (end, next int) {
	end, next = len(b), -1
	if i := findStartCode(b, pos); i >= 0 {
		end, next = i, i+startCodeSize
	}
	for end > pos && b[end-1] == 0 {
		end--
	}
	return end, next
}

const (
	startCodeSize = 3  // bytes: 0, 0, 1
	block         = 64 // bytes looked at together
)

// findStartCode returns the position of the first start code at or after pos, -1 if there is none. The bytes of a start code are
// frequent, 0x00 in headers and filler, 0x01 in any video, so that a search for one of them stops every 100 bytes, where the processor
// does not expect it. What skipBlocks stops at is rare: on video it never saw before it takes 0.05 s/GB, bytes.IndexByte 0.09 to 0.15.
func findStartCode(b []byte, pos int) int {
	for i := pos; ; i += block {
		i = skipBlocks(b, i)
		first, last := max(pos+2, i+1), min(i+block+1, len(b)) // where the 0x01 may be
		for first < last {
			n := bytes.IndexByte(b[first:last], 1)
			if n < 0 {
				break
			}
			first += n + 1
			if b[first-2] == 0 && b[first-3] == 0 {
				return first - startCodeSize
			}
		}
		if last == len(b) {
			return -1
		}
	}
}

// skipBlocks returns the position of the first block, at i and every further block, that a start code may begin in, or one byte in front
// of it; or that is not whole. Of a block's pairs of bytes such a code makes one 00 00, where it begins at an even position, or 00 01.
func skipBlocks(b []byte, i int) int {
	const highest = 0x8000_8000_8000_8000
	for ; i+block <= len(b); i += block {
		p := (*[block]byte)(b[i:])
		all := pairs(p, 0) & pairs(p, 8) & pairs(p, 16) & pairs(p, 24) & pairs(p, 32) & pairs(p, 40) & pairs(p, 48) & pairs(p, 56)
		if all&highest != highest {
			return i
		}
	}
	return i
}

// pairs looks at four pairs of bytes. Of one that is 00 00 or 00 01 the highest bit is clear: without the bit of 0x01 it is 0. The highest
// bit itself is left out, too; the addition then sets it in all others, and carries nothing from one pair into the next.
func pairs(p *[block]byte, i int) uint64 {
	const mask, add = 0x7EFF_7EFF_7EFF_7EFF, 0x7FFF_7FFF_7FFF_7FFF
	return binary.LittleEndian.Uint64(p[i:])&mask + add
}

func noStartCode(au []byte) error {
	if len(au) == 0 {
		return fmt.Errorf("%w: it is empty", ErrNoStartCode)
	}
	return fmt.Errorf("%w: it begins with % x", ErrNoStartCode, au[:min(len(au), 8)])
}
