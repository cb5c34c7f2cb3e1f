package matroska

import (
	"encoding/binary"
	"fmt"

	"luatrtmp/core/source/media"
)

// How the frames of a block follow each other. RFC 9559, 10.3.
const (
	noLacing = iota
	xiphLacing
	fixedLacing
	ebmlLacing
)

// maxBlockHeader is the size of the largest header of a block: the number of its track, its time, its flags.
const maxBlockHeader = 8 + 2 + 1

// blockHeader is what stands in front of the frames of a block.
type blockHeader struct {
	track  uint64
	time   int16 // after the time of the cluster
	lacing int
	size   int // of the header
}

// parseBlockHeader reads the header of a block, of which b may be a part. RFC 9559, 10.1 and 10.2.
func parseBlockHeader(b []byte) (h blockHeader, err error) {
	track, n := parseNumber(b, 8, false)
	if n == 0 || len(b) < n+3 {
		return h, fmt.Errorf("%w: block of %d bytes (% x)", media.ErrBadMedia, len(b), b)
	}
	return blockHeader{track: track, time: int16(binary.BigEndian.Uint16(b[n:])), lacing: int(b[n+2] >> 1 & 3), size: n + 3}, nil
}

// split appends the frames of what follows the header of a block to dst. They alias b.
//
// The library's functions for this are not used: sizes that are made for it let them panic.
func split(dst [][]byte, lacing int, b []byte) ([][]byte, error) {
	if lacing == noLacing {
		return append(dst, b), nil
	}
	if len(b) == 0 {
		return dst, fmt.Errorf("%w: block without the number of its frames", media.ErrBadMedia)
	}
	count := int(b[0]) + 1
	b = b[1:]
	if lacing == fixedLacing {
		if len(b)%count != 0 {
			return dst, fmt.Errorf("%w: %d frames of one size in %d bytes", media.ErrBadMedia, count, len(b))
		}
		for size := len(b) / count; len(b) > 0; b = b[size:] {
			dst = append(dst, b[:size:size])
		}
		return dst, nil
	}
	var sizes [256]int64
	rest := int64(0) // sum of all sizes but the last
	for i := range count - 1 {
		n := 0
		if lacing == xiphLacing {
			sizes[i], n = xiphSize(b)
		} else {
			sizes[i], n = ebmlSize(b, i, sizes[max(i-1, 0)])
		}
		rest += sizes[i]
		if n == 0 || sizes[i] < 0 || rest > int64(len(b)) {
			return dst, fmt.Errorf("%w: size of frame %d of %d in a block", media.ErrBadMedia, i+1, count)
		}
		b = b[n:]
	}
	if rest > int64(len(b)) {
		return dst, fmt.Errorf("%w: %d frames of %d bytes in a block with %d", media.ErrBadMedia, count, rest, len(b))
	}
	sizes[count-1] = int64(len(b)) - rest
	for _, size := range sizes[:count] {
		dst = append(dst, b[:size:size])
		b = b[size:]
	}
	return dst, nil
}

// xiphSize reads a size that is the sum of bytes, the last of which is not 255. n is how many there are, 0 if the last one is missing.
func xiphSize(b []byte) (size int64, n int) {
	for i, c := range b {
		size += int64(c)
		if c != 0xFF {
			return size, i + 1
		}
	}
	return 0, 0
}

// ebmlSize reads the size of the first frame, or the difference to the one before. n is 0 if there is none.
func ebmlSize(b []byte, i int, before int64) (size int64, n int) {
	v, n := parseNumber(b, 8, false)
	if n == 0 || i == 0 {
		return int64(v), n
	}
	return before + int64(v) - (1<<(7*n-1) - 1), n
}
