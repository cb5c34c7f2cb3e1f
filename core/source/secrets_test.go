package source

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An error about a source repeats neither a password nor the value of a parameter, whatever is wrong with the spec.
func TestSpecsStaySecret(t *testing.T) {
	const password, token = "hunter2-sesame", "t0ken-fedcba9876543210"
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	const head = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nt=0 0\nm=video 5004 RTP/AVP 96\n"
	specs := []string{
		"rtsp://bob:" + password + "@127.0.0.1/camera?key=" + token,
		"rtsp://bob:" + password + "@127.0.0.1/camera.sdp",
		"http://127.0.0.1/live.flv?token=" + token,
		"http://127.0.0.1/live.flv?token=" + token + "?loop=1",
		"none.flv?" + token,
		"none.flv?" + token + "==",
		"none.flv?loop=" + token,
		"none.flv?fps=" + token,
		"none.flv?fps=%" + token,
		"none.flv?key=" + token + "&loop=1",
		"none.sdp?key=" + token,
		"rtp://bob:" + password + "@127.0.0.1:5004?codec=h264",
		"rtp://" + password + "?codec=h264",
		"rtp://127.0.0.1:" + password + "?codec=h264",
		"rtp://127.0.0.1:5004?" + token,
		"rtp://127.0.0.1:5004?" + token + "==&codec=h264",
		"rtp://127.0.0.1:5004?key=" + token,
		"rtp://127.0.0.1:5004?key=%" + token,
		"rtp://127.0.0.1:5004?codec=" + token,
		"rtp://127.0.0.1:5004?codec=aac&config=" + token,
		"rtp://127.0.0.1:5004?codec=aac&mode=" + token,
		"rtp://127.0.0.1:5004?codec=h264&audio_port=" + token + "&audio_codec=opus",
	}
	for _, name := range []string{"pt", "rate", "channels", "rtcp", "source", "packetization-mode", "sprop-parameter-sets"} {
		specs = append(specs, "rtp://127.0.0.1:5004?codec=h264&"+name+"="+token+"$")
	}
	for i, line := range []string{
		"a=rtpmap:96 " + token, "a=rtcp:" + token, "a=source-filter:" + token, "a=source-filter: incl IN IP4 * " + token, token,
		"c=IN IP4 rtsp://bob:" + password + "@h", "c=" + token, "b=" + token, "b=AS:" + token, "k=" + token + "\nx=" + token,
		"a=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=" + token, "m=video " + token + " RTP/AVP 96", "m=" + token + " 5004 RTP/AVP 96",
		"m=video 5004 " + token + " 96", "m=video 5004 RTP/AVP " + token,
	} {
		specs = append(specs, file(fmt.Sprintf("%d.sdp", i), head+line+"\n"))
	}
	for _, spec := range specs {
		parsed, err := ParseSpec(spec)
		if err == nil && parsed.Live() {
			_, err = Describe(parsed)
		} else if err == nil {
			_, err = Open(parsed)
		}
		require.Error(t, err, spec)
		for _, secret := range []string{password, token} {
			for i := 0; i+8 <= len(secret); i++ {
				require.NotContains(t, strings.ToLower(err.Error()), secret[i:i+8], spec)
			}
		}
	}
}

func TestPathsInErrors(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a?b=c")
	require.NoError(t, os.WriteFile(name, nil, 0o600))
	for path, want := range map[string]string{
		"none.flv":                          "none.flv",
		name:                                name,
		"none.flv?a=b":                      "none.flv?...",
		"rtsp://bob:hunter2@h/camera?key=k": "rtsp://...@h/camera?...",
		"rtsp://h/camera":                   "rtsp://h/camera",
	} {
		require.Equal(t, want, shownPath(path))
	}
}
