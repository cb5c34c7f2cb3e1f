package source

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func ivfHeader(fourCC string, rate, scale uint32) []byte {
	b := append([]byte("DKIF\x00\x00\x20\x00"), fourCC...)
	b = append(b, 16, 0, 16, 0)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, scale)
	return append(b, make([]byte, 8)...)
}

func ivfFrame(at uint64, frame ...byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(frame)))
	return append(binary.LittleEndian.AppendUint64(b, at), frame...)
}

func TestIVF(t *testing.T) {
	key := []byte{0x10, 2, 0, 0x9D, 1, 0x2A, 16, 0, 16, 0, 0, 0} // VP8, 16x16
	inter := []byte{0x11, 2, 0, 0}
	frames := func(at ...uint64) (b []byte) {
		for i, t := range at {
			if i == 0 {
				b = append(b, ivfFrame(t, key...)...)
			} else {
				b = append(b, ivfFrame(t, inter...)...)
			}
		}
		return b
	}
	for _, c := range []struct {
		name  string
		file  []byte
		times string
		end   time.Duration
		rate  float64
	}{
		{"frames", append(ivfHeader("VP80", 30000, 1001), frames(0, 1, 2)...), "0s/0s 33.366666ms/33.366666ms 66.733333ms/66.733333ms ", 100100 * time.Microsecond, 30000.0 / 1001},
		{"clock", append(ivfHeader("VP80", 90000, 1), frames(9000, 12600, 18000)...), "0s/0s 40ms/40ms 100ms/100ms ", 160 * time.Millisecond, 25},
		{"one", append(ivfHeader("VP80", 50, 1), frames(7)...), "0s/0s ", 40 * time.Millisecond, 0},
		{"starts without a key frame", append(append(ivfHeader("VP80", 50, 1), ivfFrame(0, inter...)...), frames(1, 2)...), "0s/0s 20ms/20ms ", 40 * time.Millisecond, 50},
		{"dropped", append(append(ivfHeader("VP80", 50, 1), frames(0, 1)...), ivfFrame(2)...), "0s/0s 20ms/20ms ", 40 * time.Millisecond, 50},
		{"time goes back", append(ivfHeader("VP80", 50, 1), frames(0, 5, 3, 6)...), "0s/0s 100ms/100ms 100ms/100ms 120ms/120ms ", 140 * time.Millisecond, 10},
		{"a damaged time", append(ivfHeader("VP80", 50, 1), frames(0, 1, 1<<62, 3, 4)...), "0s/0s 20ms/20ms 40ms/40ms 60ms/60ms 80ms/80ms ", 100 * time.Millisecond, 50},
		{"the clock starts again", append(ivfHeader("VP80", 50, 1), frames(500, 501, 502, 0, 1)...), "0s/0s 20ms/20ms 40ms/40ms 60ms/60ms 80ms/80ms ", 100 * time.Millisecond, 50},
		{"the clock is set", append(ivfHeader("VP80", 50, 1), frames(0, 1, 2, 50_000, 50_001, 1<<63, 1<<63+1)...),
			"0s/0s 20ms/20ms 40ms/40ms 60ms/60ms 80ms/80ms 100ms/100ms 120ms/120ms ", 140 * time.Millisecond, 50},
		{"longer header", append(append(bytes.Replace(ivfHeader("VP80", 50, 1), []byte{0x20, 0, 'V'}, []byte{0x24, 0, 'V'}, 1), 1, 2, 3, 4), frames(0, 1)...),
			"0s/0s 20ms/20ms ", 40 * time.Millisecond, 50},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := openIVF(memory(c.file))
			require.NoError(t, err)
			units, err := readAll(t, m)
			require.NoError(t, err)
			require.Equal(t, c.times, times(units))
			require.Equal(t, c.end, m.end())
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
		{"short", []byte("DKIF"), 0, ErrTruncated, "IVF header at offset 0 needs 32 bytes"},
		{"version", append([]byte("DKIF\x01\x00"), make([]byte, 30)...), 0, ErrUnsupported, "IVF version 1"},
		{"header size", append([]byte("DKIF\x00\x00\x08\x00"), make([]byte, 30)...), 0, ErrBadMedia, "IVF header of 8 bytes"},
		{"codec", ivfHeader("FFV1", 50, 1), 0, ErrUnsupported, `"FFV1" in IVF cannot be sent`},
		{"rate", ivfHeader("VP80", 0, 1), 0, ErrBadMedia, "time in units of 1/0 s"},
		{"nothing", ivfHeader("VP80", 50, 1), 0, ErrBadMedia, "no key frame of vp8 in 32 bytes"},
		{"cut header", append(append(ivfHeader("VP80", 50, 1), frames(0, 1)...), 1, 2), 2, ErrTruncated, "frame header at offset 72 needs 12 bytes, 2 are left"},
		{"cut frame", append(append(ivfHeader("VP80", 50, 1), frames(0)...), ivfFrame(1, inter...)[:14]...), 1, ErrTruncated, "frame at offset 56 needs 16 bytes, 14 are left"},
		{"huge frame", append(append(ivfHeader("VP80", 50, 1), frames(0)...), append(u32(0xFFFFFFFF), make([]byte, 8)...)...), 1, ErrBadMedia, "at most 16777216"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := openIVF(memory(c.file))
			n := 0
			if err == nil {
				units, fault := readAll(t, m)
				n, err = len(units), fault
			}
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
			require.Equal(t, c.good, n)
		})
	}
}

func FuzzIVF(f *testing.F) {
	for _, name := range []string{"av1.ivf", "vp9.ivf", "vp8.ivf"} {
		f.Add(testFile(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		drain(t, b, openIVF)
		drainAll(t, b, openIVF)
	})
}

func FuzzWAV(f *testing.F) {
	for _, name := range []string{"alaw.wav", "mulaw.wav", "pcm.wav"} {
		f.Add(testFile(f, name)[:600])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		drain(t, b, openWAV)
		drainAll(t, b, openWAV)
	})
}

func FuzzTS(f *testing.F) {
	for _, name := range []string{"bframes.ts", "hevc.ts", "opus.ts", "ac3.ts"} {
		f.Add(testFile(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		drain(t, b, openPlainTS)
		drainAll(t, b, openPlainTS)
	})
}
