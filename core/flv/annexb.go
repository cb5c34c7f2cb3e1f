package flv

import (
	"bytes"
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
//
// A start code is searched by its 0x01: in coded video that byte is rare (1 in 256), so the vectorised IndexByte takes long steps, while
// 0x00 is frequent in headers and filler.
func NextStartCode(b []byte, pos int) (end, next int) {
	next = -1
	end = len(b)
	for i := pos + 2; i < len(b); {
		n := bytes.IndexByte(b[i:], 1)
		if n < 0 {
			break
		}
		i += n
		if b[i-1] == 0 && b[i-2] == 0 {
			end, next = i-2, i+1
			break
		}
		i++
	}
	for end > pos && b[end-1] == 0 {
		end--
	}
	return end, next
}

func noStartCode(au []byte) error {
	if len(au) == 0 {
		return fmt.Errorf("%w: it is empty", ErrNoStartCode)
	}
	return fmt.Errorf("%w: it begins with % x", ErrNoStartCode, au[:min(len(au), 8)])
}
