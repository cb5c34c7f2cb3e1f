package flv

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkAnnexB scans pictures of one NAL unit, of noise as entropy coding leaves it, and one of many slices.
func BenchmarkAnnexB(b *testing.B) {
	for _, c := range []struct{ size, slices int }{{1_000, 1}, {20_000, 1}, {100_000, 1}, {20_000, 8}} {
		random := rand.New(rand.NewPCG(1, 2))
		var unit []byte
		for range c.slices {
			unit = append(unit, 0, 0, 0, 1, 0x41)
			for range c.size / c.slices {
				unit = append(unit, byte(1+random.IntN(255)))
			}
		}
		b.Run(fmt.Sprintf("bytes=%d/slices=%d", c.size, c.slices), func(b *testing.B) {
			var nalus [][]byte
			b.SetBytes(int64(len(unit)))
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if nalus, err = SplitAnnexB(nalus[:0], unit); err != nil || len(nalus) != c.slices {
					b.Fatal(len(nalus), err)
				}
			}
		})
	}
}
