package rtp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
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
