package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// A device's script, of which only the host is changed, publishes the clip, or what RTMP_SOURCE says.
func TestSample(t *testing.T) {
	t.Parallel()
	receiver := peers.StartReceiver(t)

	for _, ca := range []struct {
		name    string
		env     []string
		want    *media.Frames
		opts    media.Options
		endsOne bool // the source ends before the script
	}{
		{"clip", nil, clipFrames(t), media.Options{Prefix: true, CodedAudioOnly: true}, false},
		{
			"file", []string{"RTMP_SOURCE=" + media.MP4(t)}, frames(t, media.MP4(t)),
			media.Options{CodedVideo: true, CodedAudioOnly: true}, true,
		},
		{
			"looped", []string{"RTMP_SOURCE=" + clipFile(t) + "?loop=1"}, clipFrames(t),
			media.Options{Prefix: true, CodedAudioOnly: true}, false,
		},
	} {
		t.Run(ca.name, func(t *testing.T) {
			t.Parallel()
			server := receiver.For(t)
			text, err := os.ReadFile(filepath.Join(repo.Root(t), "tests", "e2e", "testdata", "sample.lua"))
			require.NoError(t, err)
			const url = "rtmp://example.com:1935/live/stream"
			require.Contains(t, string(text), url)

			path := filepath.Join(t.TempDir(), "sample.lua")
			text = []byte(strings.Replace(string(text), url, server.URL("live", ca.name), 1))
			require.NoError(t, os.WriteFile(path, text, 0o600))

			run := startWith(t, ca.env, path)
			run.wait()
			states := []int{connecting, handshaking, connected, publishing}
			if ca.endsOne {
				states = append(states, disconnecting, disconnected)
			}
			// Nothing polls after disconnect(): the script is over before the last two states are told, unless the source ended.
			require.Equal(t, states, run.sequence("1"))
			require.Contains(t, run.output, "publishing")

			got := frames(t, server.Recording(ca.name))
			media.Compare(t, ca.want, got, ca.opts)
			if !ca.endsOne {
				require.GreaterOrEqual(t, last(got.Video.Decoded), 2500*time.Millisecond, "of 4 s, less the time to connect")
			}
		})
	}
}

// A source that RTMP_SOURCE names and that is not there is told at once.
func TestSampleWrongSource(t *testing.T) {
	t.Parallel()
	run := startWith(t, []string{"RTMP_SOURCE=/nowhere.mp4"}, "sample.lua")
	<-run.done
	require.Error(t, run.err)
	require.Contains(t, run.stderr.String(), "sample.lua")
}
