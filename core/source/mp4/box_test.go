package mp4

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// reads counts the reads of a file.
type reads struct {
	io.ReaderAt
	n int
}

func (r *reads) ReadAt(b []byte, at int64) (int, error) {
	r.n++
	return r.ReaderAt.ReadAt(b, at)
}

// A million empty boxes, in front of the others or behind fragments, are passed over some hundreds at a time.
func TestEmptyBoxes(t *testing.T) {
	empty := bytes.Repeat(mediatest.Box("free"), 1_000_000)
	movie := newMovie().bytes() // its samples begin at offset 8
	front := append(mediatest.Box("free", movie[8:17]), empty...)
	for name, file := range map[string][]byte{
		"in front":         append(front, movie...),
		"behind fragments": append(mediatest.File(t, "fragmented.mp4"), empty...),
	} {
		t.Run(name, func(t *testing.T) {
			in := &reads{ReaderAt: bytes.NewReader(file)}
			m, err := Open(&media.Input{ReaderAt: in, Size: int64(len(file))})
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, m)
			require.NoError(t, err)
			require.NotEmpty(t, units)
			require.Less(t, in.n, 2*len(empty)/headersSize+1000)
		})
	}
}
