package e2e_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// Two contexts of one Lua state publish at once.
func TestTwoContexts(t *testing.T) {
	t.Parallel()
	nginx := peers.StartNginx(t)

	run := start(t, "two.lua", nginx.URL("live", "clip"), "4.5", nginx.URL("live", "file"), media.MP4(t))
	run.wait()
	run.requirePublished("clip")
	run.requirePublished("file")

	got := frames(t, nginx.Recording("clip"))
	media.Compare(t, clipFrames(t), got, media.Options{Prefix: true, CodedAudioOnly: true})
	requireCounted(t, run, "clip", got)

	got = frames(t, nginx.Recording("file"))
	media.Compare(t, frames(t, media.MP4(t)), got, media.Options{CodedVideo: true, CodedAudioOnly: true})
	requireCounted(t, run, "file", got)
}

// Three programs publish to one server at once.
func TestThreeProcesses(t *testing.T) {
	t.Parallel()
	nginx := peers.StartNginx(t)

	media3 := []medium{clip(3.5), mp4, pushed}
	runs := make([]*script, len(media3))
	for i, m := range media3 {
		runs[i] = m.start(t, nginx.URL("live", fmt.Sprint(i)))
	}
	for i, m := range media3 {
		runs[i].wait()
		runs[i].requirePublished("1")
		got := frames(t, nginx.Recording(fmt.Sprint(i)))
		media.Compare(t, m.want(t), got, m.opts)
		requireCounted(t, runs[i], "1", got)
		require.GreaterOrEqual(t, last(got.Video.Decoded), m.least)
	}
}
