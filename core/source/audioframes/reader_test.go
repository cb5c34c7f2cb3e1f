package audioframes

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

func TestFrames(t *testing.T) {
	mp3 := append([]byte{0xFF, 0xFB, 0x14, 0xC4}, make([]byte, 92)...) // 32 kbit/s, 48 kHz, mono, 24 ms
	xing := bytes.Clone(mp3)
	copy(xing[4+17:], "Xing")
	eac3 := func(strmtyp, id byte) []byte { // 16 bytes, 48 kHz, six blocks, stereo
		return append([]byte{0x0B, 0x77, strmtyp<<6 | id<<3, 7, 0x34, 0x80}, make([]byte, 10)...)
	}
	ac3 := append([]byte{0x0B, 0x77, 0, 0, 0, 0x40, 0x43, 0xE0}, make([]byte, 120)...) // 32 kbit/s, 48 kHz, stereo
	id3v1 := append([]byte("TAG"), make([]byte, 125)...)
	id3 := func(content []byte) []byte {
		n := len(content)
		return append([]byte{'I', 'D', '3', 4, 0, 0, 0, 0, byte(n >> 7), byte(n & 0x7F)}, content...)
	}
	ape := func(items byte) []byte { // header, items, footer
		head := append([]byte("APETAGEX"), 0xD0, 7, 0, 0, items+32, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xA0, 0, 0, 0, 0, 0, 0, 0, 0)
		foot := bytes.Clone(head)
		foot[23] = 0x80
		return append(append(head, make([]byte, items)...), foot...)
	}
	for _, c := range []struct {
		name    string
		framing Framing
		file    [][]byte
		sizes   []int
		frame   time.Duration
		err     error
		text    string // of the error, or else of the only warning
	}{
		{"mp3", MP3, [][]byte{mp3, mp3}, []int{96, 96}, 24 * time.Millisecond, nil, ""},
		{"the frame with the number of frames is no audio", MP3, [][]byte{xing, mp3, mp3}, []int{96, 96}, 24 * time.Millisecond, nil, ""},
		{"tags around", MP3, [][]byte{[]byte("ID3\x04\x00\x00\x00\x00\x00\x02.."), mp3, id3v1}, []int{96}, 24 * time.Millisecond, nil, ""},
		{"APE tag", MP3, [][]byte{mp3, []byte("APETAGEX........")}, []int{96}, 24 * time.Millisecond, nil, ""},
		{"rubbish in between", MP3, [][]byte{mp3, bytes.Repeat([]byte{0xAA}, 50), mp3, mp3}, []int{96, 96, 96}, 24 * time.Millisecond, nil, "50 bytes at offset 96"},
		{"zeros in between", MP3, [][]byte{mp3, mp3, make([]byte, 300000), mp3, mp3}, []int{96, 96, 96, 96}, 24 * time.Millisecond, nil, "300000 bytes at offset 192"},
		{"erased flash in between", AC3, [][]byte{ac3, bytes.Repeat([]byte{0xFF}, 5000), ac3}, []int{128, 128}, 32 * time.Millisecond, nil, "5000 bytes at offset 128"},
		{"tags in between", MP3, [][]byte{mp3, id3v1, []byte("ID3\x04\x00\x00\x00\x00\x00\x02.."), mp3, mp3}, []int{96, 96, 96}, 24 * time.Millisecond, nil, "140 bytes at offset 96"},
		{"a tag whose content looks like frames", MP3, [][]byte{mp3, id3(append(mp3, mp3...)), mp3}, []int{96, 96}, 24 * time.Millisecond, nil, "202 bytes at offset 96"},
		{"a tag that claims more than the file has", MP3, [][]byte{mp3, []byte("ID3\x04\x00\x00\x7F\x7F\x7F\x7F"), mp3, mp3}, []int{96, 96, 96}, 24 * time.Millisecond, nil, "10 bytes at offset 96"},
		{"APE tag in front", MP3, [][]byte{ape(40), mp3, mp3}, []int{96, 96}, 24 * time.Millisecond, nil, ""},
		{"padding behind a tag", MP3, [][]byte{id3([]byte("..")), make([]byte, 20), mp3, mp3, mp3}, []int{96, 96, 96}, 24 * time.Millisecond, nil, "32 bytes at offset 0"},
		{"a file that begins inside a frame", AC3, [][]byte{ac3[60:], ac3, ac3, ac3}, []int{128, 128, 128}, 32 * time.Millisecond, nil, "68 bytes at offset 0"},
		{"a lone header in rubbish", MP3, [][]byte{mp3, {0xAA}, mp3[:4], make([]byte, 200), mp3, mp3}, []int{96, 96, 96}, 24 * time.Millisecond, nil, "205 bytes at offset 96"},
		{"two gaps are one warning", MP3, [][]byte{mp3, {1, 2, 3}, mp3, mp3, {1, 2, 3}, mp3, mp3}, []int{96, 96, 96, 96, 96}, 24 * time.Millisecond, nil, "3 bytes at offset 96"},
		{"zeros at the end", MP3, [][]byte{mp3, mp3, make([]byte, 50)}, []int{96, 96}, 24 * time.Millisecond, nil, "at offset 192"},
		{"cut", MP3, [][]byte{mp3, mp3[:50]}, []int{96}, 24 * time.Millisecond, nil, "frame at offset 96 needs 96 bytes, 50 are left"},
		{"cut header", MP3, [][]byte{mp3, mp3[:3]}, []int{96}, 24 * time.Millisecond, nil, "frame at offset 96 needs 8 bytes, 3 are left"},
		{"cut, and another file follows", MP3, [][]byte{mp3, mp3[:50], mp3, mp3}, []int{96, 96, 96}, 24 * time.Millisecond, nil, "50 bytes at offset 192"},
		{"layer 2", MP3, [][]byte{{0xFF, 0xFD, 0x48, 0, 0, 0, 0, 0}}, nil, 0, flv.ErrBadFrame, "layer 2"},
		{"nothing but tags", MP3, [][]byte{[]byte("ID3\x04\x00\x00\x00\x00\x00\x02.."), id3v1}, nil, 0, media.ErrBadMedia, "no MP3 frame"},
		{"more rubbish than is passed over", MP3, [][]byte{mp3, mp3, make([]byte, maxRubbish+2*media.ReadSize), mp3, mp3}, []int{96, 96}, 24 * time.Millisecond, media.ErrBadMedia, "no MP3 frame in 4194304 bytes from offset 192 on"},
		{"substreams", EAC3, [][]byte{eac3(0, 0), eac3(1, 0), eac3(0, 1), eac3(0, 0), eac3(1, 0)}, []int{48, 32}, 32 * time.Millisecond, nil, ""},
		{"a cut substream", EAC3, [][]byte{eac3(0, 0), eac3(1, 0)[:12]}, []int{16}, 32 * time.Millisecond, nil, "at offset 16"},
		{"a substream whose frame is gone", EAC3, [][]byte{eac3(0, 0), {1, 2, 3}, eac3(1, 0), eac3(0, 0), eac3(1, 0)}, []int{16, 32}, 32 * time.Millisecond, nil, "19 bytes at offset 16"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var units []mediatest.Unit
			var warnings []string
			in := mediatest.Memory(bytes.Join(c.file, nil))
			in.Warn = func(text string) { warnings = append(warnings, text) }
			m, err := Open(in, c.framing)
			if err == nil {
				units, err = mediatest.ReadAll(t, m)
				require.Equal(t, time.Duration(len(units))*c.frame, m.End())
			}
			require.ErrorIs(t, err, c.err)
			if c.err != nil {
				require.ErrorContains(t, err, c.text)
			}
			if c.err != nil || c.text == "" {
				require.Empty(t, warnings)
			} else {
				require.Len(t, warnings, 1)
				require.Contains(t, warnings[0], c.text)
			}
			require.Len(t, units, len(c.sizes))
			for i, size := range c.sizes {
				require.Equal(t, size, units[i].Size)
				require.Equal(t, time.Duration(i)*c.frame, units[i].DTS)
			}
		})
	}
}

// The faults of files that real encoders and recorders write: what ffmpeg finds in them is sent, with one warning.
func TestADTSFaults(t *testing.T) {
	tone := mediatest.File(t, "tone.aac")
	var frames [][]byte
	for rest := tone; len(rest) > 0; {
		h, err := flv.ParseADTSHeader(rest)
		require.NoError(t, err)
		frames, rest = append(frames, rest[:h.FrameSize]), rest[h.FrameSize:]
	}
	require.Greater(t, len(frames), 12)
	tag := append([]byte("ID3\x04\x00\x00\x00\x00\x00\x3FPRIV\x00\x00\x00\x35\x00\x00com.apple.streaming.transportStreamTimestamp\x00"), make([]byte, 8)...)
	mid := len(bytes.Join(frames[:5], nil))
	ssr := bytes.Clone(tone)
	for at, i := 0, 0; i < len(frames); i++ {
		ssr[at+2] = ssr[at+2]&0x3F | 0x80
		at += len(frames[i])
	}
	for _, c := range []struct {
		name    string
		file    [][]byte
		frames  int
		warning string // empty if there is none
	}{
		{"tags between the segments of HLS", [][]byte{tag, tone[:mid], tag, tone[mid:]}, len(frames), "73 bytes at offset"},
		{"rubbish", [][]byte{tone[:mid], bytes.Repeat([]byte{0xAA}, 20), tone[mid:]}, len(frames), "20 bytes at offset"},
		{"LC labelled SSR", [][]byte{ssr}, len(frames), "SSR"},
		{"rubbish in front", [][]byte{bytes.Repeat([]byte{0xAA}, 2000), tone}, len(frames), "2000 bytes at offset 0"},
		{"two tags and zeros in front", [][]byte{tag, tag, make([]byte, 3000), tone}, len(frames), "3146 bytes at offset 0"},
		{"a cut last frame", [][]byte{tone[:len(tone)-3]}, len(frames) - 1, "left out"},
		{"a cut first frame", [][]byte{tone[20:]}, len(frames) - 1, "at offset 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var warnings []string
			in := mediatest.Memory(bytes.Join(c.file, nil))
			in.Warn = func(text string) { warnings = append(warnings, text) }
			s, err := Open(in, ADTS)
			require.NoError(t, err)
			defer s.Close()
			units, err := mediatest.ReadAll(t, s)
			require.NoError(t, err)
			require.Equal(t, mediatest.Sound(flv.AAC, 44100), s.Info().Audio)
			require.Len(t, units, c.frames)
			require.Equal(t, flv.AAC, units[0].Codec)
			require.Equal(t, byte(2), units[0].Config[0]>>3, "AAC LC")
			require.Len(t, warnings, 1)
			require.Contains(t, warnings[0], c.warning)
			for i, u := range units {
				require.InDelta(t, time.Duration(i)*1024*time.Second/44100, u.DTS, float64(time.Microsecond))
			}
		})
	}
}

func FuzzFrames(f *testing.F) {
	framings := []Framing{ADTS, MP3, AC3, EAC3}
	for i, name := range []string{"tone.aac", "tone22.mp3", "tone.ac3", "tone.eac3"} {
		f.Add(mediatest.File(f, name), byte(i))
	}
	f.Fuzz(func(t *testing.T, b []byte, which byte) {
		open := func(in *media.Input) (media.Reader, error) { return Open(in, framings[which%4]) }
		mediatest.Drain(t, b, open)
		mediatest.DrainAll(t, b, open)
	})
}
