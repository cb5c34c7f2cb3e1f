package flv

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var avccCases = []struct {
	name       string
	lengthSize int
	au         []byte
	nalus      [][]byte
}{
	{"4 bytes", 4, []byte{0, 0, 0, 2, 0x65, 1, 0, 0, 0, 1, 0x41}, [][]byte{{0x65, 1}, {0x41}}},
	{"2 bytes", 2, []byte{0, 2, 0x65, 1, 0, 1, 0x41}, [][]byte{{0x65, 1}, {0x41}}},
	{"1 byte", 1, []byte{2, 0x65, 1, 1, 0x41}, [][]byte{{0x65, 1}, {0x41}}},
	{"empty unit", 1, []byte{0, 1, 0x41, 0}, [][]byte{{0x41}}},
	{"empty", 4, nil, nil},
	{"start codes within a length", 4, []byte{0, 0, 0, 11, 9, 0x10, 0, 0, 0, 1, 0x65, 0x88, 0, 0, 1, 0, 0, 0, 1, 0x41}, [][]byte{{9, 0x10}, {0x65, 0x88}, {0x41}}},
	{"a start code behind a length", 2, []byte{0, 5, 0, 0, 1, 0x65, 0x88, 0, 2, 0x41, 0}, [][]byte{{0x65, 0x88}, {0x41, 0}}},
	{"start codes within a length of 1 byte", 1, []byte{6, 0x65, 0, 0, 1, 0x41, 2, 2, 0x41, 3}, [][]byte{{0x65}, {0x41, 2}, {0x41, 3}}},
	{"start codes in place of lengths", 4, []byte{0, 0, 0, 1, 9, 0x10, 0, 0, 0, 1, 0x65, 0x88, 0, 0, 1, 0x65, 0x89}, [][]byte{{9, 0x10}, {0x65, 0x88}, {0x65, 0x89}}},
	{"a length of 1 is no start code", 4, []byte{0, 0, 0, 1, 9, 0, 0, 0, 2, 0x65, 0x88}, [][]byte{{9}, {0x65, 0x88}}},
}

func TestSplitAVCC(t *testing.T) {
	for _, c := range avccCases {
		t.Run(c.name, func(t *testing.T) {
			nalus, err := SplitAVCC(nil, c.au, c.lengthSize)
			require.NoError(t, err)
			require.Equal(t, c.nalus, nalus)
		})
	}
}

func TestSplitAVCCErrors(t *testing.T) {
	for _, c := range []struct {
		name       string
		lengthSize int
		au         []byte
		good       int
		text       string
	}{
		{"length size", 3, []byte{0, 0, 1, 0x65}, 0, "length size 3"},
		{"cut length", 4, []byte{0, 0, 0, 2, 0x65, 1, 0, 0}, 1, "2 bytes left at 6 of 8, a length has 4"},
		{"beyond", 4, []byte{0, 0, 0, 2, 0x65, 1, 0, 0, 0, 9, 1}, 1, "9 at 6, but 1 bytes follow"},
		{"huge", 4, []byte{0xFF, 0xFF, 0xFF, 0xFF, 1}, 0, "4294967295 at 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			nalus, err := SplitAVCC(nil, c.au, c.lengthSize)
			require.ErrorIs(t, err, ErrBadLength)
			require.ErrorContains(t, err, c.text)
			require.Len(t, nalus, c.good)
		})
	}
}

func FuzzSplitAVCC(f *testing.F) {
	for _, c := range avccCases {
		f.Add(c.au, uint8(c.lengthSize))
	}
	f.Fuzz(func(t *testing.T, au []byte, lengthSize uint8) {
		nalus, err := SplitAVCC(nil, au, int(lengthSize))
		if err != nil {
			require.ErrorIs(t, err, ErrBadLength)
		}
		total := 0
		for _, nalu := range nalus {
			require.NotEmpty(t, nalu)
			total += len(nalu) + min(int(lengthSize), startCodeSize)
		}
		require.LessOrEqual(t, total, len(au))
	})
}

func TestLengthSize(t *testing.T) {
	for _, c := range []struct {
		codec  Codec
		record []byte
		size   int
	}{{H264, recordMain, 4}, {HEVC, hevcMain, 4}, {H264, []byte{1, 0, 0, 0, 0xFD}, 2}, {HEVC, make([]byte, 23), 1}} {
		size, err := LengthSize(c.codec, c.record)
		require.NoError(t, err)
		require.Equal(t, c.size, size)
	}
	for _, c := range []struct {
		codec  Codec
		record []byte
	}{{H264, nil}, {H264, make([]byte, 9)}, {H264, []byte{1, 0, 0, 0, 2}}, {HEVC, hevcMain[:21]}, {HEVC, body(2, hevcMain[1:])}, {AV1, av1Main}} {
		_, err := LengthSize(c.codec, c.record)
		require.ErrorIs(t, err, ErrBadConfig)
	}
}
