package annexb

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

func TestAnnexBAccessUnits(t *testing.T) {
	for _, c := range []struct {
		name  string
		parts [][]byte
		nalus []int // per access unit
	}{
		{"plain", [][]byte{mediatest.SPS, mediatest.PPS, mediatest.IDR, mediatest.P}, []int{3, 1}},
		{"AUD", [][]byte{mediatest.AUD, mediatest.SPS, mediatest.PPS, mediatest.IDR, mediatest.AUD, mediatest.P}, []int{4, 2}},
		{"SEI", [][]byte{mediatest.SPS, mediatest.PPS, mediatest.SEI, mediatest.IDR, mediatest.SEI, mediatest.P}, []int{4, 2}},
		{"repeated sets", [][]byte{mediatest.SPS, mediatest.PPS, mediatest.IDR, mediatest.SPS, mediatest.PPS, mediatest.IDR}, []int{3, 3}},
		{"equal IDR pictures", [][]byte{mediatest.SPS, mediatest.PPS, mediatest.IDR, mediatest.IDR, mediatest.IDR}, []int{3, 1, 1}},
		{"end of sequence stays with its picture", [][]byte{mediatest.SPS, mediatest.PPS, mediatest.IDR, mediatest.EndOfSequence, mediatest.P}, []int{4, 1}},
		{"before the sets", [][]byte{mediatest.P, mediatest.P, mediatest.SPS, mediatest.PPS, mediatest.IDR}, []int{3}},
		{"trailing zeros", [][]byte{mediatest.SPS, mediatest.PPS, mediatest.IDR, make([]byte, 9), mediatest.P, make([]byte, 5)}, []int{3, 1}},
		{"sets without a picture at the end", [][]byte{mediatest.SPS, mediatest.PPS, mediatest.IDR, mediatest.SPS, mediatest.PPS}, []int{3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Open(mediatest.Memory(bytes.Join(c.parts, nil)), flv.H264, 0)
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, m)
			require.NoError(t, err)
			var nalus []int
			for i, u := range units {
				nalus = append(nalus, u.NALUs)
				require.Equal(t, time.Duration(i)*40*time.Millisecond, u.DTS)
			}
			require.Equal(t, c.nalus, nalus)
			require.Equal(t, mediatest.AVCRecord, units[0].Config)
			require.Equal(t, time.Duration(len(units))*40*time.Millisecond, m.End())
		})
	}
}

func TestAnnexBSlices(t *testing.T) {
	m, err := Open(mediatest.Memory(mediatest.File(t, "slices.h264")), flv.H264, 0)
	require.NoError(t, err)
	units, err := mediatest.ReadAll(t, m)
	require.NoError(t, err)
	require.Len(t, units, 10)
	require.Equal(t, 8, units[0].NALUs, "AUD, SPS, PPS, SEI, 4 slices")
	for _, u := range units[1:] {
		require.Equal(t, 5, u.NALUs, "AUD, 4 slices")
	}
	seen := map[time.Duration]bool{}
	for _, u := range units {
		require.GreaterOrEqual(t, u.PTS, u.DTS)
		require.False(t, seen[u.PTS])
		seen[u.PTS] = true
	}
}

func TestAnnexBUnitsAcrossReads(t *testing.T) {
	// Units larger than what is read at a time, with the start code at each place around the seam.
	for gap := media.ReadSize - 60; gap < media.ReadSize-20; gap++ {
		large := append(bytes.Clone(mediatest.IDR), bytes.Repeat([]byte{0x55}, gap)...)
		m, err := Open(mediatest.Memory(bytes.Join([][]byte{mediatest.SPS, mediatest.PPS, large, mediatest.P, large, mediatest.P}, nil)), flv.H264, 0)
		require.NoError(t, err)
		units, err := mediatest.ReadAll(t, m)
		require.NoError(t, err)
		require.Len(t, units, 4, gap)
		require.Equal(t, units[2].Size, len(large))
		require.Equal(t, units[3].Size, len(mediatest.P))
	}
}

func TestAnnexBErrors(t *testing.T) {
	huge := append(bytes.Join([][]byte{mediatest.SPS, mediatest.PPS, mediatest.IDR, mediatest.P}, nil), bytes.Repeat([]byte{0x55}, MaxAccessUnitSize+2*media.ReadSize)...)
	for _, c := range []struct {
		name string
		file []byte
		good int
		text string
	}{
		{"no sets", bytes.Join([][]byte{mediatest.IDR, mediatest.P}, nil), 0, "no picture with its SPS and PPS in 16 bytes"},
		{"sets only", bytes.Join([][]byte{mediatest.SPS, mediatest.PPS}, nil), 0, "no picture with its SPS and PPS"},
		{"large", huge, 1, "is larger than 16777216 bytes"},
		{"many units", append(bytes.Join([][]byte{mediatest.SPS, mediatest.PPS, mediatest.IDR}, nil), bytes.Repeat(mediatest.NAL(0x0C), maxNALUs)...), 0, "more than 16384 NAL units"},
		{"no start code", []byte{1, 2, 3, 4}, 0, "no start code"},
	} {
		t.Run(c.name, func(t *testing.T) {
			units, err := mediatest.OpenAndRead(t, mediatest.Memory(c.file), func(in *media.Input) (media.Reader, error) { return Open(in, flv.H264, 0) })
			require.ErrorIs(t, err, media.ErrBadMedia)
			require.ErrorContains(t, err, c.text)
			require.Len(t, units, c.good)
		})
	}
}

// A NAL unit that cannot be read costs no more than itself, as in FFmpeg.
func TestAnnexBLeavesOutBrokenNALUnits(t *testing.T) {
	avc := bytes.Join([][]byte{mediatest.SPS, mediatest.PPS, mediatest.IDR}, nil)
	hevc := append(mediatest.HEVCSetsOf(t, "bframes.h265"), mediatest.NAL(0x26, 1, 0xAF, 0x08)...)
	for _, c := range []struct {
		name       string
		codec      flv.Codec
		begin      []byte
		bad, again []byte // again is a frame that follows
	}{
		{"H.264, header only", flv.H264, avc, mediatest.NAL(0x41), mediatest.P},
		{"HEVC, half a header", flv.HEVC, hevc, mediatest.NAL(0x02), mediatest.NAL(0x26, 1, 0xAF, 0x08)},
		{"HEVC, header only", flv.HEVC, hevc, mediatest.NAL(0x02, 1), mediatest.NAL(0x26, 1, 0xAF, 0x08)},
		{"HEVC, cut slice header", flv.HEVC, hevc, mediatest.NAL(0x02, 1, 0x80), mediatest.NAL(0x26, 1, 0xAF, 0x08)},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := mediatest.Memory(bytes.Join([][]byte{c.begin, c.bad, c.bad, c.again, c.bad}, nil))
			var warnings []string
			in.Warn = func(text string) { warnings = append(warnings, text) }
			m, err := Open(in, c.codec, 0)
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, m)
			require.NoError(t, err)
			require.Len(t, units, 2)
			require.Len(t, warnings, 1)
			require.Contains(t, warnings[0], "is left out")
		})
	}
}

// Pieces of recordings begin anywhere: the pictures from the first parameter sets on are read.
func TestAnnexBPieces(t *testing.T) {
	avc := twoGOPs(t)
	for _, c := range []struct {
		name   string
		codec  flv.Codec
		format string
		file   []byte
		frames int
	}{
		{"inside of a NAL unit", flv.H264, H264.Name, avc[100:], 25},
		{"rubbish in front", flv.H264, H264.Name, append(bytes.Repeat([]byte{0xAB, 0xCD}, 50_000), avc...), 50},
		{"HEVC, rubbish in front", flv.HEVC, HEVC.Name, append([]byte("xyz"), mediatest.File(t, "bframes.h265")...), 25},
	} {
		t.Run(c.name, func(t *testing.T) {
			format, ok := FindFormat(mediatest.Memory(c.file))
			require.True(t, ok)
			require.Equal(t, c.format, format.Name)
			in := mediatest.Memory(c.file)
			var warnings []string
			in.Warn = func(text string) { warnings = append(warnings, text) }
			m, err := format.Open(in)
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, m)
			require.NoError(t, err)
			require.Len(t, units, c.frames)
			require.Len(t, warnings, 1)
			require.Contains(t, warnings[0], "begins inside a NAL unit")
		})
	}
	for name, file := range map[string][]byte{
		"text":              []byte("no start code at all"),
		"start codes":       bytes.Repeat([]byte{5, 0, 0, 1, 9, 0x10}, 1000),
		"program stream":    append([]byte{9, 0, 0, 1, 0xBA, 0x44}, avc...),
		"far from anything": append(bytes.Repeat([]byte{0xFF}, maxLeadIn), avc...),
	} {
		_, ok := FindFormat(mediatest.Memory(file))
		require.False(t, ok, name)
	}
}

// twoGOPs returns two seconds of H.264, with parameter sets in front of both key frames.
func twoGOPs(t *testing.T) []byte {
	return mediatest.Encode(t, "a.h264", "-c:v", "libx264", "-preset", "ultrafast", "-x264-params", "keyint=25:bframes=0:repeat-headers=1")
}

func FuzzAnnexB(f *testing.F) {
	f.Add(bytes.Join([][]byte{mediatest.SPS, mediatest.PPS, mediatest.IDR, mediatest.IDRRest, mediatest.P, mediatest.AUD, mediatest.P}, nil))
	for _, name := range []string{"slices.h264", "bframes.h264"} {
		b, err := os.ReadFile(mediatest.Path(name))
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		mediatest.Drain(t, b, func(in *media.Input) (media.Reader, error) { return Open(in, flv.H264, 0) })
		// No byte of a NAL unit is lost: the access units hold what the units of the whole file are.
		s, err := newSplitter(mediatest.Memory(b), flv.H264, nil)
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
