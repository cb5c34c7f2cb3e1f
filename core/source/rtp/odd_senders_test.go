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

// Payloads that are none of the codec, in the midst of a frame and of a NAL unit in fragments, are left out and told once. The frames go.
func TestForeignPayloads(t *testing.T) {
	for codec, foreign := range map[flv.Codec][]string{flv.H264: {"00112233", "1e112233", "7f", "c1112233"}, flv.HEVC: {"660111", "7e0122334455", "82011122"}} {
		for _, f := range foreign {
			for _, how := range []marking{markLast, markAll, markNone} {
				t.Run(fmt.Sprintf("%v %s, marking %d", codec, f, how), func(t *testing.T) {
					r := newRig(t, "rtp://127.0.0.1:5004?codec="+codec.String())
					var want []string
					for i := range 30 {
						key := i%10 == 0
						nalus := pictureH264(byte(i+1), key, 2)
						cut := fragments(nalus[len(nalus)-1], 2)
						if codec == flv.HEVC {
							nalus = hevcPictureOf(byte(i+1), map[bool]byte{true: 19, false: 1}[key])
							cut = fragmentsHEVC(nalus[len(nalus)-1], 1)
						}
						payloads := append(append([][]byte{unhex(f)}, nalus[:len(nalus)-1]...), cut[0], unhex(f))
						payloads = append(payloads, cut[1:]...)
						for n, p := range payloads {
							r.send(0, uint32(i*frameTicks), how == markAll || how == markLast && n == len(payloads)-1, p)
						}
						want = append(want, fmt.Sprintf("%c%d", "PK"[btoi(key)], i+1))
						r.wait(frameTime)
					}
					r.wait(silentTime)
					require.Equal(t, strings.Join(want, " "), r.words())
					require.Zero(t, r.dropped)
					require.EqualValues(t, 60, r.Counts(0).Malformed)
					require.Len(t, r.warnings, 1)
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

// Two pictures with one RTP timestamp are two access units, whatever the marker says, and the second one is later.
func TestTwoPicturesWithOneTimestamp(t *testing.T) {
	for _, codec := range []flv.Codec{flv.H264, flv.HEVC} {
		for _, from := range []int{0, 20} { // before that each picture has its own timestamp, so that the marker is believed
			for _, slices := range []int{1, 3} {
				for _, how := range []marking{markLast, markAll, markNone} {
					t.Run(fmt.Sprintf("%v from picture %d, %d slices, marking %d", codec, from, slices, how), func(t *testing.T) {
						r := newRig(t, "rtp://127.0.0.1:5004?codec="+codec.String())
						var want []string
						for i := range 60 {
							stamp := i
							if i >= from {
								stamp = i &^ 1
							}
							key := i%5 == 0
							nalus := pictureH264(byte(i+1), key, slices)
							if codec == flv.HEVC {
								nalus = hevcPictureOf(byte(i+1), map[bool]byte{true: 19, false: 1}[key])
							}
							for n, nalu := range nalus {
								payloads := [][]byte{nalu}
								if codec == flv.H264 && n == len(nalus)-1 {
									payloads = fragments(nalu, 2)
								} else if n == len(nalus)-1 {
									payloads = fragmentsHEVC(nalu, 1)
								}
								for k, p := range payloads {
									last := n == len(nalus)-1 && k == len(payloads)-1
									r.send(0, uint32(stamp*frameTicks), how == markAll || how == markLast && last, p)
								}
							}
							want = append(want, fmt.Sprintf("%c%d", "PK"[btoi(key)], i+1))
							r.wait(frameTime)
						}
						r.wait(silentTime)
						require.Equal(t, strings.Join(want, " "), r.words())
						require.Zero(t, r.dropped)
						require.Empty(t, r.warnings)
						for i, u := range r.units {
							pts := time.Second + time.Duration(i)*frameTime
							if i >= from && i%2 == 1 {
								pts += time.Millisecond - frameTime
							}
							require.Equal(t, pts, u.PTS, i)
							require.LessOrEqual(t, u.DTS, u.PTS)
							if i > 0 {
								require.Greater(t, u.DTS, r.units[i-1].DTS)
							}
						}
					})
				}
			}
		}
	}
}

// The same for the codecs that have no NAL units.
func TestTwoFramesWithOneTimestamp(t *testing.T) {
	for _, codec := range []flv.Codec{flv.VP8, flv.VP9, flv.AV1} {
		for _, from := range []int{0, 20} {
			for _, how := range []marking{markLast, markAll, markNone} {
				t.Run(fmt.Sprintf("%v from frame %d, marking %d", codec, from, how), func(t *testing.T) {
					r := newRig(t, "rtp://127.0.0.1:5004?codec="+codec.String())
					var want []string
					for i := range 60 {
						stamp := i
						if i >= from {
							stamp = i &^ 1
						}
						key := i%5 == 0
						for _, d := range samplePicture(r, codec, uint32(stamp*frameTicks), byte(i+1), key) {
							switch how {
							case markAll:
								d[1] |= 0x80
							case markNone:
								d[1] &^= 0x80
							}
							r.Packet(0, d, r.now)
						}
						want = append(want, fmt.Sprintf("%c%d", "PK"[btoi(key)], i+1))
						r.wait(frameTime)
					}
					r.wait(silentTime)
					require.Equal(t, strings.Join(want, " "), r.words())
					require.Zero(t, r.dropped)
					require.Empty(t, r.warnings)
					for i, u := range r.units[1:] {
						require.Greater(t, u.DTS, r.units[i].DTS)
					}
				})
			}
		}
	}
}

// Of two key frames with one timestamp, neither of which has parameter sets, both are dropped.
func TestTwoPicturesWithoutParameterSets(t *testing.T) {
	r := newRig(t, h264URL)
	r.send(0, 0, true, idr)
	r.send(0, 0, true, idr)
	r.wait(silentTime)
	require.Empty(t, r.units)
	require.Equal(t, 2, r.dropped)
	r.sendPicture(frameTicks, pictureH264(2, true, 1), markLast)
	r.wait(silentTime)
	require.Equal(t, "K2", r.words())
}

// bitsOf writes a NAL unit: a header byte, then numbers as "u4:5" (4 bits) and "ue:7" (Exp-Golomb), then a stop bit and more bytes.
func bitsOf(header byte, fields string, more ...byte) []byte {
	var b strings.Builder
	for _, f := range strings.Fields(fields) {
		kind, text, _ := strings.Cut(f, ":")
		var n, size int
		fmt.Sscan(text, &n)
		if kind == "ue" {
			digits := fmt.Sprintf("%b", n+1)
			b.WriteString(strings.Repeat("0", len(digits)-1) + digits)
			continue
		}
		fmt.Sscan(kind[1:], &size)
		fmt.Fprintf(&b, "%0*b", size, n)
	}
	b.WriteString("1")
	b.WriteString(strings.Repeat("0", (8-b.Len()%8)%8))
	nalu := []byte{header}
	for text := b.String(); len(text) > 0; text = text[8:] {
		var octet byte
		fmt.Sscanf(text[:8], "%b", &octet)
		nalu = append(nalu, octet)
	}
	return append(nalu, more...)
}

// The two fields of a frame are one access unit, whether each has the marker or the second alone; two frames are not.
func TestFields(t *testing.T) {
	sps := bitsOf(0x67, "u8:77 u8:64 u8:30 ue:0 ue:0 ue:0 ue:0 ue:1 u1:0 ue:39 ue:14 u1:0 u1:0 u1:1 u1:0 u1:0")
	field := func(frame, bottom int, n byte) []byte {
		if frame == 0 && bottom == 0 {
			return bitsOf(0x65, "ue:0 ue:7 ue:0 u4:0 u1:1 u1:0 ue:0 u4:0", n)
		}
		return bitsOf(0x41, fmt.Sprintf("ue:0 ue:5 ue:0 u4:%d u1:1 u1:%d u4:%d", frame, bottom, frame), n)
	}
	for _, how := range []marking{markLast, markAll, markNone} {
		for _, perStamp := range []int{1, 2} {
			t.Run(fmt.Sprintf("marking %d, %d frames with one timestamp", how, perStamp), func(t *testing.T) {
				r := newRig(t, h264URL)
				for i := range 30 {
					var nalus [][]byte
					if i%10 == 0 {
						nalus = append(nalus, sps, ppsH264)
					}
					nalus = append(nalus, field(i%10, 0, 0xFF), []byte{6, 5, 1, 0x41, 0x80}, field(i%10, 1, byte(i+1)))
					for n, nalu := range nalus {
						stamp := uint32(i / perStamp * perStamp * frameTicks)
						r.send(0, stamp, how == markAll || how == markLast && n == len(nalus)-1, nalu)
					}
					r.wait(frameTime)
				}
				r.wait(silentTime)
				require.Len(t, r.units, 30)
				require.Zero(t, r.dropped)
				for i, u := range r.units {
					require.EqualValues(t, i+1, number(&u))
					require.Len(t, u.NALUs, 3+2*btoi(i%10 == 0))
				}
			})
		}
	}
}
