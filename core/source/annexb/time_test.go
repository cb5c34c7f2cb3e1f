package annexb

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The presentation times that the clock gives to pictures in decoding order, in fields.
func TestPictureClock(t *testing.T) {
	idr := func(poc int64) pictureOrder {
		return pictureOrder{known: true, ordered: true, restart: true, reference: true, lsb: poc, size: 256}
	}
	ref := func(poc int64) pictureOrder {
		return pictureOrder{known: true, ordered: true, reference: true, lsb: poc & 255, size: 256}
	}
	field := func(o pictureOrder) pictureOrder {
		o.field = true
		return o
	}
	said := func(o pictureOrder, reorder int64) pictureOrder {
		o.reorder = reorder
		return o
	}
	decodeOrder := pictureOrder{known: true, reference: true}
	for _, c := range []struct {
		name     string
		pictures []pictureOrder
		pts      []int64
	}{
		{"counts by two", []pictureOrder{idr(0), ref(8), ref(4), ref(2), ref(6)}, []int64{4, 12, 8, 6, 10}},
		{"counts by one", []pictureOrder{idr(0), ref(4), ref(2), ref(1), ref(3)}, []int64{4, 12, 8, 6, 10}},
		{"leading pictures", []pictureOrder{idr(0), ref(254), ref(252), ref(4), ref(2)}, []int64{8, 6, 4, 12, 10}},
		{"a group that ends early", []pictureOrder{idr(0), ref(8), ref(2), idr(0), ref(8)}, []int64{2, 6, 4, 8, 10}},
		{"a group that ends in a hole", []pictureOrder{idr(0), ref(8), idr(0), ref(2)}, []int64{0, 2, 4, 6}},
		{"the count wraps", []pictureOrder{idr(254), ref(258), ref(256)}, []int64{2, 6, 4}},
		{"no order", []pictureOrder{decodeOrder, decodeOrder, decodeOrder}, []int64{0, 2, 4}},
		{"the delay is known before it is needed", []pictureOrder{said(idr(0), 1), ref(2), ref(6), ref(4)}, []int64{2, 4, 8, 6}},
		{"the delay is needed late", []pictureOrder{idr(0), ref(2), idr(0), ref(4), ref(2)}, []int64{2, 4, 6, 10, 8}},
		{"pairs of fields", []pictureOrder{
			field(idr(0)), field(ref(1)), field(ref(6)), field(ref(7)), field(ref(2)), field(ref(3)), field(ref(4)), field(ref(5)),
		}, []int64{2, 3, 8, 9, 4, 5, 6, 7}},
		{"fields of a pair with one count", []pictureOrder{
			field(idr(0)), field(ref(0)), field(ref(4)), field(ref(4)), field(ref(2)), field(ref(2)),
		}, []int64{2, 3, 6, 7, 4, 5}},
		{"fields among frames", []pictureOrder{idr(0), field(ref(4)), field(ref(5)), ref(2), ref(6)}, []int64{2, 6, 7, 4, 8}},
		{"both fields begin a sequence", []pictureOrder{field(idr(0)), field(idr(1)), field(idr(0)), field(idr(1))}, []int64{0, 1, 2, 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var clock pictureClock
			times := func() (pts []int64) {
				for i := range c.pictures {
					clock.push(&c.pictures[i], int64(i))
				}
				clock.flush()
				for i := range c.pictures {
					p, ok := clock.take(int64(i))
					require.True(t, ok)
					require.GreaterOrEqual(t, p.pts, p.dts)
					pts = append(pts, p.pts)
				}
				return pts
			}
			first := times() // a delay that becomes known late leaves a hole and no two times alike
			slices.Sort(first)
			require.Len(t, slices.Compact(first), len(c.pictures))
			clock.restart(0)
			pts := times()
			require.Equal(t, c.pts, pts)
		})
	}
}

// Whatever the counts are, times are known in bounded time, none is before the decode time, and no
// two are alike.
func TestPictureClockWithoutSense(t *testing.T) {
	for name, poc := range map[string]func(i int64) int64{
		"backwards":    func(i int64) int64 { return -2 * i },
		"jumps back":   func(i int64) int64 { return 2 * (i % 50) },
		"stands still": func(int64) int64 { return 0 },
		"one far off":  func(i int64) int64 { return 2*i + max(0, 1-i)*1000 },
		"random":       func(i int64) int64 { return i * 7919 % 251 },
	} {
		t.Run(name, func(t *testing.T) {
			var clock pictureClock
			var all []int64
			take := func() {
				p, ok := clock.take(int64(len(all)))
				require.True(t, ok)
				require.GreaterOrEqual(t, p.pts, p.dts)
				all = append(all, p.pts)
			}
			for i := range int64(1000) {
				clock.push(&pictureOrder{
					known: true, ordered: true, restart: i == 0, reference: true, lsb: poc(i) & 0xFFFF, size: 0x10000,
				}, i)
				for clock.ready() {
					take()
				}
				require.Less(t, len(clock.queue), maxLookAhead)
			}
			clock.flush()
			for len(all) < 1000 {
				take()
			}
			slices.Sort(all)
			require.Len(t, slices.Compact(all), 1000)
			require.LessOrEqual(t, clock.delay, int64(2*maxLookAhead))
		})
	}
}
