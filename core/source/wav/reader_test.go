package wav

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

func FuzzWAV(f *testing.F) {
	for _, name := range []string{"alaw.wav", "mulaw.wav", "pcm.wav"} {
		f.Add(mediatest.File(f, name)[:600])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		mediatest.Drain(t, b, Open)
		mediatest.DrainAll(t, b, Open)
	})
}

func TestWAVForms(t *testing.T) {
	le := func(v uint64, n int) (b []byte) {
		for i := range n {
			b = append(b, byte(v>>(8*i)))
		}
		return b
	}
	chunk := func(name string, size uint32, data ...[]byte) []byte {
		return append(append([]byte(name), le(uint64(size), 4)...), bytes.Join(data, nil)...)
	}
	format := func(tag, channels, rate uint64) []byte {
		return chunk("fmt ", 16, le(tag, 2), le(channels, 2), le(rate, 4), le(rate*channels, 4), le(channels, 2), le(8, 2))
	}
	extensible := chunk("fmt ", 40, le(0xFFFE, 2), le(1, 2), le(8000, 4), le(8000, 4), le(1, 2), le(8, 2), le(22, 2), le(8, 2), le(4, 4), le(7, 2), make([]byte, 14))
	data := make([]byte, 400)
	wav := func(chunks ...[]byte) []byte {
		return append([]byte("RIFF\x00\x00\x00\x00WAVE"), bytes.Join(chunks, nil)...)
	}
	for _, c := range []struct {
		name  string
		file  []byte
		codec flv.Codec
		sizes []int
		err   error
		text  string
	}{
		{"plain", wav(format(6, 1, 8000), chunk("data", 400, data)), flv.PCMA, []int{160, 160, 80}, nil, ""},
		{"odd chunk in front", wav(chunk("LIST", 3, []byte("abc\x00")), format(7, 2, 8000), chunk("data", 400, data)), flv.PCMU, []int{320, 80}, nil, ""},
		{"extensible", wav(extensible, chunk("data", 160, data)), flv.PCMU, []int{160}, nil, ""},
		{"size unknown", wav(format(6, 1, 8000), chunk("data", 0xFFFFFFFF, data)), flv.PCMA, []int{160, 160, 80}, nil, ""},
		{"chunk behind", wav(format(6, 1, 8000), chunk("data", 160, data[:160]), chunk("LIST", 2, []byte("ab"))), flv.PCMA, []int{160}, nil, ""},
		{"cut", wav(format(6, 1, 8000), chunk("data", 500, data)), flv.PCMA, []int{160, 160, 80}, media.ErrTruncated, "frame at offset 444 needs 100 bytes, 0 are left"},
		{"no data", wav(format(6, 1, 8000)), 0, nil, media.ErrTruncated, "chunk header at offset 36"},
		{"empty data at the end", wav(format(6, 1, 8000), chunk("data", 0)), 0, nil, media.ErrBadMedia, "data chunk at offset 44 is empty"},
		{"data first", wav(chunk("data", 160, data), format(6, 1, 8000)), 0, nil, media.ErrBadMedia, "before the fmt chunk"},
		{"short format", wav(chunk("fmt ", 8, le(6, 2), le(1, 2), le(8000, 4)), chunk("data", 160, data)), 0, nil, media.ErrBadMedia, "fmt chunk at offset 20 of 8 bytes"},
		{"16 kHz", wav(format(6, 1, 16000), chunk("data", 160, data)), 0, nil, media.ErrUnsupported, "-ar 8000 -ac 1"},
		{"MP3", wav(format(0x55, 1, 8000), chunk("data", 160, data)), 0, nil, media.ErrUnsupported, "WAV with MP3"},
		{"unknown", wav(format(0x1234, 1, 8000), chunk("data", 160, data)), 0, nil, media.ErrUnsupported, "WAV with format 0x1234"},
		{"many chunks", wav(bytes.Repeat(chunk("junk", 0), maxRIFFChunks+1)), 0, nil, media.ErrBadMedia, "no data in the first 1024 chunks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			units, err := mediatest.OpenAndRead(t, mediatest.Memory(c.file), Open)
			require.ErrorIs(t, err, c.err)
			if c.err != nil {
				require.ErrorContains(t, err, c.text)
			}
			require.Len(t, units, len(c.sizes))
			for i, size := range c.sizes {
				require.Equal(t, size, units[i].Size)
				require.Equal(t, c.codec, units[i].Codec)
				require.Equal(t, time.Duration(i)*20*time.Millisecond, units[i].DTS)
			}
		})
	}
}
