package source

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
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
	for _, c := range []struct {
		name string
		spec Spec
		err  error
		text string
	}{
		{"missing", Spec{Path: filepath.Join(dir, "no.mp4")}, os.ErrNotExist, "no.mp4: no such file"},
		{"directory", Spec{Path: dir}, ErrBadSpec, "it is a directory"},
		{"empty", Spec{Path: file("empty.mp4", "")}, media.ErrBadMedia, "it is empty"},
		{"text", Spec{Path: file("text.mp4", "hello, world")}, media.ErrBadMedia, "begins with 68 65 6c 6c 6f 2c 20 77 6f 72 6c 64 (\"hello, world\"), which"},
		{"another kind of EBML", Spec{Path: file("a.ebml", "\x1A\x45\xDF\xA3\x87\x42\x82\x84odd!....")}, media.ErrUnsupported, `EBML files of the type "odd!" are not supported`},
		{"no more than the head of Matroska", Spec{Path: file("a.mkv", "\x1A\x45\xDF\xA3....")}, media.ErrTruncated, "element at offset 7 needs"},
		{"avi", Spec{Path: file("a.avi", "RIFF....AVI LIST")}, media.ErrUnsupported, "AVI files are not supported by this version; convert with: ffmpeg"},
		{"another RIFF", Spec{Path: file("a.ani", "RIFF....ACON....")}, media.ErrUnsupported, `RIFF files of the kind "ACON"`},
		{"webp", Spec{Path: file("a.webp", "RIFF....WEBPVP8 ")}, media.ErrUnsupported, "WebP files are not supported by this version; make a video of it"},
		{"jpeg", Spec{Path: file("a.jpg", "\xFF\xD8\xFF\xE0\x00\x10JFIF\x00")}, media.ErrUnsupported, "JPEG files are not supported by this version; make a video"},
		{"heic", Spec{Path: file("a.heic", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic\x00\x00\x00\x08meta")}, media.ErrUnsupported, "HEIF and AVIF files are not supported by this version; make a video"},
		{"png", Spec{Path: file("a.png", "\x89PNG\r\n\x1A\n")}, media.ErrUnsupported, "PNG files"},
		{"m3u8", Spec{Path: file("a.m3u8", "#EXTM3U\n#EXT-X-VERSION:3\n")}, media.ErrUnsupported, "M3U8 files are not supported by this version; it is a list"},
		{"m3u8 with BOM", Spec{Path: file("bom.m3u8", "\xEF\xBB\xBF#EXTM3U\n")}, media.ErrUnsupported, "M3U8 files"},
		{"mpeg2 video", Spec{Path: file("a.m2v", "\x00\x00\x01\xB3\x14\x00")}, media.ErrUnsupported, "MPEG-1 and MPEG-2 video files"},
		{"sdp by another name", Spec{Path: file("camera.txt", "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n")}, media.ErrUnsupported, "a name that ends in .sdp"},
		{"bytes that are no text", Spec{Path: file("a.bin", "\x01\xFE\n\"\x00")}, media.ErrBadMedia, `begins with 01 fe 0a 22 00 ("\x01\xfe\n\"\x00"), which`},
		{"ts", Spec{Path: file("a.ts", "\x47"+string(make([]byte, 187))+"\x47.")}, media.ErrBadMedia, "no program in the first 188 bytes"},
		{"hevc by name", Spec{Path: file("a.h265", "\x00\x00\x01\x02\x01\xD0")}, media.ErrBadMedia, "no picture with its SPS and PPS in 6 bytes of hevc"},
		{"hevc by content", Spec{Path: file("a.h264", "\x00\x00\x01\x40\x01\x0C")}, media.ErrBadMedia, "no picture with its SPS and PPS in 6 bytes of hevc"},
		{"native flac", Spec{Path: file("a.flac", "fLaC....")}, media.ErrUnsupported, "-c copy OUT.oga"},
		{"vorbis", Spec{Path: "testdata/vorbis.ogg"}, media.ErrUnsupported, "stream 00000000: vorbis cannot be sent"},
		{"pcm", Spec{Path: "testdata/pcm.wav"}, media.ErrUnsupported, "WAV with PCM"},
		{"mpeg2", Spec{Path: "testdata/mpeg2.ts"}, media.ErrUnsupported, "PID 256: mpeg2 video; PID 257 (audio): MPEG audio of layer 1 or 2 (mp2)"},
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
	b, err := os.ReadFile(mediatest.Path("bframes.flv"))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "really.mp4")
	require.NoError(t, os.WriteFile(path, b, 0o600))
	s, err := Open(Spec{Path: path})
	require.NoError(t, err)
	units, err := mediatest.ReadAll(t, s)
	require.NoError(t, err)
	require.NotEmpty(t, units)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "twice is fine")
}

func TestErrorsNameTheFile(t *testing.T) {
	b, err := os.ReadFile(mediatest.Path("bframes.flv"))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "cut.flv")
	require.NoError(t, os.WriteFile(path, b[:len(b)/2], 0o600))
	for _, loop := range []bool{false, true} {
		s, err := Open(Spec{Path: path, Loop: loop})
		require.NoError(t, err)
		units, err := mediatest.ReadAll(t, s)
		require.ErrorIs(t, err, media.ErrTruncated)
		require.ErrorContains(t, err, "cut.flv: file is truncated: tag at offset")
		require.Greater(t, len(units), 5)
		require.NoError(t, s.Close())
	}
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

// FuzzOpen lets the content decide.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"opus.mp4", "flac.mp4", "vp9frag.mp4", "eac3.mp4", "tone.mp4", "mulaw.wav", "tone22.mp3"} {
		f.Add(mediatest.File(f, name), "a.bin", 0.0)
	}
	f.Add([]byte("\x00\x00\x01\x40\x01\x0C"), "a.h265", 30.0)
	f.Fuzz(func(t *testing.T, b []byte, name string, fps float64) {
		if !validFPS(fps) {
			fps = 0
		}
		mediatest.Drain(t, b, func(in *media.Input) (media.Reader, error) { return openInput(name, in, fps) })
	})
}
