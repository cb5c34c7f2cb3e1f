package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// What a server did not declare is not sent to it: connect succeeds, and before anything is published there is an error that names
// the codec of the source and what can be done.
func TestUndeclared(t *testing.T) {
	t.Parallel()
	nginx := peers.StartNginx(t)
	old, v1 := peers.StartReceiver(t), peers.StartReceiver(t, "-caps", "v1")

	for _, ca := range []struct {
		name   string
		server *peers.Server
		file   coded
		parts  []string // of the message, in lower case
	}{
		{"Opus, old server", old, codedFile(".ogg", "", "opus", true), []string{"opus", "aac"}},
		{"FLAC, old server", old, codedFile(".mp4", "", "flac", true), []string{"flac", "aac"}},
		{"AC-3, version 1", v1, codedFile(".mp4", "", "ac3", true), []string{"ac3", "aac"}},
		{"VP8, version 1", v1, vp8, []string{"vp8", "h264"}},
		{"Opus, nginx", nginx, codedFile(".ogg", "", "opus", true), []string{"opus", "aac"}},
	} {
		t.Run(ca.name, func(t *testing.T) {
			t.Parallel()
			run := start(t, "publish.lua", ca.server.For(t).URL("live", streamName(ca.name)), "source="+ca.file.file(t))
			run.wait()
			got := run.requireFailed(afterConnected)
			require.NotZero(t, got.code)
			message := strings.NewReplacer("-", "", ".", "").Replace(strings.ToLower(got.message))
			for _, part := range ca.parts {
				require.Contains(t, message, part)
			}
		})
	}
}

// connect declares all that can be sent, and the receiver understands it; but nothing where the media does not need it.
func TestDeclares(t *testing.T) {
	t.Parallel()
	declares := func(options ...string) map[string]any {
		receiver := peers.StartReceiver(t)
		run := start(t, "publish.lua", append([]string{receiver.URL("live", "declares"), "seconds=0.2"}, options...)...)
		run.wait()
		return receiver.WaitEvent(func(e peers.ReceiverEvent) bool { return e.Event == "connect" }).Declares
	}
	require.Empty(t, declares())
	declared := declares("enhanced=on")
	require.Subset(t, declared["fourCcList"], []any{"hvc1", "av01", "vp09", "vp08", "Opus", "fLaC", "ac-3", "ec-3", ".mp3", "mp4a"})
	for _, name := range []string{"videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx"} {
		require.Contains(t, declared, name)
	}
}

// A silent track beside pictures is in step with them, from the first to the last.
func TestSilentAudio(t *testing.T) {
	t.Parallel()
	const step = 100 * time.Millisecond

	receiver := peers.StartReceiver(t)
	run := start(t, "publish.lua", receiver.URL("live", "silent"), "source="+media.AnnexB(t), "silent_audio=true")
	run.wait()
	run.requirePublished("1")

	got := frames(t, receiver.Recording("silent"))
	media.Compare(t, annexBFrames(t), got, media.Options{VideoOnly: true})
	require.NotEmpty(t, got.Audio.Coded)
	require.Len(t, got.Audio.Decoded, len(got.Audio.Coded))
	video, audio := got.Video.Decoded, got.Audio.Coded
	require.InDelta(t, video[0].PTS.Seconds(), audio[0].PTS.Seconds(), step.Seconds())
	require.InDelta(t, video[len(video)-1].PTS.Seconds(), audio[len(audio)-1].PTS.Seconds(), step.Seconds())
}
