package e2e_test

import (
	"maps"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// onMetaData says what is true of the media, and nothing else.
func TestMetadata(t *testing.T) {
	t.Parallel()
	receiver := peers.StartReceiver(t)

	encoder := map[string]any{"encoder": "luat-rtmp/" + version(t)}
	video := func(width, height, frameRate float64) map[string]any {
		return map[string]any{"width": width, "height": height, "framerate": frameRate, "videocodecid": 7.0}
	}
	audio := func(rate, channels float64) map[string]any {
		return map[string]any{
			"audiocodecid": 10.0, "audiosamplerate": rate, "audiosamplesize": 16.0, "audiochannels": channels, "stereo": channels == 2,
		}
	}
	fields := func(parts ...map[string]any) map[string]any {
		all := maps.Clone(encoder)
		for _, p := range parts {
			maps.Copy(all, p)
		}
		return all
	}

	// 29.97 pictures a second, an odd size that H.264 crops, and one channel.
	ntsc := func(t testing.TB) string {
		return media.Make(t, ".mp4", "-f", "lavfi", "-i", "testsrc2=size=322x242:rate=30000/1001:duration=1",
			"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=32000:duration=1",
			"-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "1")
	}
	publish := func(path func(testing.TB) string) func(testing.TB, string) *script {
		return func(t testing.TB, url string) *script {
			return start(t, "publish.lua", url, "seconds=0.5", "source="+path(t))
		}
	}

	all := []string{"duration", "videodatarate", "audiodatarate"}
	builtIn := func(testing.TB) string { return "clip" }

	for _, ca := range []struct {
		name     string
		start    func(t testing.TB, url string) *script
		want     []map[string]any // one for each onMetaData
		positive []string         // beside that
	}{
		{"clip", publish(builtIn), []map[string]any{fields(video(640, 360, 25), audio(48000, 1))}, []string{"audiodatarate"}},
		{"flv", publish(media.FLV), []map[string]any{fields(video(320, 240, 30), audio(44100, 2))}, all},
		{"mp4", publish(media.MP4), []map[string]any{fields(video(320, 240, 25), audio(44100, 2))}, all},
		{"fragmented", publish(media.FragmentedMP4), []map[string]any{fields(video(320, 240, 25), audio(44100, 2))}, nil},
		{"ntsc", publish(ntsc), []map[string]any{fields(video(322, 242, 30000.0/1001), audio(32000, 1))}, all},
		{"annexb", publish(media.AnnexB), []map[string]any{fields(video(320, 240, 25))}, nil},
		{"adts", publish(media.ADTS), []map[string]any{fields(audio(44100, 2))}, nil},
		{
			// What is pushed is known when it comes.
			"pushed", pushed.start,
			[]map[string]any{fields(video(320, 240, 25)), fields(video(320, 240, 25), audio(44100, 2))}, nil,
		},
	} {
		t.Run(ca.name, func(t *testing.T) {
			t.Parallel()
			server := receiver.For(t)
			run := ca.start(t, server.URL("live", ca.name))
			run.wait()
			run.requirePublished("1")

			got := onMetaData(t, server.Recording(ca.name))
			require.Len(t, got, len(ca.want))
			for i := range got {
				for _, name := range ca.positive {
					require.Positive(t, got[i][name], name)
					delete(got[i], name)
				}
				for name, value := range ca.want[i] {
					if number, ok := value.(float64); ok {
						require.InDelta(t, number, got[i][name], 0.001, "%s of number %d", name, i)
						delete(got[i], name)
					}
				}
				rest := maps.Clone(ca.want[i])
				maps.DeleteFunc(rest, func(_ string, v any) bool { _, ok := v.(float64); return ok })
				require.Equal(t, rest, got[i], "number %d", i)
			}
		})
	}
}

// version returns rtmp.version.
func version(t testing.TB) string {
	t.Helper()
	run := start(t, "version.lua")
	run.wait()
	require.Len(t, run.output, 1)
	_, err := strconv.Atoi(strings.ReplaceAll(run.output[0], ".", ""))
	require.NoError(t, err)
	return run.output[0]
}
