package media

import (
	"errors"

	"luatrtmp/core/flv"
)

// SplitNALUs appends the NAL units of a frame to dst, as flv.SplitAVCC does, for files: fewer bytes at the
// end than a length has are left out. After any other fault the frame is worth nothing: a part of it is
// missing, and FFmpeg decodes none of it.
func SplitNALUs(dst [][]byte, frame []byte, lengthSize int) ([][]byte, error) {
	nalus, err := flv.SplitAVCC(dst, frame, lengthSize)
	if errors.Is(err, flv.ErrShortLength) && len(nalus) > len(dst) {
		err = nil
	}
	return nalus, err
}
