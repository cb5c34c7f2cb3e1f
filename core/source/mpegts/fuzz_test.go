package mpegts

import (
	"testing"

	"luatrtmp/core/source/mediatest"
)

func FuzzTS(f *testing.F) {
	for _, name := range []string{"bframes.ts", "hevc.ts", "opus.ts", "ac3.ts"} {
		f.Add(mediatest.File(f, name))
	}
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
	})
}
