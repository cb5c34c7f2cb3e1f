package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// Everything that can be published, to every server. The longer clip outlives nginx's pings and, on its second port, many
// acknowledgements.
func TestMatrix(t *testing.T) {
	nginx, receiver, nms := peers.StartNginx(t), peers.StartReceiver(t), peers.StartNodeMediaServer(t)
	results := &table{}
	t.Cleanup(func() { t.Log("\n" + results.String()) }) // when all subtests are over

	for _, peer := range []struct {
		name  string
		start func(t testing.TB, stream string) (s *peers.Server, url string)
		media []medium
	}{
		{"nginx-rtmp", on(nginx, (*peers.Server).URL), []medium{clip(12), flv, mp4, annexB, adts, pushed}},
		{"nginx-rtmp, small chunks", on(nginx, (*peers.Server).SmallURL), []medium{clip(12), flv, mp4, annexB, pushed}},
		{"gortmplib", on(receiver, (*peers.Server).URL), []medium{
			clip(8.5), flv, mp4, fastStart, fragmented, looped, annexB, adts, pushed, wrapped, camera,
		}},
		{"node-media-server", on(nms, (*peers.Server).URL), []medium{clip(4.5), flv, mp4, annexB, pushed}},
		{"ffmpeg -listen", ffmpegListen, []medium{clip(4.5), flv, mp4, annexB, pushed}},
	} {
		for _, m := range peer.media {
			t.Run(peer.name+"/"+m.name, func(t *testing.T) {
				t.Parallel()
				stream := strings.NewReplacer(" ", "", ",", "", "/", "", ".", "").Replace(peer.name + m.name)
				server, url := peer.start(t, stream)
				run := m.start(t, url)
				run.wait()
				run.requirePublished("1")

				want, got := m.want(t), frames(t, server.Recording(stream))
				requireCounted(t, run, "1", got)
				closed := got.Repeat(1, 0)
				closed.Video.Decoded = closed.Video.Decoded[:len(got.Video.Decoded)-m.open]
				media.Compare(t, want, closed, m.opts)
				if m.least > 0 {
					require.GreaterOrEqual(t, last(got.Video.Decoded), m.least)
					require.GreaterOrEqual(t, last(got.Audio.Coded), m.least)
				}
				results.add(peer.name, m.name, run, len(got.Video.Decoded), len(got.Audio.Coded))
			})
		}
	}
}

type address func(s *peers.Server, app, stream string) string

// on takes one server for all that is published to it.
func on(s *peers.Server, url address) func(testing.TB, string) (*peers.Server, string) {
	return func(t testing.TB, stream string) (*peers.Server, string) { return s.For(t), url(s, "live", stream) }
}

// ffmpegListen starts a server for each stream.
func ffmpegListen(t testing.TB, stream string) (*peers.Server, string) {
	s := peers.StartFFmpegListen(t, stream)
	return s, s.URL("live", stream)
}

// requireCounted requires that getStats tells what arrived.
func requireCounted(t testing.TB, run *script, context string, got *media.Frames) {
	t.Helper()
	require.Equal(t, run.stat(context, "video_frames_sent"), len(got.Video.Decoded), "pictures sent, pictures decoded")
	require.Equal(t, run.stat(context, "audio_frames_sent"), len(got.Audio.Coded), "audio frames sent, audio packets recorded")
}

// last returns the time from the first frame to the last.
func last(f []media.Frame) time.Duration {
	if len(f) == 0 {
		return 0
	}
	return f[len(f)-1].PTS - f[0].PTS
}

// table collects the rows of what was sent and what was decoded.
type table struct {
	mu   sync.Mutex
	rows []string
}

func (r *table) add(peer, medium string, run *script, pictures, packets int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, fmt.Sprintf("%-25s %-24s %4d %4d   %4d %4d", peer, medium,
		run.stat("1", "video_frames_sent"), pictures, run.stat("1", "audio_frames_sent"), packets))
}

func (r *table) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	head := fmt.Sprintf("%-25s %-24s %s   %s", "peer", "medium", "pictures: sent, decoded", "audio frames: sent, recorded")
	return strings.Join(append([]string{head}, slices.Sorted(slices.Values(r.rows))...), "\n")
}
