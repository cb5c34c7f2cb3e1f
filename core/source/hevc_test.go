package source

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// hevcSetsOf returns VPS, SPS and PPS of a file, each with its start code.
func hevcSetsOf(t testing.TB, name string) []byte {
	nalus, err := flv.SplitAnnexB(nil, testFile(t, name))
	require.NoError(t, err)
	var sets []byte
	for _, nalu := range nalus {
		if typ := nalu[0] >> 1; typ >= 32 && typ <= 34 {
			sets = append(sets, nal(nalu...)...)
		}
		if len(sets) > 0 && nalu[0]>>1 < 32 {
			break
		}
	}
	require.NotEmpty(t, sets)
	return sets
}

func TestHEVCAccessUnits(t *testing.T) {
	sets := hevcSetsOf(t, "bframes.h265")
	var (
		first = nal(0x26, 1, 0xAF, 0x08) // IDR_W_RADL, first segment
		rest  = nal(0x26, 1, 0x2F, 0x08) // another one of the same picture
		trail = nal(0x02, 1, 0xD0, 0x08) // TRAIL_R
		aud   = nal(0x46, 1, 0x50)
		sei   = nal(0x4E, 1, 5, 1, 0xAA, 0x80)
		after = nal(0x50, 1, 5, 1, 0xAA, 0x80) // suffix SEI
		eos   = nal(0x48, 1)
		layer = nal(0x02, 9, 0xD0, 0x08) // a slice of layer 1
		resvd = nal(0x52, 1, 0x80)       // RSV_NVCL41
		unspc = nal(0x70, 1, 0x80)       // UNSPEC56
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
			m, err := openAnnexB(memory(bytes.Join(c.parts, nil)), flv.HEVC, 0)
			require.NoError(t, err)
			units, err := readAll(t, m)
			require.NoError(t, err)
			var nalus []int
			for i, u := range units {
				nalus = append(nalus, u.nalus)
				require.Equal(t, time.Duration(i)*40*time.Millisecond, u.dts)
			}
			require.Equal(t, c.nalus, nalus)
			require.Equal(t, time.Duration(len(units))*40*time.Millisecond, m.end())
		})
	}
}

func TestHEVCErrors(t *testing.T) {
	sets := hevcSetsOf(t, "bframes.h265")
	first := nal(0x26, 1, 0xAF, 0x08)
	for _, c := range []struct {
		name string
		file []byte
		good int
		text string
	}{
		{"no sets", bytes.Join([][]byte{first, first}, nil), 0, "no picture with its SPS and PPS in 16 bytes of hevc"},
		{"short NAL unit", bytes.Join([][]byte{sets, first, nal(0x02)}, nil), 1, "NAL unit of 1 bytes"},
		{"empty slice", bytes.Join([][]byte{sets, first, nal(0x02, 1)}, nil), 1, "bad slice header"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var units []unit
			m, err := openAnnexB(memory(c.file), flv.HEVC, 0)
			if err == nil {
				units, err = readAll(t, m)
			}
			require.ErrorIs(t, err, ErrBadMedia)
			require.ErrorContains(t, err, c.text)
			require.Len(t, units, c.good)
		})
	}
}

func FuzzHEVC(f *testing.F) {
	f.Add(testFile(f, "bframes.h265"))
	f.Add(append(hevcSetsOf(f, "bframes.h265"), nal(0x26, 1, 0xAF, 0x08)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		open := func(in *input) (medium, error) { return openAnnexB(in, flv.HEVC, 0) }
		drain(t, b, open)
		drainAll(t, b, open)
	})
}
