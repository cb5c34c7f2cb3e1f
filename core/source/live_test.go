package source

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

func TestLive(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	const sdp = "v=0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
	for spec, want := range map[string]flv.Codec{
		"rtp://127.0.0.1:5004?codec=hevc": flv.HEVC,
		"RTP://127.0.0.1:5004?codec=opus": flv.Opus,
		file("camera.sdp", sdp):           flv.H264,
		file("a?b.SDP", sdp):              flv.H264,
	} {
		parsed, err := ParseSpec(spec)
		require.NoError(t, err)
		require.Equal(t, Spec{Path: spec}, parsed)
		require.True(t, parsed.Live())
		d, err := Describe(parsed)
		require.NoError(t, err)
		require.Equal(t, want, d.Media[0].Codec)
		_, err = Open(parsed)
		require.ErrorContains(t, err, "cannot be opened")
	}
	for spec, message := range map[string]string{
		"rtp://127.0.0.1:5004":                           "parameter codec:",
		file("none.sdp", "v=0\n"):                        "the SDP has no media",
		file("empty.sdp", ""):                            "it is empty",
		file("huge.sdp", string(make([]byte, maxSDP+1))): "an SDP file has at most",
		filepath.Join(dir, "missing.sdp"):                "no such file",
		dir + "/.sdp":                                    "no such file",
	} {
		parsed, err := ParseSpec(spec)
		require.NoError(t, err)
		_, err = Describe(parsed)
		require.ErrorContains(t, err, message)
		if path, _, _ := strings.Cut(spec, "rtp://"); path != "" {
			require.ErrorContains(t, err, path)
		}
	}
	for _, path := range []string{"clip", "none", "a.mp4", "rtp:", "sdp", "a.sdp.mp4", "http://x"} {
		require.False(t, Spec{Path: path}.Live(), path)
	}
}
