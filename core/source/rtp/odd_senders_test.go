package rtp

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// fragmentsHEVC cuts a NAL unit of HEVC into FUs of at most size bytes.
func fragmentsHEVC(nalu []byte, size int) [][]byte {
	var all [][]byte
	for rest := nalu[hevcHeaderSize:]; len(rest) > 0; {
		n := min(size, len(rest))
		head := nalu[0] >> 1 & 0x3F
		if len(all) == 0 {
			head |= fuStart
		}
		if n == len(rest) {
			head |= fuEnd
		}
		all = append(all, append([]byte{nalu[0]&0x81 | hevcFU<<1, nalu[1], head}, rest[:n]...))
		rest = rest[n:]
	}
	return all
}

// Senders that put NAL units into packets in ways that the payload formats do not know: every picture comes out whole, without
// start codes, and what is wrong is said once.
func TestOddSenders(t *testing.T) {
	code := []byte{0, 0, 0, 1}
	cut := func(codec flv.Codec, nalu []byte, size int) [][]byte {
		if codec == flv.H264 {
			return fragments(nalu, size)
		}
		return fragmentsHEVC(nalu, size)
	}
	for _, c := range []struct {
		name    string
		packets func(codec flv.Codec, nalus [][]byte) [][]byte
		warning string
	}{
		{"every NAL unit in one FU", func(codec flv.Codec, nalus [][]byte) (all [][]byte) {
			for _, n := range nalus {
				all = append(all, cut(codec, n, len(n))...)
			}
			return all
		}, ""},
		{"fragments without an end", func(codec flv.Codec, nalus [][]byte) (all [][]byte) {
			for _, n := range nalus {
				for _, f := range cut(codec, n, 2) {
					f[1+btoi(codec == flv.HEVC)] &^= fuEnd
					all = append(all, f)
				}
			}
			return all
		}, "fragments without an end"},
		{"start codes in front", func(_ flv.Codec, nalus [][]byte) (all [][]byte) {
			for _, n := range nalus {
				all = append(all, append(bytes.Clone(code), n...))
			}
			return all
		}, "start codes"},
		{"the whole picture as one NAL unit", func(codec flv.Codec, nalus [][]byte) [][]byte {
			return cut(codec, bytes.Join(nalus, code), 5)
		}, "start codes"},
		{"the whole picture as one NAL unit, with a start code in front", func(codec flv.Codec, nalus [][]byte) [][]byte {
			return cut(codec, append(bytes.Clone(code), bytes.Join(nalus, code)...), 7)
		}, "start codes"},
		{"the whole picture as one NAL unit without an end", func(codec flv.Codec, nalus [][]byte) [][]byte {
			all := cut(codec, bytes.Join(nalus, code), 5)
			all[len(all)-1][1+btoi(codec == flv.HEVC)] &^= fuEnd
			return all
		}, "fragments without an end"},
	} {
		for _, codec := range []flv.Codec{flv.H264, flv.HEVC} {
			for _, how := range []marking{markLast, markAll, markNone} {
				t.Run(fmt.Sprintf("%v, %s, marking %d", codec, c.name, how), func(t *testing.T) {
					r := newRig(t, "rtp://127.0.0.1:5004?codec="+codec.String())
					var want []string
					for i := range 30 {
						key := i%10 == 0
						nalus := pictureH264(byte(i+1), key, 1)
						if codec == flv.HEVC {
							nalus = hevcPictureOf(byte(i+1), map[bool]byte{true: 19, false: 1}[key])
						}
						payloads := c.packets(codec, nalus)
						for n, p := range payloads {
							r.send(0, uint32(i*frameTicks), how == markAll || how == markLast && n == len(payloads)-1, p)
						}
						want = append(want, fmt.Sprintf("%c%d", "PK"[btoi(key)], i+1))
						r.wait(frameTime)
						if n := len(r.units); n > 0 {
							require.Len(t, r.units[0].NALUs, map[flv.Codec]int{flv.H264: 3, flv.HEVC: 4}[codec])
						}
					}
					r.send(0, 30*frameTicks, true, map[flv.Codec][]byte{flv.H264: ppsH264, flv.HEVC: ppsHEVC}[codec])
					r.wait(silentTime)
					require.Equal(t, strings.Join(want, " "), r.words())
					require.Zero(t, r.dropped)
					require.Zero(t, r.Counts(0).Malformed)
					for i, u := range r.units {
						require.Equal(t, time.Second+time.Duration(i)*frameTime, u.PTS)
					}
					kinds := 0
					for _, w := range r.warnings {
						kinds += btoi(c.warning != "" && strings.Contains(w, c.warning))
					}
					require.Equal(t, btoi(c.warning != ""), kinds, r.warnings)
					require.LessOrEqual(t, len(r.warnings), 2)
				})
			}
		}
	}
}

// A picture whose last fragments are late is not taken for one without an end.
func TestPauseWithinFragments(t *testing.T) {
	r := newRig(t, h264URL)
	all := r.picture(0, pictureH264(1, true, 1), markLast)
	for _, d := range all[:len(all)-1] {
		r.Packet(0, d, r.now)
	}
	r.wait(2 * silentTime)
	require.Empty(t, r.units)
	require.Empty(t, r.warnings)
	require.Equal(t, 1, r.dropped)
	r.Packet(0, all[len(all)-1], r.now)
	r.sendPicture(50*frameTicks, pictureH264(2, true, 1), markLast)
	r.wait(silentTime)
	require.Equal(t, "K2", r.words())
}
