package ivf

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

func TestIVF(t *testing.T) {
	key := []byte{0x10, 2, 0, 0x9D, 1, 0x2A, 16, 0, 16, 0, 0, 0} // VP8, 16x16
	inter := []byte{0x11, 2, 0, 0}
	frames := func(at ...uint64) (b []byte) {
		for i, t := range at {
			if i == 0 {
				b = append(b, mediatest.IVFFrame(t, key...)...)
			} else {
				b = append(b, mediatest.IVFFrame(t, inter...)...)
			}
		}
		return b
	}
	for _, c := range []struct {
		name  string
		file  []byte
		times string
		End   time.Duration
		rate  float64
	}{
		{"frames", append(mediatest.IVFHeader("VP80", 30000, 1001), frames(0, 1, 2)...), "0s/0s 33.366666ms/33.366666ms 66.733333ms/66.733333ms ", 100100 * time.Microsecond, 30000.0 / 1001},
		{"clock", append(mediatest.IVFHeader("VP80", 90000, 1), frames(9000, 12600, 18000)...), "0s/0s 40ms/40ms 100ms/100ms ", 160 * time.Millisecond, 25},
		{"one", append(mediatest.IVFHeader("VP80", 50, 1), frames(7)...), "0s/0s ", 40 * time.Millisecond, 0},
		{"starts without a key frame", append(append(mediatest.IVFHeader("VP80", 50, 1), mediatest.IVFFrame(0, inter...)...), frames(1, 2)...), "0s/0s 20ms/20ms ", 40 * time.Millisecond, 50},
		{"dropped", append(append(mediatest.IVFHeader("VP80", 50, 1), frames(0, 1)...), mediatest.IVFFrame(2)...), "0s/0s 20ms/20ms ", 40 * time.Millisecond, 50},
		{"time goes back", append(mediatest.IVFHeader("VP80", 50, 1), frames(0, 5, 3, 6)...), "0s/0s 100ms/100ms 100ms/100ms 120ms/120ms ", 140 * time.Millisecond, 10},
		{"a damaged time", append(mediatest.IVFHeader("VP80", 50, 1), frames(0, 1, 1<<62, 3, 4)...), "0s/0s 20ms/20ms 40ms/40ms 60ms/60ms 80ms/80ms ", 100 * time.Millisecond, 50},
		{"a time that is damaged by seconds", append(mediatest.IVFHeader("VP80", 50, 1), frames(0, 1, 258, 3, 4)...), "0s/0s 20ms/20ms 40ms/40ms 60ms/60ms 80ms/80ms ", 100 * time.Millisecond, 50},
		{"a pause", append(mediatest.IVFHeader("VP80", 50, 1), frames(0, 1, 258, 259)...), "0s/0s 20ms/20ms 5.16s/5.16s 5.18s/5.18s ", 5200 * time.Millisecond, 50},
		{"the clock starts again", append(mediatest.IVFHeader("VP80", 50, 1), frames(500, 501, 502, 0, 1)...), "0s/0s 20ms/20ms 40ms/40ms 60ms/60ms 80ms/80ms ", 100 * time.Millisecond, 50},
		{"the clock is set", append(mediatest.IVFHeader("VP80", 50, 1), frames(0, 1, 2, 50_000, 50_001, 1<<63, 1<<63+1)...),
			"0s/0s 20ms/20ms 40ms/40ms 60ms/60ms 80ms/80ms 100ms/100ms 120ms/120ms ", 140 * time.Millisecond, 50},
		{"a unit of hours", append(mediatest.IVFHeader("VP80", 1, 1<<14), frames(0, 1, 2, 3)...), "0s/0s 1s/1s 2s/2s 3s/3s ", 4 * time.Second, 1},
		{"a unit of two seconds", append(mediatest.IVFHeader("VP80", 1, 2), frames(0, 1, 2)...), "0s/0s 2s/2s 4s/4s ", 6 * time.Second, 0.5},
		{"longer header", append(append(bytes.Replace(mediatest.IVFHeader("VP80", 50, 1), []byte{0x20, 0, 'V'}, []byte{0x24, 0, 'V'}, 1), 1, 2, 3, 4), frames(0, 1)...),
			"0s/0s 20ms/20ms ", 40 * time.Millisecond, 50},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Open(mediatest.Memory(c.file))
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, m)
			require.NoError(t, err)
			require.Equal(t, c.times, mediatest.Times(units))
			require.Equal(t, c.End, m.End())
			require.InDelta(t, c.rate, m.Info().Video.FrameRate, 1e-9)
			require.Equal(t, 16, m.Info().Video.Width)
		})
	}
	for _, c := range []struct {
		name string
		file []byte
		good int
		err  error
		text string
	}{
		{"short", []byte("DKIF"), 0, media.ErrTruncated, "IVF header at offset 0 needs 32 bytes"},
		{"version", append([]byte("DKIF\x01\x00"), make([]byte, 30)...), 0, media.ErrUnsupported, "IVF version 1"},
		{"header size", append([]byte("DKIF\x00\x00\x08\x00"), make([]byte, 30)...), 0, media.ErrBadMedia, "IVF header of 8 bytes"},
		{"codec", mediatest.IVFHeader("FFV1", 50, 1), 0, media.ErrUnsupported, `"FFV1" in IVF cannot be sent`},
		{"rate", mediatest.IVFHeader("VP80", 0, 1), 0, media.ErrBadMedia, "time in units of 1/0 s"},
		{"nothing", mediatest.IVFHeader("VP80", 50, 1), 0, media.ErrBadMedia, "no key frame of vp8 in 32 bytes"},
		{"cut header", append(append(mediatest.IVFHeader("VP80", 50, 1), frames(0, 1)...), 1, 2), 2, media.ErrTruncated, "frame header at offset 72 needs 12 bytes, 2 are left"},
		{"cut frame", append(append(mediatest.IVFHeader("VP80", 50, 1), frames(0)...), mediatest.IVFFrame(1, inter...)[:14]...), 1, media.ErrTruncated, "frame at offset 56 needs 16 bytes, 14 are left"},
		{"huge frame", append(mediatest.IVFHeader("VP80", 50, 1), append(mediatest.U32(0xFFFFFFFF), make([]byte, 8)...)...), 0, media.ErrBadMedia, "no key frame of vp8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Open(mediatest.Memory(c.file))
			n := 0
			if err == nil {
				units, fault := mediatest.ReadAll(t, m)
				n, err = len(units), fault
			}
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
			require.Equal(t, c.good, n)
		})
	}
}

// What is appended to a file does not make an error of its end: another file goes on, rubbish is named.
func TestIVFEnds(t *testing.T) {
	key := []byte{0x10, 2, 0, 0x9D, 1, 0x2A, 16, 0, 16, 0, 0, 0} // VP8, 16x16
	file := append(mediatest.IVFHeader("VP80", 50, 1), mediatest.IVFFrame(0, key...)...)
	file = append(file, mediatest.IVFFrame(1, key...)...)
	other := append(mediatest.IVFHeader("AV01", 50, 1), mediatest.IVFFrame(0, key...)...)
	for _, c := range []struct {
		name     string
		file     []byte
		times    string
		warnings []string
	}{
		{"rubbish", append(bytes.Clone(file), bytes.Repeat([]byte{0xAA}, 500)...), "0s/0s 20ms/20ms ", []string{"the last 500 bytes, from offset 80 on"}},
		{"the same again", append(bytes.Clone(file), file...), "0s/0s 20ms/20ms 40ms/40ms 60ms/60ms ", nil},
		{"another codec", append(bytes.Clone(file), other...), "0s/0s 20ms/20ms ", []string{"the last 56 bytes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := mediatest.Memory(c.file)
			var warnings []string
			in.Warn = func(text string) { warnings = append(warnings, text) }
			m, err := Open(in)
			require.NoError(t, err)
			for range 2 {
				units, err := mediatest.ReadAll(t, m)
				require.NoError(t, err)
				require.Equal(t, c.times, mediatest.Times(units))
				require.NoError(t, m.Rewind())
			}
			mediatest.RequireContain(t, warnings, c.warnings)
		})
	}
}

func FuzzIVF(f *testing.F) {
	for _, name := range []string{"av1.ivf", "vp9.ivf", "vp8.ivf"} {
		f.Add(mediatest.File(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		mediatest.Drain(t, b, Open)
		mediatest.DrainAll(t, b, Open)
	})
}
