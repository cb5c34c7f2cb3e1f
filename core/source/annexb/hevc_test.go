package annexb

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

func TestHEVCAccessUnits(t *testing.T) {
	sets := mediatest.HEVCSetsOf(t, "bframes.h265")
	var (
		first = mediatest.NAL(0x26, 1, 0xAF, 0x08) // IDR_W_RADL, first segment
		rest  = mediatest.NAL(0x26, 1, 0x2F, 0x08) // another one of the same picture
		trail = mediatest.NAL(0x02, 1, 0xD0, 0x08) // TRAIL_R
		aud   = mediatest.NAL(0x46, 1, 0x50)
		sei   = mediatest.NAL(0x4E, 1, 5, 1, 0xAA, 0x80)
		after = mediatest.NAL(0x50, 1, 5, 1, 0xAA, 0x80) // suffix SEI
		eos   = mediatest.NAL(0x48, 1)
		layer = mediatest.NAL(0x02, 9, 0xD0, 0x08) // a slice of layer 1
		resvd = mediatest.NAL(0x52, 1, 0x80)       // RSV_NVCL41
		unspc = mediatest.NAL(0x70, 1, 0x80)       // UNSPEC56
	)
	for _, c := range []struct {
		name  string
		parts [][]byte
		nalus []int // per access unit
	}{
		{"plain", [][]byte{sets, first, trail, trail}, []int{4, 1, 1}},
		{"segments", [][]byte{sets, first, rest, rest, trail}, []int{6, 1}},
		{"delimiters", [][]byte{aud, sets, first, aud, trail}, []int{5, 2}},
		{"SEI in front and behind", [][]byte{sets, sei, first, after, sei, trail, after}, []int{6, 3}},
		{"repeated sets", [][]byte{sets, first, sets, first}, []int{4, 4}},
		{"end of sequence stays with its picture", [][]byte{sets, first, eos, trail}, []int{5, 1}},
		{"another layer stays with its picture", [][]byte{sets, first, layer, trail, layer}, []int{5, 2}},
		{"reserved in front, unspecified behind", [][]byte{sets, first, unspc, resvd, trail}, []int{5, 2}},
		{"before the sets", [][]byte{trail, trail, sets, first}, []int{4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Open(mediatest.Memory(bytes.Join(c.parts, nil)), flv.HEVC, 0)
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, m)
			require.NoError(t, err)
			var nalus []int
			for i, u := range units {
				nalus = append(nalus, u.NALUs)
				require.Equal(t, time.Duration(i)*40*time.Millisecond, u.DTS)
			}
			require.Equal(t, c.nalus, nalus)
			require.Equal(t, time.Duration(len(units))*40*time.Millisecond, m.End())
		})
	}
}

func TestHEVCErrors(t *testing.T) {
	sets := mediatest.HEVCSetsOf(t, "bframes.h265")
	first := mediatest.NAL(0x26, 1, 0xAF, 0x08)
	for _, c := range []struct {
		name string
		file []byte
		good int
		text string
	}{
		{"no sets", bytes.Join([][]byte{first, first}, nil), 0, "no picture with its SPS and PPS in 16 bytes of hevc"},
		{"sets only", sets, 0, "no picture with its SPS and PPS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			units, err := mediatest.OpenAndRead(t, mediatest.Memory(c.file), func(in *media.Input) (media.Reader, error) { return Open(in, flv.HEVC, 0) })
			require.ErrorIs(t, err, media.ErrBadMedia)
			require.ErrorContains(t, err, c.text)
			require.Len(t, units, c.good)
		})
	}
}

func FuzzHEVC(f *testing.F) {
	f.Add(mediatest.File(f, "bframes.h265"))
	f.Add(append(mediatest.HEVCSetsOf(f, "bframes.h265"), mediatest.NAL(0x26, 1, 0xAF, 0x08)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		open := func(in *media.Input) (media.Reader, error) { return Open(in, flv.HEVC, 0) }
		mediatest.Drain(t, b, open)
		mediatest.DrainAll(t, b, open)
	})
}
