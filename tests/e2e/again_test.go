package e2e_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// A context whose source has ended publishes it anew on the next connection.
func TestAgain(t *testing.T) {
	t.Parallel()
	short := func(t testing.TB) string {
		return media.Make(t, ".flv", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=0.2",
			"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=0.2", "-c:v", "libx264", "-bf", "0", "-c:a", "aac")
	}

	for _, ca := range []struct {
		name  string
		file  func(testing.TB) string
		times int
	}{
		{"twice", media.FLV, 2},
		{"often", short, 30},
	} {
		t.Run(ca.name, func(t *testing.T) {
			t.Parallel()
			receiver := peers.StartReceiver(t)
			file := ca.file(t)
			run := start(t, "again.lua", receiver.URL("live", "again"), file, strconv.Itoa(ca.times))
			run.wait()

			once := []int{connecting, handshaking, connected, publishing, disconnecting, disconnected}
			require.Equal(t, slices.Repeat(once, ca.times), run.sequence("1"))
			receiver.Stop() // completes the last recording

			var files []string
			for _, e := range receiver.Events() {
				if e.Event == "end" {
					files = append(files, e.File)
				}
			}
			require.Len(t, files, ca.times)

			pictures := len(frames(t, file).Video.Decoded)
			require.Equal(t, ca.times*pictures, run.stat("1", "video_frames_sent"), "counters go on")
			for _, recorded := range []string{files[0], files[len(files)-1]} {
				require.Zero(t, readFLV(t, recorded)[0].ms)
				media.Compare(t, frames(t, file), frames(t, recorded), media.Options{CodedVideo: true})
			}
		})
	}
}

// stop and start leave nothing out of the clip. The time between them passes for the server too.
func TestPause(t *testing.T) {
	t.Parallel()
	const (
		seconds   = 1500 * time.Millisecond
		pause     = time.Second
		tolerance = 300 * time.Millisecond
		late      = time.Second // waits of the script may be longer, on a busy machine
	)

	receiver := peers.StartReceiver(t)
	run := start(t, "pause.lua", receiver.URL("live", "pause"), "1.5", "1")
	run.wait()
	run.requirePublished("1")

	got := frames(t, receiver.Recording("pause"))
	media.Compare(t, clipFrames(t), got, media.Options{Prefix: true, CodedAudioOnly: true, NoTimes: true})
	requireCounted(t, run, "1", got)
	requireBetween := func(least, most, got time.Duration) {
		require.GreaterOrEqual(t, got, least)
		require.LessOrEqual(t, got, most)
	}
	requireBetween(2*seconds+pause-tolerance, 2*seconds+pause+3*late, last(got.Video.Decoded))

	for _, track := range [][]media.Frame{got.Video.Decoded, got.Audio.Coded} {
		gaps := 0
		for i := range track[1:] {
			d := track[i+1].PTS - track[i].PTS
			require.GreaterOrEqual(t, d, time.Duration(0))
			if d > tolerance {
				gaps++
				requireBetween(pause-tolerance, pause+late, d)
			}
		}
		require.Equal(t, 1, gaps)
	}
}
