package rtp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/annexb"
	"luatrtmp/core/source/mediatest"
)

// bits writes what H.264 and HEVC write: fixed numbers of bits and Exp-Golomb codes.
type bitWriter struct {
	b []byte
	n int
}

func (w *bitWriter) u(value, bits int) {
	for i := bits - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(value>>i&1) << (7 - w.n%8)
		w.n++
	}
}

func (w *bitWriter) ue(value int) {
	bits := 1
	for (value+1)>>bits > 0 {
		bits++
	}
	w.u(0, bits-1)
	w.u(value+1, bits)
}

// spsReorder is an SPS of H.264 with pic_order_cnt_type 0, 4 bits each for frame_num and pic_order_cnt_lsb, and three reference frames.
var spsReorder = func() []byte {
	w := bitWriter{b: []byte{0x67, 77, 0, 31}, n: 32}
	w.ue(0) // seq_parameter_set_id
	w.ue(0) // log2_max_frame_num_minus4
	w.ue(0) // pic_order_cnt_type
	w.ue(1) // log2_max_pic_order_cnt_lsb_minus4
	w.ue(3) // max_num_ref_frames
	w.u(0, 1)
	w.ue(9) // pic_width_in_mbs_minus1
	w.ue(5)
	w.u(1, 1) // frame_mbs_only_flag
	w.u(1, 1)
	w.u(0, 1)
	w.u(0, 1) // no VUI
	w.u(1, 1)
	return w.b
}()

// slice returns the only slice of picture number n, in the order of presentation, after the latest IDR picture.
func slice(kind byte, n, frame int) []byte {
	w := bitWriter{b: []byte{kind}, n: 8}
	w.ue(0) // first_mb_in_slice
	w.ue(7) // slice_type
	w.ue(0) // pic_parameter_set_id
	w.u(frame%16, 4)
	if kind&0x1F == 5 {
		w.ue(0)
	}
	w.u(2*n%32, 5)
	w.u(1, 1)
	return append(w.b, 0xFF, byte(n))
}

// Pictures in the order of decoding, by their numbers in that of presentation: two B-frames between each two others.
var reordered = []int{0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11}

func TestDecodeTimesOfBFrames(t *testing.T) {
	r := newRig(t, h264URL)
	const groups = 4
	for g := range groups {
		for i, n := range reordered {
			kind := byte(0x41)
			nalus := [][]byte{}
			switch {
			case i == 0:
				kind = 0x65
				nalus = append(nalus, spsReorder, ppsH264)
			case i%3 != 1:
				kind = 0x01
			}
			r.sendPicture(uint32((g*len(reordered)+n)*frameTicks), append(nalus, slice(kind, n, i)), markLast)
			r.wait(frameTime)
		}
	}
	r.wait(silentTime)
	require.Len(t, r.units, groups*len(reordered))
	require.Zero(t, r.dropped)
	for i, u := range r.units {
		n := i/len(reordered)*len(reordered) + reordered[i%len(reordered)]
		require.Equal(t, time.Second+time.Duration(n)*frameTime, u.PTS, "presentation times are those of the sender")
		if i > 0 {
			require.Greater(t, u.DTS, r.units[i-1].DTS)
		}
		if i >= len(reordered) { // the delay is known
			require.LessOrEqual(t, u.DTS, u.PTS)
			require.InDelta(t, time.Second+time.Duration(i-2)*frameTime, u.DTS, float64(2*frameTime), i)
		}
	}
}

// What the extractor does not understand still goes on.
func TestDecodeTimesOfTheUnknown(t *testing.T) {
	for _, codec := range []flv.Codec{flv.H264, flv.HEVC} {
		d := decodeOrder{codec: codec}
		var last int64 = -1
		for i, pts := range []int64{0, 10800, 3600, 7200, 21600, 14400, 18000} {
			dts := d.dts([][]byte{{0x41, 0x01, 0x80, byte(i)}}, pts)
			require.Greater(t, dts, last)
			last = dts
		}
		require.Less(t, last, int64(30000))
	}
}

// hevcPictureOf returns the NAL units of a picture.
func hevcPictureOf(n byte, typ byte) [][]byte {
	slice := []byte{typ << 1, 1, 0x80 | 0x2F, 0x44, n}
	if typ >= 16 && typ <= 21 {
		return [][]byte{vpsHEVC, spsHEVC, ppsHEVC, slice}
	}
	return [][]byte{slice}
}

func TestHEVC(t *testing.T) {
	const trail, rasl, idr, cra = 1, 8, 19, 21
	for _, c := range []struct {
		name    string
		types   []byte
		lost    int
		want    string
		dropped int
	}{
		{"IDR", []byte{idr, trail, trail, idr, trail}, -1, "K0 P1 P2 K3 P4", 0},
		{"CRA in the midst", []byte{idr, trail, cra, rasl, trail}, -1, "K0 P1 K2 P3 P4", 0},
		{"begins at a CRA", []byte{cra, rasl, rasl, trail, cra, rasl}, -1, "K0 P3 K4 P5", 2},
		{"a loss before a CRA", []byte{idr, trail, trail, cra, rasl, trail}, 1, "K0 K3 P5", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, "rtp://127.0.0.1:5004?codec=hevc")
			for i, typ := range c.types {
				nalus := hevcPictureOf(byte(i), typ)
				for n, nalu := range nalus {
					d := r.make(0, uint32(i*frameTicks), n == len(nalus)-1, nalu)
					if i != c.lost {
						r.Packet(0, d, r.now)
					}
				}
				r.wait(frameTime)
			}
			r.wait(silentTime)
			require.Equal(t, c.want, r.words())
			require.Equal(t, c.dropped, r.dropped)
			require.NotNil(t, r.units[0].Config)
		})
	}
}

// Decode times of what encoders make, with B-frames of all kinds: they go up by a frame, and are never behind the presentation time.
func TestDecodeTimesOfEncoders(t *testing.T) {
	for _, c := range []struct {
		name   string
		codec  flv.Codec
		params string
	}{
		{"no B-frames", flv.H264, "bframes=0"},
		{"pyramid", flv.H264, "bframes=3:b-pyramid=normal:b-adapt=0"},
		{"interlaced", flv.H264, "bframes=3:b-pyramid=normal:b-adapt=0:tff=1"},
		{"interlaced without B-frames", flv.H264, "bframes=0:tff=1"},
		{"no B-frames", flv.HEVC, "bframes=0"},
		{"pyramid", flv.HEVC, "bframes=4:b-pyramid=1:b-adapt=0"},
		{"open GOPs", flv.HEVC, "bframes=4:b-adapt=0:open-gop=1:keyint=10"},
		{"RADL", flv.HEVC, "bframes=4:b-adapt=0:open-gop=0:radl=2:keyint=10"},
		{"temporal sub-layers", flv.HEVC, "temporal-layers=1:bframes=4:b-pyramid=1:b-adapt=0"},
	} {
		t.Run(fmt.Sprintf("%v, %s", c.codec, c.name), func(t *testing.T) {
			encoder := map[flv.Codec]string{flv.H264: "264", flv.HEVC: "265"}[c.codec]
			file := mediatest.Encode(t, "x.h"+encoder, "-c:v", "libx"+encoder, "-x"+encoder+"-params", "log-level=0:repeat-headers=1:"+c.params)
			m, err := annexb.Open(mediatest.Memory(file), c.codec, 0)
			require.NoError(t, err)
			r := newRig(t, "rtp://127.0.0.1:5004?codec="+c.codec.String())
			var want []time.Duration
			for {
				u, err := m.Next()
				if err != nil {
					break
				}
				nalus := u.NALUs
				if len(want) == 0 {
					sets := map[flv.Codec]int{flv.H264: 2, flv.HEVC: 3}[c.codec]
					nalus = append(flv.SplitStartCodes(nil, file)[:sets:sets], nalus...) // they are not in the unit
				}
				want = append(want, u.PTS)
				for i, nalu := range nalus {
					payloads := [][]byte{nalu}
					if c.codec == flv.H264 && len(nalu) > 1000 {
						payloads = fragments(nalu, 1000)
					} else if len(nalu) > 1000 {
						payloads = fragmentsHEVC(nalu, 1000)
					}
					for k, p := range payloads {
						r.send(0, uint32(u.PTS*90/time.Millisecond), i == len(nalus)-1 && k == len(payloads)-1, p)
					}
				}
				r.wait(frameTime)
			}
			r.wait(silentTime)
			require.Equal(t, len(want), len(r.units))
			start := r.units[0].PTS - want[0]
			reordered := 0
			for i, u := range r.units {
				require.Equal(t, want[i], u.PTS-start)
				require.LessOrEqual(t, u.DTS, u.PTS, i)
				reordered += btoi(u.DTS < u.PTS)
				if i > 0 {
					require.Greater(t, u.DTS, r.units[i-1].DTS, i)
				}
				if i > 20 && i < len(want)-10 {
					require.InDelta(t, frameTime, u.DTS-r.units[i-1].DTS, float64(time.Millisecond), i)
				}
			}
			require.Equal(t, strings.Contains(c.params, "bframes=0"), reordered == 0)
		})
	}
}
