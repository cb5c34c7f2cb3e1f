package source

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// nal makes a NAL unit with a 4-byte start code.
func nal(b ...byte) []byte { return append([]byte{0, 0, 0, 1}, b...) }

// Slices for the SPS and PPS in record: 4 bits of frame_num, pic_order_cnt_type 2; the first bits are first_mb_in_slice, slice_type, PPS id.
var (
	sps     = append([]byte{0, 0, 0, 1}, record[8:34]...)
	pps     = append([]byte{0, 0, 1}, record[37:]...)
	idrPic  = nal(0x65, 0x88, 0x80, 0x40) // first_mb 0
	idrRest = nal(0x65, 0x28, 0x88, 0x04) // first_mb 4
	pPic    = nal(0x41, 0x9A, 0x20, 0x40) // frame_num 1
	audNAL  = nal(0x09, 0xF0)
	seiNAL  = nal(0x06, 5, 1, 0xAA, 0x80)
	endNAL  = nal(0x0A)
)

func TestAnnexBAccessUnits(t *testing.T) {
	for _, c := range []struct {
		name  string
		parts [][]byte
		nalus []int // per access unit
	}{
		{"plain", [][]byte{sps, pps, idrPic, pPic}, []int{3, 1}},
		{"AUD", [][]byte{audNAL, sps, pps, idrPic, audNAL, pPic}, []int{4, 2}},
		{"SEI", [][]byte{sps, pps, seiNAL, idrPic, seiNAL, pPic}, []int{4, 2}},
		{"repeated sets", [][]byte{sps, pps, idrPic, sps, pps, idrPic}, []int{3, 3}},
		{"equal IDR pictures", [][]byte{sps, pps, idrPic, idrPic, idrPic}, []int{3, 1, 1}},
		{"end of sequence stays with its picture", [][]byte{sps, pps, idrPic, endNAL, pPic}, []int{4, 1}},
		{"before the sets", [][]byte{pPic, pPic, sps, pps, idrPic}, []int{3}},
		{"trailing zeros", [][]byte{sps, pps, idrPic, make([]byte, 9), pPic, make([]byte, 5)}, []int{3, 1}},
		{"sets without a picture at the end", [][]byte{sps, pps, idrPic, sps, pps}, []int{3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := openAnnexB(memory(bytes.Join(c.parts, nil)), flv.H264, 0)
			require.NoError(t, err)
			units, err := readAll(t, m)
			require.NoError(t, err)
			var nalus []int
			for i, u := range units {
				nalus = append(nalus, u.nalus)
				require.Equal(t, time.Duration(i)*40*time.Millisecond, u.dts)
			}
			require.Equal(t, c.nalus, nalus)
			require.Equal(t, record, units[0].config)
			require.Equal(t, time.Duration(len(units))*40*time.Millisecond, m.end())
		})
	}
}

func TestAnnexBSlices(t *testing.T) {
	units, err := readAll(t, openData(t, "slices.h264"))
	require.NoError(t, err)
	require.Len(t, units, 10)
	require.Equal(t, 8, units[0].nalus, "AUD, SPS, PPS, SEI, 4 slices")
	for _, u := range units[1:] {
		require.Equal(t, 5, u.nalus, "AUD, 4 slices")
	}
	seen := map[time.Duration]bool{}
	for _, u := range units {
		require.GreaterOrEqual(t, u.pts, u.dts)
		require.False(t, seen[u.pts])
		seen[u.pts] = true
	}
}

func TestAnnexBFrameRate(t *testing.T) {
	for spec, dts := range map[string]time.Duration{
		"bframes.h264":                  33366666,
		"bframes.h264?fps=50":           20 * time.Millisecond,
		"bframes.h264?fps=24000%2F1001": 41708333,
		"bframes.h264?fps=0.5":          2 * time.Second,
	} {
		units, err := readAll(t, openData(t, spec))
		require.NoError(t, err)
		require.Equal(t, dts, units[1].dts, spec)
	}
}

func TestAnnexBUnitsAcrossReads(t *testing.T) {
	// Units larger than what is read at a time, with the start code at each place around the seam.
	for gap := readSize - 60; gap < readSize-20; gap++ {
		large := append(bytes.Clone(idrPic), bytes.Repeat([]byte{0x55}, gap)...)
		m, err := openAnnexB(memory(bytes.Join([][]byte{sps, pps, large, pPic, large, pPic}, nil)), flv.H264, 0)
		require.NoError(t, err)
		units, err := readAll(t, m)
		require.NoError(t, err)
		require.Len(t, units, 4, gap)
		require.Equal(t, units[2].size, len(large))
		require.Equal(t, units[3].size, len(pPic))
	}
}

func TestAnnexBErrors(t *testing.T) {
	huge := append(bytes.Join([][]byte{sps, pps, idrPic, pPic}, nil), bytes.Repeat([]byte{0x55}, maxAccessUnitSize+2*readSize)...)
	for _, c := range []struct {
		name string
		file []byte
		good int
		text string
	}{
		{"no sets", bytes.Join([][]byte{idrPic, pPic}, nil), 0, "no picture with its SPS and PPS in 16 bytes"},
		{"sets only", bytes.Join([][]byte{sps, pps}, nil), 0, "no picture with its SPS and PPS"},
		{"broken slice header", bytes.Join([][]byte{sps, pps, idrPic, nal(0x41)}, nil), 1, "bad slice header"},
		{"large", huge, 1, "is larger than 16777216 bytes"},
		{"many units", append(bytes.Join([][]byte{sps, pps, idrPic}, nil), bytes.Repeat(nal(0x0C), maxNALUs)...), 0, "more than 16384 NAL units"},
		{"no start code", []byte{1, 2, 3, 4}, 0, "no start code"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var units []unit
			m, err := openAnnexB(memory(c.file), flv.H264, 0)
			if err == nil {
				units, err = readAll(t, m)
			}
			require.ErrorIs(t, err, ErrBadMedia)
			require.ErrorContains(t, err, c.text)
			require.Len(t, units, c.good)
		})
	}
}

func FuzzAnnexB(f *testing.F) {
	f.Add(bytes.Join([][]byte{sps, pps, idrPic, idrRest, pPic, audNAL, pPic}, nil))
	for _, name := range []string{"slices.h264", "bframes.h264"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		drain(t, b, func(in *input) (medium, error) { return openAnnexB(in, flv.H264, 0) })
		// No byte of a NAL unit is lost: the access units hold what the units of the whole file are.
		s, err := newSplitter(memory(b), flv.H264, nil)
		require.NoError(t, err)
		total := 0
		for {
			p, err := s.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return
			}
			for _, nalu := range p.nalus {
				total += len(nalu)
			}
		}
		require.LessOrEqual(t, total, len(b))
	})
}
