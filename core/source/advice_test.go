package source

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/source/mediatest"
)

// An address that is no path says what is read, and how to make that of it.
func TestAddressesThatAreNoPaths(t *testing.T) {
	t.Setenv("HOME", "/home/somebody")
	for text, want := range map[string][]string{
		"rtsp://bob:hunter2@10.0.0.9/h264?key=hunter2": {"rtsp://...@10.0.0.9/h264: the scheme rtsp:// is not read, only rtp:// and the " +
			"paths of files; let ffmpeg receive it", "ffmpeg -i URL -map 0:v -c:v copy -f rtp rtp://127.0.0.1:5004"},
		"RTSPS://10.0.0.9/h264":          {"the scheme rtsps:// is not read", "ffmpeg -i URL"},
		"srt://10.0.0.9:7000":            {"the scheme srt:// is not read", "ffmpeg -i URL"},
		"udp://@239.0.0.1:1234":          {"the scheme udp:// is not read", "ffmpeg -i URL"},
		"rtmp://10.0.0.9/live/x":         {"the scheme rtmp:// is not read", "ffmpeg -i URL"},
		"rtsp://10.0.0.9/camera.sdp":     {"the scheme rtsp:// is not read", "ffmpeg -i URL"},
		"http://10.0.0.9/a.flv?token=a":  {"http://10.0.0.9/a.flv: the scheme http:// is not read", "ffmpeg -i URL -c copy OUT.mp4; if it is live"},
		"https://10.0.0.9/a.m3u8?loop=1": {"the scheme https:// is not read", "ffmpeg -i URL -c copy OUT.mp4; if it is live"},
		"~/clip.mp4":                     {"~/clip.mp4: the ~ is the shell's, and is not replaced here; write /home/somebody/clip.mp4"},
		"~/clip.mp4?loop=1":              {"write /home/somebody/clip.mp4"},
		"~":                              {"write /home/somebody"},
		"~bob/clip.mp4":                  {"write the whole path, as in /home/NAME/clip.mp4"},
		"file:///tmp/a%20b.mp4":          {"file:// URLs are not read; write the path alone: /tmp/a b.mp4"},
		"file://localhost/tmp/a.mp4?a=b": {"write the path alone: /tmp/a.mp4"},
		"FILE:///tmp/camera.sdp":         {"write the path alone: /tmp/camera.sdp"},
		"file:/tmp/a.mp4":                {"write the path alone: /tmp/a.mp4"},
		"file://other-host/a.mp4":        {"write the path alone"},
		"file://a%zz":                    {"write the path alone"},
	} {
		spec, err := ParseSpec(text)
		if err == nil && spec.Live() {
			_, err = Describe(spec)
		} else if err == nil {
			_, err = Open(spec)
		}
		require.ErrorIs(t, err, ErrBadSpec, text)
		for _, part := range want {
			require.ErrorContains(t, err, part)
		}
		require.NotContains(t, err.Error(), "hunter2")
	}
	for _, text := range []string{"rtsp://10.0.0.9/x", "~/clip.mp4", "file:///x.mp4"} { // without ParseSpec
		_, err := Open(Spec{Path: text})
		require.ErrorIs(t, err, ErrBadSpec)
		require.NotContains(t, err.Error(), "no such file")
	}
	for _, text := range []string{"://x", "a b://x", "1a://x", "no-such-folder/a~b.mp4", "a.mp4"} {
		_, err := Open(Spec{Path: text})
		require.ErrorIs(t, err, os.ErrNotExist, text)
	}
}

// A file is read whatever its name looks like.
func TestFilesWithOddNames(t *testing.T) {
	b, err := os.ReadFile(mediatest.Path("bframes.flv"))
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("http:", 0o700))
	for _, path := range []string{"~.flv", "http://a.flv"} {
		require.NoError(t, os.WriteFile(path, b, 0o600))
		spec, err := ParseSpec(path + "?loop=1")
		require.NoError(t, err)
		s, err := Open(spec)
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
}
