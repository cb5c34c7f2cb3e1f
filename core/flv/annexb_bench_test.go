package flv

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkAnnexB scans pictures of noise, as entropy coding leaves it, of one NAL unit and of many slices. There are so many of them that
// the processor does not learn them by heart, which makes a search for single bytes twice as fast as it is on real video.
func BenchmarkAnnexB(b *testing.B) {
	for _, c := range []struct{ size, slices int }{{1_000, 1}, {20_000, 1}, {100_000, 1}, {20_000, 8}} {
		b.Run(fmt.Sprintf("bytes=%d/slices=%d", c.size, c.slices), func(b *testing.B) {
			const all = 16 << 20
			var units [][]byte
			for random := rand.NewChaCha8([32]byte{}); len(units)*c.size < all; {
				units = append(units, noise(random, c.size, c.slices))
			}
			var nalus [][]byte
			b.SetBytes(int64(len(units[0])))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				var err error
				if nalus, err = SplitAnnexB(nalus[:0], units[i%len(units)]); err != nil || len(nalus) != c.slices {
					b.Fatal(len(nalus), err)
				}
			}
		})
	}
}

// noise returns an access unit whose slices have no start codes inside.
func noise(random *rand.ChaCha8, size, slices int) (unit []byte) {
	for range slices {
		slice := make([]byte, size/slices)
		random.Read(slice)
		for i := 2; i < len(slice); i++ {
			if slice[i-2] == 0 && slice[i-1] == 0 {
				slice[i] |= 4
			}
		}
		slice[len(slice)-1] |= 0x80 // rbsp_stop_one_bit
		unit = append(append(unit, 0, 0, 0, 1, 0x41), slice...)
	}
	return unit
}
