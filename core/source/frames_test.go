package source

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

func TestFrames(t *testing.T) {
	mp3 := append([]byte{0xFF, 0xFB, 0x14, 0xC4}, make([]byte, 92)...) // 32 kbit/s, 48 kHz, mono, 24 ms
	xing := bytes.Clone(mp3)
	copy(xing[4+17:], "Xing")
	eac3 := func(strmtyp, id byte) []byte { // 16 bytes, 48 kHz, six blocks, stereo
		return append([]byte{0x0B, 0x77, strmtyp<<6 | id<<3, 7, 0x34, 0x80}, make([]byte, 10)...)
	}
	id3v1 := append([]byte("TAG"), make([]byte, 125)...)
	for _, c := range []struct {
		name    string
		framing framing
		file    [][]byte
		sizes   []int
		frame   time.Duration
		err     error
		text    string
	}{
		{"mp3", mp3Framing, [][]byte{mp3, mp3}, []int{96, 96}, 24 * time.Millisecond, nil, ""},
		{"the frame with the number of frames is no audio", mp3Framing, [][]byte{xing, mp3, mp3}, []int{96, 96}, 24 * time.Millisecond, nil, ""},
		{"tags around", mp3Framing, [][]byte{[]byte("ID3\x04\x00\x00\x00\x00\x00\x02.."), mp3, id3v1}, []int{96}, 24 * time.Millisecond, nil, ""},
		{"APE tag", mp3Framing, [][]byte{mp3, []byte("APETAGEX........")}, []int{96}, 24 * time.Millisecond, nil, ""},
		{"garbage", mp3Framing, [][]byte{mp3, make([]byte, 50)}, []int{96}, 24 * time.Millisecond, ErrBadMedia, "at offset 96"},
		{"cut", mp3Framing, [][]byte{mp3, mp3[:50]}, []int{96}, 24 * time.Millisecond, ErrTruncated, "frame at offset 96 needs 96 bytes, 50 are left"},
		{"cut header", mp3Framing, [][]byte{mp3, mp3[:3]}, []int{96}, 24 * time.Millisecond, ErrTruncated, "frame at offset 96 needs 8 bytes, 3 are left"},
		{"layer 2", mp3Framing, [][]byte{{0xFF, 0xFD, 0x48, 0, 0, 0, 0, 0}}, nil, 0, flv.ErrBadFrame, "layer 2"},
		{"nothing but tags", mp3Framing, [][]byte{[]byte("ID3\x04\x00\x00\x00\x00\x00\x02.."), id3v1}, nil, 0, ErrBadMedia, "no MP3 frame"},
		{"substreams", eac3Framing, [][]byte{eac3(0, 0), eac3(1, 0), eac3(0, 1), eac3(0, 0), eac3(1, 0)}, []int{48, 32}, 32 * time.Millisecond, nil, ""},
		{"a cut substream", eac3Framing, [][]byte{eac3(0, 0), eac3(1, 0)[:12]}, []int{16}, 32 * time.Millisecond, ErrTruncated, "frame at offset 16 needs 16 bytes, 12 are left"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var units []unit
			m, err := openFrames(memory(bytes.Join(c.file, nil)), c.framing)
			if err == nil {
				units, err = readAll(t, m)
				require.Equal(t, time.Duration(len(units))*c.frame, m.end())
			}
			require.ErrorIs(t, err, c.err)
			if c.err != nil {
				require.ErrorContains(t, err, c.text)
			}
			require.Len(t, units, len(c.sizes))
			for i, size := range c.sizes {
				require.Equal(t, size, units[i].size)
				require.Equal(t, time.Duration(i)*c.frame, units[i].dts)
			}
		})
	}
}

func FuzzFrames(f *testing.F) {
	framings := []framing{adtsFraming, mp3Framing, ac3Framing, eac3Framing}
	for i, name := range []string{"tone.aac", "tone22.mp3", "tone.ac3", "tone.eac3"} {
		f.Add(testFile(f, name), byte(i))
	}
	f.Fuzz(func(t *testing.T, b []byte, which byte) {
		open := func(in *input) (medium, error) { return openFrames(in, framings[which%4]) }
		drain(t, b, open)
		drainAll(t, b, open)
	})
}

// FuzzOpen lets the content decide.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"opus.mp4", "flac.mp4", "vp9frag.mp4", "eac3.mp4", "tone.mp4", "mulaw.wav", "tone22.mp3"} {
		f.Add(testFile(f, name), "a.bin", 0.0)
	}
	f.Add([]byte("\x00\x00\x01\x40\x01\x0C"), "a.h265", 30.0)
	f.Fuzz(func(t *testing.T, b []byte, name string, fps float64) {
		if !validFPS(fps) {
			fps = 0
		}
		drain(t, b, func(in *input) (medium, error) { return openInput(name, in, fps) })
	})
}
