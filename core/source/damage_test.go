package source

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// mediaFiles are all files of the test data.
func mediaFiles(t testing.TB) []string {
	entries, err := os.ReadDir("testdata")
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && ext != ".csv" && ext != ".sh" {
			names = append(names, e.Name())
		}
	}
	require.Greater(t, len(names), 40)
	return names
}

// Of a file that is cut off, all that is there is read, and what is missing is reported unless the cut is between two units.
func TestCutFiles(t *testing.T) {
	for _, name := range mediaFiles(t) {
		b := testFile(t, name)
		m, err := openInput(name, memory(b), 0)
		if err != nil {
			continue // refused for what it holds
		}
		whole, err := readAll(t, m)
		require.NoError(t, err)
		skipped := m.Info().Skipped
		for i := range 40 {
			cut := b[:len(b)*i/40]
			var units []unit
			m, err := openInput(name, memory(cut), 0)
			if err == nil {
				units, err = readAll(t, m)
				require.NoError(t, m.rewind())
			}
			if err != nil {
				require.True(t, errors.Is(err, ErrTruncated) || errors.Is(err, ErrBadMedia) || errors.Is(err, ErrUnsupported), "%s: %v", name, err)
			}
			if m != nil && !slices.Equal(m.Info().Skipped, skipped) {
				continue // another track may be the first one that shows itself
			}
			for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
				all, some := of(whole, kind), of(units, kind)
				require.LessOrEqual(t, len(some), len(all), name)
				for i := range some[:max(len(some)-1, 0)] { // the last one may be cut off in formats without lengths
					require.Equal(t, all[i].size, some[i].size, "%s: %v %d of %d", name, kind, i, len(some))
				}
			}
		}
	}
}

// Damage of any kind ends in an error or in less media: no panic, and no more units than the file can have.
func TestDamagedFiles(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	for _, name := range mediaFiles(t) {
		b := testFile(t, name)
		for range 60 {
			damaged := bytes.Clone(b)
			for range 1 + random.IntN(8) {
				damaged[random.IntN(len(b))] ^= byte(1 << random.IntN(8))
			}
			m, err := openInput(name, memory(damaged), 0)
			if err != nil {
				continue
			}
			for units := 0; ; units++ {
				if _, err := m.Next(); err != nil {
					break
				}
				require.LessOrEqual(t, units, 4*len(b), name)
			}
			require.NoError(t, m.rewind())
			require.NoError(t, m.Close())
		}
	}
}

func TestContentDecidesForAllFormats(t *testing.T) {
	dir := t.TempDir()
	for name, other := range map[string]string{
		"hevc.ts": "a.mp4", "av1.ivf": "a.ts", "opus.ogg": "a.wav", "alaw.wav": "a.ogg", "tone.mp3": "a.aac", "tone22.mp3": "b.aac", "tone.aac": "a.mp3",
		"tone.ac3": "a.mp3", "tone.eac3": "a.ac3", "bframes.h264": "a.h265", "bframes.h265": "a.h264",
	} {
		path := filepath.Join(dir, other)
		require.NoError(t, os.WriteFile(path, testFile(t, name), 0o600))
		s, err := Open(Spec{Path: path})
		require.NoError(t, err, name)
		want := openData(t, name)
		require.Equal(t, want.Info(), s.Info())
		a, err := readAll(t, want)
		require.NoError(t, err)
		b, err := readAll(t, s)
		require.NoError(t, err)
		require.Equal(t, a, b)
		require.NoError(t, s.Close())
	}
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
		{"cut", wav(format(6, 1, 8000), chunk("data", 500, data)), flv.PCMA, []int{160, 160, 80}, ErrTruncated, "frame at offset 444 needs 100 bytes, 0 are left"},
		{"no data", wav(format(6, 1, 8000)), 0, nil, ErrTruncated, "chunk header at offset 36"},
		{"empty data at the end", wav(format(6, 1, 8000), chunk("data", 0)), 0, nil, ErrBadMedia, "data chunk at offset 44 is empty"},
		{"data first", wav(chunk("data", 160, data), format(6, 1, 8000)), 0, nil, ErrBadMedia, "before the fmt chunk"},
		{"short format", wav(chunk("fmt ", 8, le(6, 2), le(1, 2), le(8000, 4)), chunk("data", 160, data)), 0, nil, ErrBadMedia, "fmt chunk at offset 20 of 8 bytes"},
		{"16 kHz", wav(format(6, 1, 16000), chunk("data", 160, data)), 0, nil, ErrUnsupported, "-ar 8000 -ac 1"},
		{"MP3", wav(format(0x55, 1, 8000), chunk("data", 160, data)), 0, nil, ErrUnsupported, "WAV with MP3"},
		{"unknown", wav(format(0x1234, 1, 8000), chunk("data", 160, data)), 0, nil, ErrUnsupported, "WAV with format 0x1234"},
		{"many chunks", wav(bytes.Repeat(chunk("junk", 0), maxRIFFChunks+1)), 0, nil, ErrBadMedia, "no data in the first 1024 chunks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var units []unit
			m, err := openWAV(memory(c.file))
			if err == nil {
				units, err = readAll(t, m)
			}
			require.ErrorIs(t, err, c.err)
			if c.err != nil {
				require.ErrorContains(t, err, c.text)
			}
			require.Len(t, units, len(c.sizes))
			for i, size := range c.sizes {
				require.Equal(t, size, units[i].size)
				require.Equal(t, c.codec, units[i].codec)
				require.Equal(t, time.Duration(i)*20*time.Millisecond, units[i].dts)
			}
		})
	}
}
