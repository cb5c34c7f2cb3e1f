package annexb

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/mediatest"
)

// The frames of a byte stream are shown when the reader of byte streams says so.
func TestDisplay(t *testing.T) {
	for _, c := range []struct {
		name  string
		codec flv.Codec
	}{{"bframes.h264", flv.H264}, {"bframes.h265", flv.HEVC}, {"slices.h264", flv.H264}} {
		f, err := Open(mediatest.Memory(mediatest.File(t, c.name)), c.codec, 25)
		require.NoError(t, err)
		d, err := NewDisplay(c.codec, f.(*reader).clock.delay)
		require.NoError(t, err)
		var want, got []int64
		next := func() {
			for fields, ok := d.Next(); ok; fields, ok = d.Next() {
				got = append(got, fields)
			}
		}
		for u, err := f.Next(); err == nil; u, err = f.Next() {
			want = append(want, (u.PTS-u.DTS).Milliseconds()/20)
			d.Push(u.NALUs)
			next()
		}
		d.Flush()
		next()
		require.Equal(t, want, got, c.name)
		require.Equal(t, f.(*reader).clock.delay, d.Delay(), c.name)
	}
}
