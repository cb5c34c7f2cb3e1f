package e2e_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// AAC Main and LTP go out with the AudioSpecificConfig that says so, from every container, and ffmpeg decodes what the server got to
// the samples of the source. AAC LC that is labelled SSR goes out as LC.
func TestAACProfiles(t *testing.T) {
	t.Parallel()
	// The frames are the same in each container, and FLV has them as RTMP does.
	requireAudio := func(t *testing.T, flv, recording string) {
		media.Compare(t, frames(t, flv), frames(t, recording), media.Options{AudioOnly: true})
	}
	made := func(t *testing.T, profile, ext string) string {
		return media.Make(t, ext, "-f", "lavfi", "-i", "aevalsrc=0.4*sin(2*PI*330*t)+0.1*random(0):s=44100:d=1.5",
			"-ac", "2", "-c:a", "aac", "-b:a", "96k", "-profile:a", profile, "-strict", "-2")
	}
	nginx := peers.StartNginx(t) // the receiver on gortmplib takes only what mediacommon knows: LC and HE-AAC
	publish := func(t *testing.T, file string) (recording string) {
		server := nginx.For(t)
		name := streamName(t.Name())
		run := start(t, "publish.lua", server.URL("live", name), "source="+file)
		run.wait()
		run.requirePublished("1")
		return server.Recording(name)
	}
	config := func(t *testing.T, recording string) byte {
		for _, g := range readFLV(t, recording) {
			if g.kind == tagAudio && g.sequenceHeader() {
				return g.body[2] >> 3
			}
		}
		require.Fail(t, "no sequence header")
		return 0
	}
	for _, c := range []struct {
		profile    string
		objectType byte
	}{{"aac_main", 1}, {"aac_ltp", 4}} {
		for _, ext := range []string{".aac", ".flv", ".mp4", ".ts"} {
			t.Run(c.profile+" in "+ext[1:], func(t *testing.T) {
				t.Parallel()
				recording := publish(t, made(t, c.profile, ext))
				require.Equal(t, c.objectType, config(t, recording))
				requireAudio(t, made(t, c.profile, ".flv"), recording)
			})
		}
	}

	// relabelled returns a copy of a file of AAC LC in which every header says SSR.
	relabelled := func(t *testing.T, file string, change func([]byte)) string {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		change(data)
		path := filepath.Join(t.TempDir(), "ssr"+filepath.Ext(file))
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return path
	}
	for ext, change := range map[string]func(*testing.T, []byte){
		".flv": func(t *testing.T, data []byte) {
			at := bytes.Index(data, []byte{0xAF, 0, 0x12, 0x10})
			require.Positive(t, at)
			data[at+2] = 0x1A
		},
		".mp4": func(t *testing.T, data []byte) {
			at := bytes.Index(data, []byte("esds"))
			require.Positive(t, at)
			config := bytes.Index(data[at:], []byte{5, 0x80, 0x80, 0x80})
			require.Positive(t, config)
			require.EqualValues(t, 0x12, data[at+config+5])
			data[at+config+5] = 0x1A
		},
		".aac": func(t *testing.T, data []byte) {
			for at := 0; at < len(data); at += int(data[at+3]&3)<<11 | int(data[at+4])<<3 | int(data[at+5]>>5) {
				data[at+2] = data[at+2]&0x3F | 2<<6
			}
		},
	} {
		t.Run("SSR in "+ext[1:], func(t *testing.T) {
			t.Parallel()
			recording := publish(t, relabelled(t, made(t, "aac_low", ext), func(data []byte) { change(t, data) }))
			require.EqualValues(t, 2, config(t, recording))
			requireAudio(t, made(t, "aac_low", ".flv"), recording)
		})
	}
}
