package rtp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const h264URL = "rtp://127.0.0.1:5004?codec=h264"

func TestPicturesWholeWhateverTheMarkerSays(t *testing.T) {
	for _, how := range []marking{markLast, markAll, markNone} {
		for _, slices := range []int{1, 4} {
			t.Run(fmt.Sprintf("marking %d, %d slices", how, slices), func(t *testing.T) {
				r := newRig(t, h264URL)
				var want []string
				for i := range 50 {
					key := i%10 == 0
					r.sendPicture(uint32(i*frameTicks)-7*frameTicks, pictureH264(byte(i), key, slices), how)
					want = append(want, fmt.Sprintf("%c%d", "PK"[btoi(key)], i))
					r.wait(frameTime)
				}
				r.wait(silentTime)
				require.Equal(t, strings.Join(want, " "), r.words())
				require.Zero(t, r.dropped)
				for i, u := range r.units {
					require.Equal(t, time.Second+time.Duration(i)*frameTime, u.DTS, i)
					require.Equal(t, u.DTS, u.PTS)
					require.Len(t, u.NALUs, slices+2*btoi(i%10 == 0))
					require.Equal(t, i == 0, u.Config != nil)
				}
			})
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A marker that is right saves the wait for the next picture.
func TestPicturesAreNotHeldBack(t *testing.T) {
	r := newRig(t, h264URL)
	for i := range 10 {
		r.sendPicture(uint32(i*frameTicks), pictureH264(byte(i), i == 0, 2), markLast)
		if i >= rightPictures {
			require.Len(t, r.units, i+1)
		}
		r.wait(frameTime)
	}
}

// The last picture before a pause does not wait for the next one.
func TestPictureBeforeAPause(t *testing.T) {
	for how, limit := range map[marking]time.Duration{markLast: endTime, markAll: endTime, markNone: silentTime} {
		r := newRig(t, h264URL)
		r.sendPicture(0, pictureH264(1, true, 2), how)
		r.wait(limit - 1)
		require.Empty(t, r.units)
		r.wait(1)
		require.Equal(t, "K1", r.words())
	}
}

func TestLossDropsUpToTheNextKeyFrame(t *testing.T) {
	for _, c := range []struct {
		name    string
		lost    func(picture, packet int) bool
		how     marking
		want    string
		dropped int
	}{
		{"nothing", func(int, int) bool { return false }, markLast, "K0 P1 P2 P3 K4 P5 P6 P7 K8 P9 P10 P11", 0},
		{"first packet of a picture", func(p, n int) bool { return p == 1 && n == 0 }, markLast, "K0 K4 P5 P6 P7 K8 P9 P10 P11", 3},
		{"midst of a picture", func(p, n int) bool { return p == 5 && n == 1 }, markLast, "K0 P1 P2 P3 K4 K8 P9 P10 P11", 3},
		{"last packet of a picture", func(p, n int) bool { return p == 6 && n == 2 }, markLast, "K0 P1 P2 P3 K4 P5 K8 P9 P10 P11", 2},
		{"whole picture", func(p, _ int) bool { return p == 6 }, markLast, "K0 P1 P2 P3 K4 P5 K8 P9 P10 P11", 1},
		{"the picture before a key frame", func(p, _ int) bool { return p == 7 }, markLast, "K0 P1 P2 P3 K4 P5 P6 K8 P9 P10 P11", 0},
		{"end of the picture before a key frame", func(p, n int) bool { return p == 7 && n == 2 }, markLast, "K0 P1 P2 P3 K4 P5 P6 K8 P9 P10 P11", 1},
		{"first slice of a key frame", func(p, n int) bool { return p == 4 && n == 2 }, markLast, "K0 P1 P2 P3 K8 P9 P10 P11", 4},
		{"SPS that is known", func(p, n int) bool { return p == 4 && n == 0 }, markLast, "K0 P1 P2 P3 K4 P5 P6 P7 K8 P9 P10 P11", 0},
		{"first key frame", func(p, n int) bool { return p == 0 && n == 3 }, markLast, "K4 P5 P6 P7 K8 P9 P10 P11", 4},
		{"midst, marker never", func(p, n int) bool { return p == 5 && n == 1 }, markNone, "K0 P1 P2 P3 K4 K8 P9 P10 P11", 3},
		{"last packet, marker never", func(p, n int) bool { return p == 5 && n == 2 }, markNone, "K0 P1 P2 P3 K4 K8 P9 P10 P11", 3},
		{"last packet, marker always", func(p, n int) bool { return p == 5 && n == 2 }, markAll, "K0 P1 P2 P3 K4 K8 P9 P10 P11", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, h264URL)
			for i := range 12 {
				for n, d := range r.picture(uint32(i*frameTicks), pictureH264(byte(i), i%4 == 0, 2), c.how) {
					if !c.lost(i, n) {
						r.Packet(0, d, r.now)
					}
				}
				r.wait(frameTime)
			}
			r.wait(silentTime)
			require.Equal(t, c.want, r.words())
			require.Equal(t, c.dropped, r.dropped)
		})
	}
}

func TestFragmentWithoutStart(t *testing.T) {
	r := newRig(t, h264URL)
	all := fragments(pictureH264(1, true, 1)[2], 1)
	for i, f := range all[1:] {
		r.send(0, 0, i == len(all)-2, f)
	}
	r.wait(silentTime)
	require.Empty(t, r.units)
	r.sendPicture(frameTicks, pictureH264(2, true, 1), markLast)
	r.wait(silentTime)
	require.Equal(t, "K2", r.words())
}

func TestJoinsInTheMidst(t *testing.T) {
	r := newRig(t, h264URL)
	r.Pause()
	for i := range 10 {
		if i == 2 {
			r.Play(r.now)
		}
		nalus := pictureH264(byte(i), i%4 == 0, 2)
		if i > 0 && i%4 == 0 {
			nalus = nalus[2:] // parameter sets came once, when nobody looked
		}
		r.sendPicture(uint32(i*frameTicks), nalus, markLast)
		r.wait(frameTime)
	}
	r.wait(silentTime)
	require.Equal(t, "K4 P5 P6 P7 K8 P9", r.words())
	require.NotNil(t, r.units[0].Config)
	require.Zero(t, r.dropped, "what came before the first key frame is not lost")
	require.Equal(t, time.Second+4*frameTime, r.units[0].DTS)
}

func TestParameterSetsOfTheDescription(t *testing.T) {
	r := newRig(t, h264URL+"&sprop-parameter-sets=Z01AH6YRAoC/5cBEAAADAAQAAAMAyDxgyEY=,aOhDMsg=")
	require.Equal(t, 640, r.VideoInfo().Width)
	r.sendPicture(0, pictureH264(0, true, 1)[2:], markLast)
	r.wait(silentTime)
	require.Equal(t, "K0", r.words())
	require.Contains(t, string(r.units[0].Config), string(spsH264))

	r = newRig(t, h264URL)
	r.sendPicture(0, pictureH264(0, true, 1)[2:], markLast)
	r.wait(silentTime)
	require.Empty(t, r.units)
	require.Equal(t, 1, r.dropped)
}

func TestParameterSetsInPacketsOfTheirOwn(t *testing.T) {
	r := newRig(t, h264URL)
	for i := range 3 {
		ts := uint32(i * 2 * frameTicks)
		r.send(0, ts, true, spsH264) // with the marker, and with another timestamp than the picture
		r.send(0, ts, true, ppsH264)
		r.sendPicture(ts+1, pictureH264(byte(i), true, 2)[2:], markLast)
		r.wait(2 * frameTime)
	}
	r.wait(silentTime)
	require.Equal(t, "K0 K1 K2", r.words())
	require.Zero(t, r.dropped)
}

func TestSenders(t *testing.T) {
	send := func(r *rig, from, to int) {
		for i := from; i < to; i++ {
			r.sendPicture(uint32(i*frameTicks), pictureH264(byte(i), i%5 == 0, 2), markLast)
			r.wait(frameTime)
		}
	}
	const all = "K0 P1 P2 P3 P4 K5 P6 P7 P8 P9 K10 P11 P12 P13 P14"
	for _, c := range []struct {
		name   string
		change func(r *rig)
		want   string
	}{
		{"another SSRC at a key frame", func(r *rig) { r.ssrc[0]++ }, all},
		{"another SSRC and sequence", func(r *rig) { r.ssrc[0]++; r.seq[0] = 1000 }, all},
		{"another sequence", func(r *rig) { r.seq[0] += 20000 }, all},
		{"another payload type with another SSRC", func(r *rig) { r.ssrc[0]++; r.pt = 100 }, all},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, h264URL)
			send(r, 0, 10)
			c.change(r)
			send(r, 10, 15)
			r.wait(silentTime)
			require.Equal(t, c.want, r.words())
			for i, u := range r.units[1:] {
				require.Greater(t, u.DTS, r.units[i].DTS)
				require.InDelta(t, frameTime, u.DTS-r.units[i].DTS, float64(20*time.Millisecond), i)
			}
		})
	}
}

func TestTwoSendersAtATime(t *testing.T) {
	r := newRig(t, h264URL)
	var next [2]uint16
	for i := range 60 {
		for s := range 2 { // picture by picture, whole ones
			r.ssrc[0], r.seq[0] = uint32(0xAA00+s), next[s]
			r.sendPicture(uint32(i*frameTicks), pictureH264(byte(i), i%5 == 0, 2), markNone)
			next[s] = r.seq[0]
		}
		r.wait(frameTime)
	}
	r.wait(silentTime)
	require.GreaterOrEqual(t, len(r.units), 50, "one of them is published")
	for i, u := range r.units[10:] {
		require.EqualValues(t, i+int(number(&r.units[10])), number(&u), "once and in order")
	}
}

func TestStrays(t *testing.T) {
	r := newRig(t, "rtp://127.0.0.1:5004?codec=h264&pt=96")
	for i := range 10 {
		r.pt = 97
		r.Packet(0, r.make(0, 5, true, idr), r.now)
		r.seq[0]--
		r.Packet(0, []byte("GET / HTTP/1.0"), r.now)
		r.Packet(0, nil, r.now)
		r.Packet(0, []byte{0x80}, r.now)
		r.pt = 96
		r.sendPicture(uint32(i*frameTicks), pictureH264(byte(i), i == 0, 2), markLast)
		r.wait(frameTime)
	}
	r.wait(silentTime)
	require.Equal(t, "K0 P1 P2 P3 P4 P5 P6 P7 P8 P9", r.words())
	require.EqualValues(t, 40, r.Counts(0).Refused)
	require.Equal(t, []string{"h264: packets of payload type 97 are left out, expected 96", "h264: what comes in is not RTP"}, r.warnings)
}

func TestTimestampJumps(t *testing.T) {
	r := newRig(t, h264URL)
	base := uint32(0xFFFFF000)
	for i := range 30 {
		if i == 10 {
			base += 1 << 30
		}
		if i == 20 {
			base -= 90000 * 3600
		}
		r.sendPicture(base+uint32(i*frameTicks), pictureH264(byte(i), i%5 == 0, 2), markLast)
		r.wait(frameTime)
	}
	r.wait(silentTime)
	require.Len(t, r.units, 30)
	for i, u := range r.units {
		require.InDelta(t, time.Second+time.Duration(i)*frameTime, u.DTS, float64(50*time.Millisecond), i)
		require.InDelta(t, u.DTS, u.PTS, float64(50*time.Millisecond))
	}
}

func TestTimestampsWrap(t *testing.T) {
	r := newRig(t, h264URL)
	for i := range 2000 { // each is a quarter of an hour after the one before
		r.sendPicture(uint32(i*15*60*90000), pictureH264(byte(i), true, 1), markLast)
		r.wait(15 * time.Minute)
	}
	require.Len(t, r.units, 2000)
	require.Equal(t, time.Second+1999*15*time.Minute, r.units[1999].DTS)
}

// A sender that was started anew, or whose sequence numbers jump, goes on with the next frame where the timestamps show that none is
// missing. The log has one line of it.
func TestSequenceJumps(t *testing.T) {
	for _, c := range []struct {
		name      string
		ahead     int // sequence numbers, at picture 8
		timestamp int // so much later than it should be
		goesOn    bool
		lost      uint64
	}{
		{"5000 ahead", 5000, 0, true, 0},
		{"20000 ahead", 20000, 0, true, 0},
		{"5000 back", -5000, 0, true, 0},
		{"5000 ahead, timestamps too", 5000, 10 * 90000, false, 0},
		{"2000 ahead: a loss", 2000, 0, false, 2000},
	} {
		for _, how := range []marking{markLast, markAll, markNone} {
			for _, slices := range []int{1, 3} {
				t.Run(fmt.Sprintf("%s, marking %d, %d slices", c.name, how, slices), func(t *testing.T) {
					r := newRig(t, h264URL)
					base := 0
					for i := range 15 {
						if i == 8 {
							r.seq[0] += uint16(c.ahead & 0xFFFF)
							base = c.timestamp
						}
						r.sendPicture(uint32(base+i*frameTicks), pictureH264(byte(i), i%5 == 0, slices), how)
						r.wait(frameTime)
					}
					r.wait(silentTime)
					want := "K0 P1 P2 P3 P4 K5 P6 P7 P8 P9 K10 P11 P12 P13 P14"
					switch {
					case c.goesOn:
					case how == markLast:
						want = "K0 P1 P2 P3 P4 K5 P6 P7 K10 P11 P12 P13 P14"
					default: // the end of picture 7 may be missing
						want = "K0 P1 P2 P3 P4 K5 P6 K10 P11 P12 P13 P14"
					}
					require.Equal(t, want, r.words())
					require.Equal(t, c.lost, r.Counts(0).Lost)
					require.Len(t, r.warnings, 1)
				})
			}
		}
	}
}

// The jump in the midst of a frame costs that frame.
func TestSequenceJumpsWithinAFrame(t *testing.T) {
	r := newRig(t, h264URL)
	for i := range 15 {
		for n, nalu := range pictureH264(byte(i), i%5 == 0, 3) {
			if i == 8 && n == 1 {
				r.seq[0] += 5000
			}
			r.send(0, uint32(i*frameTicks), n == 2 && i%5 > 0 || n == 4, nalu)
		}
		r.wait(frameTime)
	}
	r.wait(silentTime)
	require.Equal(t, "K0 P1 P2 P3 P4 K5 P6 P7 K10 P11 P12 P13 P14", r.words())
}
