package mpegts

import (
	"testing"

	"luatrtmp/core/source/mediatest"
)

func FuzzTS(f *testing.F) {
	for _, name := range []string{"bframes.ts", "hevc.ts", "opus.ts", "ac3.ts"} {
		f.Add(mediatest.File(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		mediatest.Drain(t, b, Open)
		mediatest.DrainAll(t, b, Open)
	})
}
