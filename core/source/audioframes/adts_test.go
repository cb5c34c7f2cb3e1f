package audioframes

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

func TestADTS(t *testing.T) {
	low := bytes.Clone(mediatest.ADTSFrame)
	low[2] = 0x58 // 24000 Hz
	tagged := append([]byte("ID3\x04\x00\x00\x00\x00\x00\x02.."), mediatest.ADTSFrame...)
	for _, c := range []struct {
		name  string
		file  []byte
		times string
		End   time.Duration
	}{
		{"frames", bytes.Repeat(mediatest.ADTSFrame, 4), "0s/0s 21.333333ms/21.333333ms 42.666666ms/42.666666ms 64ms/64ms ", 85333333},
		{"ID3 tag", tagged, "0s/0s ", 21333333},
		{"cut frame", append(bytes.Clone(mediatest.ADTSFrame), mediatest.ADTSFrame[:8]...), "0s/0s ", 21333333},
		{"cut header", append(bytes.Clone(mediatest.ADTSFrame), mediatest.ADTSFrame[:3]...), "0s/0s ", 21333333},
		{"garbage", append(bytes.Clone(mediatest.ADTSFrame), "TAG......."...), "0s/0s ", 21333333},
		{"AAC Main", append([]byte{0xFF, 0xF1, 0x0C}, mediatest.ADTSFrame[3:]...), "0s/0s ", 21333333},
		{"new rate", append(bytes.Clone(mediatest.ADTSFrame), append(bytes.Clone(low), low...)...), "0s/0s 21.333333ms/21.333333ms 63.999999ms/63.999999ms ", 106666666},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Open(mediatest.Memory(c.file), ADTS)
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, m)
			require.NoError(t, err)
			require.Equal(t, c.times, mediatest.Times(units))
			require.Equal(t, c.End, m.End())
		})
	}
	for _, c := range []struct {
		name string
		file []byte
		good int
		err  error
		text string
	}{
		{"only a tag", []byte("ID3\x04\x00\x10\x00\x00\x00\x02.."), 0, media.ErrBadMedia, "no ADTS frame"},
		{"short", mediatest.ADTSFrame[:4], 0, media.ErrTruncated, "4 are left"},
	} {
		t.Run(c.name, func(t *testing.T) {
			units, err := mediatest.OpenAndRead(t, mediatest.Memory(c.file), func(in *media.Input) (media.Reader, error) { return Open(in, ADTS) })
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
			require.Len(t, units, c.good)
		})
	}
}

func FuzzADTS(f *testing.F) {
	f.Add(bytes.Repeat(mediatest.ADTSFrame, 3))
	f.Add(append([]byte("ID3\x04\x00\x00\x00\x00\x00\x02.."), mediatest.ADTSFrame...))
	f.Fuzz(func(t *testing.T, b []byte) {
		mediatest.Drain(t, b, func(in *media.Input) (media.Reader, error) { return Open(in, ADTS) })
	})
}
