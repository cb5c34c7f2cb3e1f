package mpegts

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/mediatest"
)

// drainBack goes back to some of the key frames.
func drainBack(t *testing.T, b []byte) {
	f, err := Open(mediatest.Memory(b))
	if err != nil {
		return
	}
	for i := range 300 {
		u, err := f.Next()
		if err != nil {
			break
		}
		if u.Kind == flv.Video && u.Codec.IsKey(u.NALUs) {
			f.Mark()
			for range i % 5 {
				f.Next()
			}
			if i%3 == 0 {
				require.NoError(t, f.Back())
			}
		}
	}
}

func FuzzTS(f *testing.F) {
	for _, name := range []string{"bframes.ts", "hevc.ts", "opus.ts", "ac3.ts"} {
		f.Add(mediatest.File(f, name))
	}
	f.Add(stampless(mediatest.File(f, "bframes.ts"), func(int, int) bool { return false }))
	f.Add(stampless(mediatest.File(f, "hevc.ts"), func(_, n int) bool { return n%5 == 2 }))
	for _, names := range [][]string{{"bframes.ts", "hevc.ts"}, {"ac3.ts", "bframes.ts", "opus.ts"}, {"mp3.ts", "mpeg2.ts", "eac3.ts"}} { // other PIDs and codecs from somewhere on
		var b []byte
		for _, name := range names {
			b = append(b, mediatest.File(f, name)...)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		mediatest.Drain(t, b, Open)
		mediatest.DrainAll(t, b, Open)
		drainBack(t, b)
	})
}
