package matroska

import (
	"bytes"
	"cmp"
	"compress/bzip2"
	"compress/zlib"
	"fmt"
	"io"
	"slices"

	"luatrtmp/core/source/media"
)

// Fields of ContentEncoding. RFC 9559, 5.1.4.1.31.
const (
	scopeFrames  = 1
	scopePrivate = 2

	typeCompression = 0

	algorithmZlib     = 0
	algorithmBzip2    = 1
	algorithmLZO      = 2
	algorithmStripped = 3

	// maxEncodings bounds how many encodings a track has one upon the other.
	maxEncodings = 4
)

// encodings is how the frames of a track are encoded in addition to their codec: the last one is undone first.
type encodings []contentEncoding

// newEncodings returns the encodings of a track in the order in which they are undone. The error says what cannot be.
func newEncodings(all []contentEncoding) (encodings, error) {
	if len(all) > maxEncodings {
		return nil, &errCodec{fmt.Sprintf("%d encodings one upon the other", len(all))}
	}
	for _, e := range all {
		switch {
		case e.Type != typeCompression:
			return nil, &errCodec{"encrypted media"}
		case e.Compression.Algorithm == algorithmLZO:
			return nil, &errCodec{"compressed by LZO"}
		case e.Compression.Algorithm > algorithmStripped:
			return nil, &errCodec{fmt.Sprintf("compressed by algorithm %d", e.Compression.Algorithm)}
		}
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b contentEncoding) int { return cmp.Compare(b.Order, a.Order) })
	return all, nil
}

// undo returns what was encoded as b: a frame, or the private data of the codec. It may be b itself. It is an error if it has more than limit bytes.
func (all encodings) undo(b []byte, scope uint64, limit int) ([]byte, error) {
	for _, e := range all {
		if cmp.Or(e.Scope, scopeFrames)&scope == 0 {
			continue
		}
		var err error
		switch e.Compression.Algorithm {
		case algorithmStripped:
			b = append(bytes.Clone(e.Compression.Settings), b...)
		case algorithmBzip2:
			b, err = inflated(bzip2.NewReader(bytes.NewReader(b)), limit)
		case algorithmZlib:
			var r io.ReadCloser
			if r, err = zlib.NewReader(bytes.NewReader(b)); err == nil {
				b, err = inflated(r, limit)
			}
		}
		if err == nil && len(b) > limit {
			err = fmt.Errorf("more than %d bytes", limit)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: compressed data: %w", media.ErrBadMedia, err)
		}
	}
	return b, nil
}

// inflated reads all, but not much more than limit.
func inflated(r io.Reader, limit int) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, int64(limit)+1))
}
