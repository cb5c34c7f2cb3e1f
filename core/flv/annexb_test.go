package flv

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

var annexBCases = []struct {
	name  string
	au    []byte
	nalus [][]byte
}{
	{"4-byte start code", []byte{0, 0, 0, 1, 0x65, 0xAA}, [][]byte{{0x65, 0xAA}}},
	{"3-byte start code", []byte{0, 0, 1, 0x65, 0xAA}, [][]byte{{0x65, 0xAA}}},
	{"leading zeros", []byte{0, 0, 0, 0, 0, 0, 1, 0x65}, [][]byte{{0x65}}},
	{"mixed start codes", []byte{0, 0, 0, 1, 9, 0xF0, 0, 0, 1, 0x65, 1, 2, 0, 0, 0, 1, 0x65, 3}, [][]byte{{9, 0xF0}, {0x65, 1, 2}, {0x65, 3}}},
	{"trailing zeros", []byte{0, 0, 1, 0x65, 1, 0, 0, 0, 0, 0, 1, 0x41, 2, 0, 0, 0}, [][]byte{{0x65, 1}, {0x41, 2}}},
	{"ones that are no start code", []byte{0, 0, 1, 1, 1, 0, 1, 0, 2, 1, 0, 0, 3, 1}, [][]byte{{1, 1, 0, 1, 0, 2, 1, 0, 0, 3, 1}}},
	{"empty units", []byte{0, 0, 1, 0, 0, 1, 0, 0, 1, 0x65}, [][]byte{{0x65}}},
	{"start code only", []byte{0, 0, 1}, nil},
	{"one-byte units", []byte{0, 0, 1, 5, 0, 0, 1, 6, 0, 0, 1}, [][]byte{{5}, {6}}},
}

func TestSplitAnnexB(t *testing.T) {
	for _, c := range annexBCases {
		t.Run(c.name, func(t *testing.T) {
			nalus, err := SplitAnnexB(nil, c.au)
			require.NoError(t, err)
			require.Equal(t, c.nalus, nalus)
		})
	}
}

func TestSplitAnnexBErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		au   []byte
		text string
	}{
		{"empty", nil, "it is empty"},
		{"length prefix", []byte{0, 0, 0, 2, 0x65, 0xAA}, "begins with 00 00 00 02 65 aa"},
		{"one zero", []byte{0, 1, 0x65}, "begins with 00 01 65"},
		{"zeros only", []byte{0, 0, 0, 0}, "begins with 00 00 00 00"},
		{"raw unit", []byte{0x65, 0, 0, 1, 0x65}, "begins with 65 00 00 01 65"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := SplitAnnexB(nil, c.au)
			require.ErrorIs(t, err, ErrNoStartCode)
			require.ErrorContains(t, err, c.text)
		})
	}
}

func TestSplitAnnexBAppendsWithoutAllocating(t *testing.T) {
	au := annexBCases[3].au
	dst := make([][]byte, 0, 8)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		var err error
		if dst, err = SplitAnnexB(dst[:0], au); err != nil || len(dst) != 3 {
			panic("wrong split")
		}
	}))
	dst[0] = append(dst[0], 0xFF) // an appended byte does not reach the next unit
	require.Equal(t, annexBCases[3].nalus[1], dst[1])
	require.Equal(t, byte(0), au[6])
}

// naiveSplit is the byte stream's definition, byte by byte: H.264, B.1.
func naiveSplit(au []byte) (nalus [][]byte) {
	var starts []int
	for i := 0; i+3 <= len(au); i++ {
		if au[i] == 0 && au[i+1] == 0 && au[i+2] == 1 {
			starts = append(starts, i)
			i += 2
		}
	}
	for i, start := range starts {
		end := len(au)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		if nalu := bytes.TrimRight(au[start+3:end], "\x00"); len(nalu) > 0 {
			nalus = append(nalus, nalu)
		}
	}
	return nalus
}

func FuzzSplitAnnexB(f *testing.F) {
	for _, c := range annexBCases {
		f.Add(c.au)
	}
	f.Fuzz(func(t *testing.T, au []byte) {
		nalus, err := SplitAnnexB(nil, au)
		if err != nil {
			require.ErrorIs(t, err, ErrNoStartCode)
			return
		}
		require.Equal(t, naiveSplit(au), nalus)
	})
}

func BenchmarkSplitAnnexB(b *testing.B) {
	au := make([]byte, 100_000)
	x := uint32(1)
	for i := range au { // like coded video: even bytes, no start codes
		x = x*1664525 + 1013904223
		au[i] = byte(x>>24) | byte(i&1)
	}
	copy(au, []byte{0, 0, 0, 1, 0x65})
	b.SetBytes(int64(len(au)))
	dst := make([][]byte, 0, 4)
	for b.Loop() {
		dst, _ = SplitAnnexB(dst[:0], au)
	}
}

// Start codes are found wherever they stand in what is looked at together, and nothing else is taken for one.
func TestNextStartCodeEverywhere(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	naive := func(b []byte, pos int) (end, next int) {
		end, next = len(b), -1
		if i := bytes.Index(b[pos:], []byte{0, 0, 1}); i >= 0 {
			end, next = pos+i, pos+i+3
		}
		return pos + len(bytes.TrimRight(b[pos:end], "\x00")), next
	}
	for range 20_000 {
		b := make([]byte, random.IntN(300))
		values := 2 + random.IntN(6) // few: start codes are dense
		for i := range b {
			if b[i] = byte(random.IntN(values)); random.IntN(2) == 0 {
				b[i] = byte(random.IntN(256)) & 0x81
			}
		}
		pos := random.IntN(len(b) + 1)
		end, next := NextStartCode(b, pos)
		wantEnd, wantNext := naive(b, pos)
		require.Equal(t, []int{wantEnd, wantNext}, []int{end, next}, "%x from %d", b, pos)
	}
	b := bytes.Repeat([]byte{0xFF}, 400)
	for pos := range 70 {
		for at := pos; at+3 <= len(b); at++ {
			copy(b[at:], []byte{0, 0, 1})
			end, next := NextStartCode(b, pos)
			require.Equal(t, []int{at, at + 3}, []int{end, next})
			copy(b[at:], []byte{0xFF, 0xFF, 0xFF})
		}
	}
}
