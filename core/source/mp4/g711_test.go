package mp4

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// soundV2 is a sound description of version 2. QuickTime File Format, "Sound Sample Description (Version 2)".
func soundV2(typ string, rate float64, channels uint32) []byte {
	head := mediatest.U32(0, 1, 2<<16, 0, 3<<16|16, 0xFFFE<<16, 1<<16, 72)
	head = binary.BigEndian.AppendUint64(head, math.Float64bits(rate))
	return mediatest.Box(typ, head, mediatest.U32(channels, 0x7F000000, 8, 0, 1, 1))
}

func TestMP4G711(t *testing.T) {
	v1 := mediatest.Box("alaw", mediatest.U32(0, 1, 1<<16, 0, 1<<16|16, 0, 8000<<16, 1, 1, 1, 2), mediatest.Box("wave", mediatest.Box("frma", []byte("alaw"))))
	bytesOf := func(n, size int) (samples [][]byte) {
		for i := range n {
			samples = append(samples, bytes.Repeat([]byte{byte(i)}, size))
		}
		return samples
	}
	each := func(n int) []byte { return mediatest.U32(0, 1, uint32(n), 1) }
	for _, c := range []struct {
		name    string
		track   testTrack
		codec   flv.Codec
		config  byte
		sizes   []int
		last    time.Duration
		refused string
	}{
		{"version 0", testTrack{entries: soundEntry("alaw", 8000, 1), samples: bytesOf(400, 1), constant: true, stts: each(400)}, flv.PCMA, 1, []int{160, 160, 80}, 40 * time.Millisecond, ""},
		{"version 1", testTrack{entries: v1, samples: bytesOf(320, 1), constant: true, stts: each(320)}, flv.PCMA, 1, []int{160, 160}, 20 * time.Millisecond, ""},
		{"version 2", testTrack{entries: soundV2("ulaw", 8000, 1), samples: bytesOf(161, 1), constant: true, stts: each(161)}, flv.PCMU, 1, []int{160, 1}, 20 * time.Millisecond, ""},
		{"stereo", testTrack{entries: soundEntry("ulaw", 8000, 2), samples: bytesOf(200, 2), constant: true, stts: each(200)}, flv.PCMU, 2, []int{320, 80}, 20 * time.Millisecond, ""},
		{"numbers of WAV", testTrack{entries: soundEntry("ms\x00\x07", 8000, 1), samples: bytesOf(160, 1), constant: true, stts: each(160)}, flv.PCMU, 1, []int{160}, 0, ""},
		{"the number for A-law", testTrack{entries: soundEntry("ms\x00\x06", 8000, 1), samples: bytesOf(160, 1), constant: true, stts: each(160)}, flv.PCMA, 1, []int{160}, 0, ""},
		{"packets of one size", testTrack{entries: soundEntry("alaw", 8000, 1), samples: bytesOf(3, 320), constant: true, stts: mediatest.U32(0, 1, 3, 320)}, flv.PCMA, 1, []int{320, 320, 320}, 80 * time.Millisecond, ""},
		{"packets of any size", testTrack{entries: soundEntry("alaw", 8000, 1), samples: [][]byte{make([]byte, 160), make([]byte, 240)}, stts: mediatest.U32(0, 2, 1, 160, 1, 240)}, flv.PCMA, 1, []int{160, 240}, 20 * time.Millisecond, ""},
		{"16 kHz", testTrack{entries: soundEntry("alaw", 16000, 1), samples: bytesOf(9, 1), constant: true, stts: each(9)}, 0, 0, nil, 0, "alaw: cannot be sent: G.711 with 16000 Hz and 1 channels"},
		{"three channels", testTrack{entries: soundV2("ulaw", 8000, 3), samples: bytesOf(9, 1), constant: true, stts: each(9)}, 0, 0, nil, 0, "ulaw: cannot be sent: G.711 with 8000 Hz and 3 channels"},
		{"a rate that is no number", testTrack{entries: soundV2("ulaw", math.NaN(), 1), samples: bytesOf(9, 1), constant: true, stts: each(9)}, 0, 0, nil, 0, "ulaw: cannot be sent: G.711 with 0 Hz"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.track.handler, c.track.timescale = "soun", 8000
			m, err := Open(mediatest.Memory(makeMovie(c.track)))
			if c.refused != "" {
				require.ErrorIs(t, err, media.ErrUnsupported)
				require.ErrorContains(t, err, c.refused)
				return
			}
			require.NoError(t, err)
			require.Equal(t, &flv.AudioInfo{Codec: c.codec, SampleRate: 8000, Channels: int(c.config)}, m.Info().Audio)
			units, err := mediatest.ReadAll(t, m)
			require.NoError(t, err)
			var sizes []int
			for _, u := range units {
				require.Equal(t, c.codec, u.Codec)
				sizes = append(sizes, u.Size)
			}
			require.Equal(t, c.sizes, sizes)
			require.Equal(t, []byte{c.config}, units[0].Config)
			require.Equal(t, c.last, units[len(units)-1].DTS)
			require.Equal(t, m.Info().Duration, m.End())
		})
	}
}

// A fragment has samples of the sound as the sample table has them.
func TestMP4G711InFragments(t *testing.T) {
	file := makeMovie(testTrack{handler: "soun", timescale: 8000, entries: soundEntry("alaw", 8000, 1)})
	mvex := mediatest.Box("mvex", mediatest.Box("trex", mediatest.U32(0, 1, 1, 1, 1, 0)))
	at := bytes.Index(file, []byte("moov")) - 4
	copy(file[at:], mediatest.U32(uint32(len(file)-at+len(mvex))))
	moof := mediatest.Box("moof", mediatest.Box("traf", mediatest.Box("tfhd", mediatest.U32(0x020000, 1)), mediatest.Box("trun", mediatest.U32(1, 400, 60))))
	fragment := append(moof, mediatest.Box("mdat", make([]byte, 400))...)
	f, err := Open(mediatest.Memory(bytes.Join([][]byte{file, mvex, fragment, fragment}, nil)))
	require.NoError(t, err)
	units, err := mediatest.ReadAll(t, f)
	require.NoError(t, err)
	require.Equal(t, "0s/0s 20ms/20ms 40ms/40ms 50ms/50ms 70ms/70ms 90ms/90ms ", mediatest.Times(units))
	require.Equal(t, 80, units[5].Size)
}

// What ffmpeg writes is read as ffmpeg reads it: the same bytes, and as long.
func TestMP4G711OfFFmpeg(t *testing.T) {
	for _, c := range []struct {
		name, args string
		length     time.Duration
	}{
		{"A-law", "-ac 1 -c:a pcm_alaw", time.Second},
		{"mu-law in stereo", "-ac 2 -c:a pcm_mulaw", time.Second},
		{"chunks beside video", "-ac 1 -c:a pcm_alaw -f lavfi -i testsrc2=size=160x96:rate=25:duration=1 -pix_fmt yuv420p -c:v libx264 -bf 0 -map 0 -map 1", time.Second},
		{"fragments", "-ac 1 -c:a pcm_alaw -movflags frag_keyframe+empty_moov", time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path, raw := filepath.Join(dir, "a.mov"), filepath.Join(dir, "a.raw")
			args := strings.Fields("-v error -nostdin -y -f lavfi -i sine=sample_rate=8000:duration=1")
			more := strings.Fields(c.args)
			if at := strings.Index(c.args, " -f lavfi"); at >= 0 { // another input stands in front of what is made of it
				more = append(strings.Fields(c.args[at:]), strings.Fields(c.args[:at])...)
			}
			mediatest.Run(t, "ffmpeg", append(append(args, more...), path)...)
			mediatest.Run(t, "ffmpeg", "-v", "error", "-nostdin", "-y", "-i", path, "-map", "0:a", "-c", "copy", "-f", "data", raw)
			want, err := os.ReadFile(raw)
			require.NoError(t, err)
			file, err := os.ReadFile(path)
			require.NoError(t, err)
			m, err := Open(mediatest.Memory(file))
			require.NoError(t, err)
			var got []byte
			due := time.Duration(0)
			for {
				u, err := m.Next()
				if err != nil {
					break
				}
				if u.Kind != flv.Audio {
					continue
				}
				require.Equal(t, due, u.DTS)
				got = append(got, u.Data...)
				due = time.Duration(len(got)/m.Info().Audio.Channels) * time.Second / 8000
			}
			require.Equal(t, want, got)
			require.Equal(t, c.length, due)
		})
	}
}
