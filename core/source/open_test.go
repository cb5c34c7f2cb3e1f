package source

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

func TestParseSpec(t *testing.T) {
	dir := t.TempDir()
	odd := filepath.Join(dir, "what?loop=1")
	require.NoError(t, os.WriteFile(odd, []byte("x"), 0o600))
	for _, c := range []struct {
		text string
		spec Spec
	}{
		{"clip", Spec{Path: "clip"}},
		{"none", Spec{Path: "none"}},
		{"a.mp4", Spec{Path: "a.mp4"}},
		{"a.mp4?loop=1", Spec{Path: "a.mp4", Loop: true}},
		{"a.mp4?loop=0", Spec{Path: "a.mp4"}},
		{"a.h264?fps=29.97&loop=true", Spec{Path: "a.h264", Loop: true, FPS: 29.97}},
		{"a.h264?fps=30000/1001", Spec{Path: "a.h264", FPS: 30000.0 / 1001}},
		{odd, Spec{Path: odd}},
		{odd + "?loop=1", Spec{Path: odd, Loop: true}},
	} {
		spec, err := ParseSpec(c.text)
		require.NoError(t, err, c.text)
		require.Equal(t, c.spec, spec)
	}
	for text, message := range map[string]string{
		"":                 "the path is empty",
		"?loop=1":          "the path is empty",
		"a.mp4?loops=1":    `unknown parameter "loops"`,
		"a.mp4?":           "expected parameters as in loop=1",
		"a.mp4?loop=maybe": "parameter loop: expected 1 or 0",
		"a.mp4?loop":       "parameter loop: expected 1 or 0",
		"a.mp4?fps=0":      "parameter fps: expected a frame rate above 0, at most 1000",
		"a.mp4?fps=1001":   "parameter fps: expected",
		"a.mp4?fps=NaN":    "parameter fps: expected",
		"a.mp4?fps=30/0":   "parameter fps: expected",
		"a.mp4?fps=x":      "parameter fps: expected",
		"a.mp4?fps=%zz":    "parameter fps: wrong percent-encoding",
	} {
		_, err := ParseSpec(text)
		require.ErrorIs(t, err, ErrBadSpec, text)
		require.ErrorContains(t, err, message)
	}
	_, err := ParseSpec("camera.SDP?loop=1")
	require.ErrorIs(t, err, ErrBadSpec)
	require.ErrorContains(t, err, "an SDP file takes no parameters")
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	fifo := filepath.Join(dir, "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	for _, c := range []struct {
		name string
		spec Spec
		err  error
		text string
	}{
		{"missing", Spec{Path: filepath.Join(dir, "no.mp4")}, os.ErrNotExist, "no.mp4: no such file"},
		{"directory", Spec{Path: dir}, ErrBadSpec, "it is a directory"},
		{"fifo", Spec{Path: fifo}, ErrBadSpec, "no regular file"},
		{"device", Spec{Path: "/dev/null"}, ErrBadSpec, "no regular file"},
		{"empty", Spec{Path: file("empty.mp4", "")}, ErrBadMedia, "it is empty"},
		{"text", Spec{Path: file("text.mp4", "hello, world")}, ErrBadMedia, "begins with 68 65 6c 6c 6f 2c 20 77 6f 72 6c 64 (\"hello, world\"), which"},
		{"mkv", Spec{Path: file("a.mkv", "\x1A\x45\xDF\xA3....")}, ErrUnsupported, "Matroska or WebM files"},
		{"avi", Spec{Path: file("a.avi", "RIFF....AVI LIST")}, ErrUnsupported, "AVI files are not supported by this version; convert with: ffmpeg"},
		{"another RIFF", Spec{Path: file("a.ani", "RIFF....ACON....")}, ErrUnsupported, `RIFF files of the kind "ACON"`},
		{"webp", Spec{Path: file("a.webp", "RIFF....WEBPVP8 ")}, ErrUnsupported, "WebP files are not supported by this version; make a video of it"},
		{"jpeg", Spec{Path: file("a.jpg", "\xFF\xD8\xFF\xE0\x00\x10JFIF\x00")}, ErrUnsupported, "JPEG files are not supported by this version; make a video"},
		{"png", Spec{Path: file("a.png", "\x89PNG\r\n\x1A\n")}, ErrUnsupported, "PNG files"},
		{"m3u8", Spec{Path: file("a.m3u8", "#EXTM3U\n#EXT-X-VERSION:3\n")}, ErrUnsupported, "M3U8 files are not supported by this version; it is a list"},
		{"m3u8 with BOM", Spec{Path: file("bom.m3u8", "\xEF\xBB\xBF#EXTM3U\n")}, ErrUnsupported, "M3U8 files"},
		{"mpeg2 video", Spec{Path: file("a.m2v", "\x00\x00\x01\xB3\x14\x00")}, ErrUnsupported, "MPEG-1 and MPEG-2 video files"},
		{"sdp by another name", Spec{Path: file("camera.txt", "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n")}, ErrUnsupported, "a name that ends in .sdp"},
		{"bytes that are no text", Spec{Path: file("a.bin", "\x01\xFE\n\"\x00")}, ErrBadMedia, `begins with 01 fe 0a 22 00 ("\x01\xfe\n\"\x00"), which`},
		{"ts", Spec{Path: file("a.ts", "\x47"+string(make([]byte, 187))+"\x47.")}, ErrBadMedia, "no program in the first 188 bytes"},
		{"hevc by name", Spec{Path: file("a.h265", "\x00\x00\x01\x02\x01\xD0")}, ErrBadMedia, "no picture with its SPS and PPS in 6 bytes of hevc"},
		{"hevc by content", Spec{Path: file("a.h264", "\x00\x00\x01\x40\x01\x0C")}, ErrBadMedia, "no picture with its SPS and PPS in 6 bytes of hevc"},
		{"native flac", Spec{Path: file("a.flac", "fLaC....")}, ErrUnsupported, "-c copy OUT.oga"},
		{"vorbis", Spec{Path: "testdata/vorbis.ogg"}, ErrUnsupported, "stream 00000000: vorbis cannot be sent"},
		{"pcm", Spec{Path: "testdata/pcm.wav"}, ErrUnsupported, "WAV with PCM"},
		{"mpeg2", Spec{Path: "testdata/mpeg2.ts"}, ErrUnsupported, "PID 256: mpeg2 video; PID 257 (audio): MPEG audio of layer 1 or 2 (mp2)"},
		{"none", Spec{Path: None}, ErrBadSpec, "nothing to open"},
		{"no path", Spec{}, ErrBadSpec, "path is empty"},
		{"fps of MP4", Spec{Path: "testdata/bframes.mp4", FPS: 30}, ErrBadSpec, "only raw H.264 and HEVC take a frame rate"},
		{"fps out of range", Spec{Path: "testdata/bframes.h264", FPS: -1}, ErrBadSpec, "fps -1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(c.spec)
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
		})
	}
}

func TestContentDecides(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "bframes.flv"))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "really.mp4")
	require.NoError(t, os.WriteFile(path, b, 0o600))
	s, err := Open(Spec{Path: path})
	require.NoError(t, err)
	units, err := readAll(t, s)
	require.NoError(t, err)
	require.NotEmpty(t, units)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "twice is fine")
}

func TestErrorsNameTheFile(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "bframes.flv"))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "cut.flv")
	require.NoError(t, os.WriteFile(path, b[:len(b)/2], 0o600))
	for _, loop := range []bool{false, true} {
		s, err := Open(Spec{Path: path, Loop: loop})
		require.NoError(t, err)
		units, err := readAll(t, s)
		require.ErrorIs(t, err, ErrTruncated)
		require.ErrorContains(t, err, "cut.flv: file is truncated: tag at offset")
		require.Greater(t, len(units), 5)
		require.NoError(t, s.Close())
	}
}

// adtsFrame is one frame: 48000 Hz, stereo, 2 bytes.
var adtsFrame = []byte{0xFF, 0xF1, 0x4C, 0x80, 0x01, 0x3F, 0xFC, 0x21, 0x10}

func TestADTS(t *testing.T) {
	low := bytes.Clone(adtsFrame)
	low[2] = 0x58 // 24000 Hz
	tagged := append([]byte("ID3\x04\x00\x00\x00\x00\x00\x02.."), adtsFrame...)
	for _, c := range []struct {
		name  string
		file  []byte
		times string
		end   time.Duration
	}{
		{"frames", bytes.Repeat(adtsFrame, 4), "0s/0s 21.333333ms/21.333333ms 42.666666ms/42.666666ms 64ms/64ms ", 85333333},
		{"ID3 tag", tagged, "0s/0s ", 21333333},
		{"cut frame", append(bytes.Clone(adtsFrame), adtsFrame[:8]...), "0s/0s ", 21333333},
		{"cut header", append(bytes.Clone(adtsFrame), adtsFrame[:3]...), "0s/0s ", 21333333},
		{"garbage", append(bytes.Clone(adtsFrame), "TAG......."...), "0s/0s ", 21333333},
		{"new rate", append(bytes.Clone(adtsFrame), append(bytes.Clone(low), low...)...), "0s/0s 21.333333ms/21.333333ms 63.999999ms/63.999999ms ", 106666666},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := openADTS(memory(c.file))
			require.NoError(t, err)
			units, err := readAll(t, m)
			require.NoError(t, err)
			require.Equal(t, c.times, times(units))
			require.Equal(t, c.end, m.end())
		})
	}
	for _, c := range []struct {
		name string
		file []byte
		good int
		err  error
		text string
	}{
		{"only a tag", []byte("ID3\x04\x00\x10\x00\x00\x00\x02.."), 0, ErrBadMedia, "no ADTS frame"},
		{"short", adtsFrame[:4], 0, ErrTruncated, "4 are left"},
		{"AAC Main", append([]byte{0xFF, 0xF1, 0x0C}, adtsFrame[3:]...), 0, flv.ErrBadAudioConfig, "object type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var units []unit
			m, err := openADTS(memory(c.file))
			if err == nil {
				units, err = readAll(t, m)
			}
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
			require.Len(t, units, c.good)
		})
	}
}

func FuzzADTS(f *testing.F) {
	f.Add(bytes.Repeat(adtsFrame, 3))
	f.Add(append([]byte("ID3\x04\x00\x00\x00\x00\x00\x02.."), adtsFrame...))
	f.Fuzz(func(t *testing.T, b []byte) { drain(t, b, openADTS) })
}

func FuzzParseSpec(f *testing.F) {
	for _, s := range []string{"clip", "a.mp4?loop=1", "a.h264?fps=30000/1001&loop=0", "rtp://x", "?fps=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		spec, err := ParseSpec(s)
		if err == nil {
			require.NotEmpty(t, spec.Path)
			require.True(t, spec.FPS == 0 || validFPS(spec.FPS))
		}
	})
}

func openADTS(in *input) (medium, error) { return openFrames(in, adtsFraming) }

func openMP3(in *input) (medium, error) { return openFrames(in, mp3Framing) }

func openPlainTS(in *input) (medium, error) { return openTS(in, 0, tsPacketSize) }
