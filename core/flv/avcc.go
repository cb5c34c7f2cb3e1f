package flv

import "fmt"

// LengthSize returns the size in bytes of a NAL unit's length that a decoder configuration record of H.264 or HEVC says, 1, 2 or 4. The error
// wraps ErrBadConfig. Message bodies written here have 4 bytes.
func LengthSize(c Codec, record []byte) (int, error) {
	at, version := 4, byte(recordVersion)
	if c == HEVC {
		at, version = hevcLengthSizeAt, 0
	}
	if !c.HasNALUs() || len(record) <= at || record[0] < version || record[0] > recordVersion {
		return 0, fmt.Errorf("%w: %d bytes for %v", ErrBadConfig, len(record), c)
	}
	size := int(record[at]&3) + 1
	if size == 3 {
		return 0, fmt.Errorf("%w: NAL unit lengths of 3 bytes", ErrBadConfig)
	}
	return size, nil
}

// SplitAVCC appends the NAL units of an access unit whose units have a big-endian length in front (ISO/IEC 14496-15, 5.3.4.2) to dst.
// lengthSize is 1, 2 or 4. Empty units are left out. The units alias au. On an error, which wraps ErrBadLength, dst holds the
// units before the fault; it wraps ErrShortLength, too, if nothing but a part of a length is left.
//
// Some writers put start codes where only lengths belong: between the NAL units within one length, or in place of all lengths. No NAL
// unit contains a start code, so the units are separated there, as FFmpeg does.
func SplitAVCC(dst [][]byte, au []byte, lengthSize int) ([][]byte, error) {
	before := len(dst)
	dst, err := splitLengths(dst, au, lengthSize)
	if err == nil || lengthSize != startCodeSize+1 || firstNALU(au) < 0 {
		return dst, err
	}
	clear(dst[before:])
	return SplitAnnexB(dst[:before], au)
}

func splitLengths(dst [][]byte, au []byte, lengthSize int) ([][]byte, error) {
	if lengthSize != 1 && lengthSize != 2 && lengthSize != 4 {
		return dst, fmt.Errorf("%w: length size %d, expected 1, 2 or 4", ErrBadLength, lengthSize)
	}
	for pos := 0; pos < len(au); {
		if len(au)-pos < lengthSize {
			return dst, fmt.Errorf("%w: %d bytes left at %d of %d, a length has %d", ErrShortLength, len(au)-pos, pos, len(au), lengthSize)
		}
		var size uint32
		for _, b := range au[pos : pos+lengthSize] {
			size = size<<8 | uint32(b)
		}
		pos += lengthSize
		if uint64(size) > uint64(len(au)-pos) {
			return dst, fmt.Errorf("%w: %d at %d, but %d bytes follow", ErrBadLength, size, pos-lengthSize, len(au)-pos)
		}
		if end := pos + int(size); size > 0 {
			dst = SplitStartCodes(dst, au[pos:end:end])
			pos = end
		}
	}
	return dst, nil
}

// SplitStartCodes appends the NAL units of what should be one NAL unit to dst: that unit, or several where there are start codes within.
// Without a start code the unit stays as it is. The units alias unit.
func SplitStartCodes(dst [][]byte, unit []byte) [][]byte {
	if findStartCode(unit, 0) < 0 {
		return append(dst, unit)
	}
	for start := 0; start >= 0; {
		end, next := NextStartCode(unit, start)
		if end > start {
			dst = append(dst, unit[start:end:end])
		}
		start = next
	}
	return dst
}
