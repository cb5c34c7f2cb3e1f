package flv

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// fieldWriter writes the fields of parameter sets and slice headers.
type fieldWriter struct {
	b []byte
	n int
}

func (w *fieldWriter) u(bits int, v uint32) {
	for i := bits - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v>>i&1) << (7 - w.n%8)
		w.n++
	}
}

// ue writes an unsigned Exp-Golomb number. H.264, 9.1.
func (w *fieldWriter) ue(v uint32) {
	bits := 0
	for (v+1)>>(bits+1) > 0 {
		bits++
	}
	w.u(bits, 0)
	w.u(bits+1, v+1)
}

// interlacedSPS allows field pictures; frame_num and pic_order_cnt_lsb have 4 and 8 bits.
func interlacedSPS() []byte {
	var w fieldWriter
	w.u(24, 77<<16|30)
	for _, v := range []uint32{0, 0, 0, 4, 1} { // seq_parameter_set_id, log2_max_frame_num_minus4, POC type, its log2, reference frames
		w.ue(v)
	}
	w.u(1, 0)
	w.ue(39)
	w.ue(14)
	w.u(1+1+1, 1) // neither frame_mbs_only_flag nor mb_adaptive_frame_field_flag
	w.u(1+1+1, 1) // no cropping, no VUI, stop bit
	return append([]byte{0x67}, w.b...)
}

// testSlice is a slice header with the sets of interlacedSPS and ppsMain.
type testSlice struct {
	nal             byte
	firstMB         uint32
	frameNum        uint32
	field, bottom   bool
	order, idrPicID uint32
}

func (s testSlice) nalu() []byte {
	bit := func(b bool) uint32 {
		if b {
			return 1
		}
		return 0
	}
	var w fieldWriter
	w.ue(s.firstMB)
	w.ue(7)
	w.ue(0)
	w.u(4, s.frameNum)
	w.u(1, bit(s.field))
	if s.field {
		w.u(1, bit(s.bottom))
	}
	if s.nal&0x1F == 5 {
		w.ue(s.idrPicID)
	}
	w.u(8, s.order)
	w.u(16, 0xFFFF)
	w.u(16, 0xFFFF)
	return append([]byte{s.nal}, w.b...)
}

// An access unit says how many frames it holds: two fields are one, slices are one.
func TestFramesOfAnAccessUnit(t *testing.T) {
	slice := func(s testSlice) []byte { return s.nalu() }
	idrTop, idrBottom := testSlice{nal: 0x65, field: true}, testSlice{nal: 0x65, field: true, bottom: true, order: 1}
	pBottom := testSlice{nal: 0x41, field: true, bottom: true, order: 1}
	top, bottom := testSlice{nal: 0x41, frameNum: 1, field: true, order: 2}, testSlice{nal: 0x41, frameNum: 1, field: true, bottom: true, order: 3}
	lower := func(s testSlice) testSlice { s.firstMB = 200; return s }
	frame := testSlice{nal: 0x41, frameNum: 1, order: 2}
	next := testSlice{nal: 0x41, frameNum: 2, order: 4}
	for _, c := range []struct {
		name  string
		codec Codec
		parts [][]byte
		want  int
	}{
		{"frame, whole or MBAFF", H264, [][]byte{slice(testSlice{nal: 0x65})}, 1},
		{"slices", H264, [][]byte{slice(frame), slice(lower(frame))}, 1},
		{"slices in any order", H264, [][]byte{slice(lower(frame)), slice(frame)}, 1},
		{"IDR fields", H264, [][]byte{slice(idrTop), slice(idrBottom)}, 1},
		{"IDR field and P field", H264, [][]byte{slice(idrTop), slice(pBottom)}, 1},
		{"fields in slices", H264, [][]byte{slice(top), slice(lower(top)), slice(bottom), slice(lower(bottom))}, 1},
		{"bottom field first", H264, [][]byte{slice(bottom), slice(top)}, 1},
		{"one field", H264, [][]byte{slice(top)}, 1},
		{"two frames", H264, [][]byte{slice(frame), slice(next)}, 2},
		{"two frames in slices", H264, [][]byte{slice(frame), slice(lower(frame)), slice(next), slice(lower(next))}, 2},
		{"two frames, the second without its beginning", H264, [][]byte{slice(frame), slice(lower(next))}, 2},
		{"IDR frames with one idr_pic_id", H264, [][]byte{slice(testSlice{nal: 0x65}), slice(testSlice{nal: 0x65})}, 2},
		{"key frame and frame", H264, [][]byte{slice(testSlice{nal: 0x65}), slice(frame)}, 2},
		{"two frames of two fields", H264, [][]byte{slice(idrTop), slice(idrBottom), slice(top), slice(bottom)}, 2},
		{"frame and field", H264, [][]byte{slice(testSlice{nal: 0x65}), slice(top)}, 2},
		{"fields of one parity", H264, [][]byte{slice(top), slice(testSlice{nal: 0x41, frameNum: 2, field: true, order: 4})}, 2},
		{"250 frames", H264, bytes.SplitAfter(bytes.Repeat(append(slice(testSlice{nal: 0x65}), 0), 250), []byte{0}), 250},
		{"AUD", H264, [][]byte{aud}, 0},
		{"AUD, SEI, filler, end of sequence", H264, [][]byte{aud, {6, 1, 1, 0x80}, {12, 0xFF, 0x80}, {10}, {11}}, 0},
		{"partition A", H264, [][]byte{slice(testSlice{nal: 0x42})}, 1},
		{"another view", H264, [][]byte{{20, 0, 0, 0}}, 1},

		{"HEVC frame", HEVC, [][]byte{hevcIDR}, 1},
		{"HEVC segments", HEVC, [][]byte{hevcTrailR, {2, 1, 0x50, 0x80}}, 1},
		{"HEVC segment alone", HEVC, [][]byte{{2, 1, 0x50, 0x80}}, 1},
		{"two HEVC frames", HEVC, [][]byte{hevcIDR, hevcTrailR}, 2},
		{"HEVC of another layer", HEVC, [][]byte{{2, 9, 0xD0, 0x80}}, 1},
		{"HEVC frame in two layers", HEVC, [][]byte{hevcTrailR, {2, 9, 0xD0, 0x80}}, 1},
		{"HEVC AUD, SEI, filler, ends", HEVC, [][]byte{{70, 1, 0x50}, hevcCLL, {76, 1, 0x80}, {72, 1}, {74, 1}}, 0},

		{"AV1", AV1, [][]byte{body(av1Delim, av1Header, av1Key)}, 1},
		{"AV1 frames shown together", AV1, [][]byte{body(av1Delim, av1Inter, av1Inter)}, 1},
		{"two AV1 temporal units", AV1, [][]byte{body(av1Delim, av1Header, av1Key, av1Delim, av1Inter)}, 2},
		{"AV1 sequence header", AV1, [][]byte{body(av1Delim, av1Header)}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			track, err := NewVideoTrack(c.codec)
			require.NoError(t, err)
			if c.codec == H264 {
				_, err := track.Take([][]byte{interlacedSPS(), ppsMain})
				require.NoError(t, err)
				require.NotNil(t, track.Record())
			}
			u, err := track.Take(c.parts)
			require.NoError(t, err)
			require.Equal(t, c.want, u.Frames)
		})
	}
	track, err := NewVideoTrack(H264)
	require.NoError(t, err)
	u, err := track.Take([][]byte{slice(idrTop), slice(idrBottom)})
	require.NoError(t, err)
	require.Equal(t, 1, u.Frames, "without an SPS frames are not told from fields")
}

func TestJoinUnits(t *testing.T) {
	sei, filler, end := []byte{6, 1}, []byte{12, 0xFF}, []byte{10}
	for _, c := range []struct {
		name                 string
		codec                Codec
		earlier, parts, want [][]byte
	}{
		{"nothing", H264, nil, [][]byte{idr}, [][]byte{idr}},
		{"delimiter", H264, [][]byte{aud}, [][]byte{idr}, [][]byte{aud, idr}},
		{"two delimiters", H264, [][]byte{aud, aud}, [][]byte{aud, idr}, [][]byte{aud, idr}},
		{"SEI before a delimiter", H264, [][]byte{sei}, [][]byte{aud, idr}, [][]byte{aud, sei, idr}},
		{"all", H264, [][]byte{filler, end, sei, aud}, [][]byte{idr}, [][]byte{end, aud, filler, sei, idr}},
		{"HEVC", HEVC, [][]byte{{72, 1}, hevcCLL}, [][]byte{{70, 1, 0x50}, hevcIDR}, [][]byte{{72, 1}, {70, 1, 0x50}, hevcCLL, hevcIDR}},
		{"AV1", AV1, [][]byte{av1Header}, [][]byte{av1Key}, [][]byte{av1Header, av1Key}},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, c.codec.JoinUnits(nil, c.earlier, c.parts)) })
	}
}
