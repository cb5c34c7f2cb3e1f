package source

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/mediatest"
)

// A length of a NAL unit that cannot be costs the frame it is in and no other, as with ffmpeg, and one line of the log.
func TestBrokenLengthsCostOneFrame(t *testing.T) {
	put := binary.BigEndian.PutUint32
	for _, c := range []struct {
		name   string
		frames func(n int) bool // those that are damaged
		damage func(frame []byte, last int)
		lost   bool
	}{
		{"too long", only(3), func(frame []byte, last int) { put(frame[last:], 1<<30) }, true},
		{"longer by one byte", only(3), func(frame []byte, last int) { put(frame[last:], binary.BigEndian.Uint32(frame[last:])+1) }, true},
		{"the first one is too long", only(5), func(frame []byte, _ int) { put(frame, 1<<30) }, true},
		{"in two frames", only(5, 9), func(frame []byte, _ int) { put(frame, 1<<30) }, true},
		{"in the first frame", only(0), func(frame []byte, _ int) { put(frame, 1<<30) }, true},
		{"in the last frame", nil, func(frame []byte, _ int) { put(frame, 1<<30) }, true},
		{"in all frames but one", func(n int) bool { return n != 12 }, func(frame []byte, _ int) { put(frame, 1<<30) }, true},
		{"two bytes at the end that are no length", only(3), func(frame []byte, last int) { put(frame[last:], binary.BigEndian.Uint32(frame[last:])-2) }, false},
	} {
		for _, name := range []string{"bframes.mp4", "bframes.flv", "fragmented.mp4", "hvc1.mp4"} {
			t.Run(c.name+" in "+name, func(t *testing.T) {
				whole, err := openInput(name, mediatest.Memory(mediatest.File(t, name)), 0)
				require.NoError(t, err)
				want, err := mediatest.ReadAll(t, whole)
				require.NoError(t, err)
				damaged := c.frames
				if damaged == nil {
					damaged = only(len(mediatest.Of(want, flv.Video)) - 1)
				}
				b := mediatest.File(t, name)
				m, err := openInput(name, mediatest.Memory(b), 0)
				require.NoError(t, err)
				n := 0
				for {
					u, err := m.Next()
					if err == io.EOF {
						break
					}
					require.NoError(t, err)
					if u.Kind != flv.Video {
						continue
					}
					if damaged(n) {
						at, last := bytes.Index(b, u.NALUs[0])-4, 0
						require.Positive(t, at)
						for _, nalu := range u.NALUs[:len(u.NALUs)-1] {
							last += 4 + len(nalu)
						}
						c.damage(b[at:], last)
					}
					n++
				}

				if c.lost {
					var rest []mediatest.Unit
					n = -1
					for _, u := range want {
						if u.Kind == flv.Video {
							n++
						}
						if u.Kind != flv.Video || !damaged(n) {
							rest = append(rest, u)
						}
					}
					want = rest
				}
				var warnings []string
				in := mediatest.Memory(b)
				in.Warn = func(text string) { warnings = append(warnings, text) }
				m, err = openInput(name, in, 0)
				require.NoError(t, err)
				units, err := mediatest.ReadAll(t, m)
				require.NoError(t, err)
				if c.lost {
					require.Len(t, warnings, 1)
					require.Contains(t, warnings[0], "is left out, as are others like it: bad NAL unit length")
				} else {
					require.Empty(t, warnings)
				}
				require.NotEmpty(t, mediatest.Of(units, flv.Video)[0].Config)
				require.Equal(t, rounded(want), rounded(units))
				require.NoError(t, m.Rewind())
				again, err := mediatest.ReadAll(t, m)
				require.NoError(t, err)
				require.Equal(t, units, again)
			})
		}
	}
}

func only(frames ...int) func(int) bool {
	return func(n int) bool { return slices.Contains(frames, n) }
}

// rounded shows the times of units relative to the first one.
func rounded(units []mediatest.Unit) (s string) {
	for _, u := range units {
		s += fmt.Sprintf("%v %v/%v\n", u.Kind, (u.DTS - units[0].DTS).Round(1e6), (u.PTS - units[0].DTS).Round(1e6))
	}
	return s
}
