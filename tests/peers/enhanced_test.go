package peers

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
)

// FFmpeg 8.1 publishes in the forms of Enhanced RTMP to each server that takes them, and the recording is the file.
func TestRecordingEnhanced(t *testing.T) {
	receiver, nms := StartReceiver(t, "-caps", "v2"), StartNodeMediaServer(t)

	for i, ca := range []struct{ video, audio string }{
		{"hevc", "opus"}, {"av1", "flac"}, {"vp9", "mp3"}, {"h264", "ac3"}, {"hevc", "eac3"},
	} {
		source := media.Coded(t, ".mp4", ca.video, ca.audio)
		want := media.FrameMD5(t, source)
		stream := fmt.Sprintf("enhanced%d", i)
		check := func(t *testing.T, recording string) {
			t.Helper()
			media.Compare(t, want, media.FrameMD5(t, recording), media.Options{CodedVideo: true, CodedAudioOnly: true})
		}

		t.Run("gortmplib/"+ca.video+" "+ca.audio, func(t *testing.T) {
			publishEnhanced(t, source, receiver.URL("live", stream))
			check(t, media.Matroska(t, receiver.For(t).Recording(stream)))
		})
		t.Run("node-media-server/"+ca.video+" "+ca.audio, func(t *testing.T) {
			publishEnhanced(t, source, nms.URL("live", stream))
			check(t, media.Matroska(t, nms.For(t).Recording(stream)))
		})
		t.Run("node-av/"+ca.video+" "+ca.audio, func(t *testing.T) {
			s := StartNodeAV(t, stream)
			publishEnhanced(t, source, s.URL("live", stream))
			check(t, s.Recording(stream))
		})
	}
}

// Two tracks of video and two of audio.
func TestRecordingMultitrack(t *testing.T) {
	tracks := []string{media.Coded(t, ".mp4", "h264", "aac"), media.Coded(t, ".mp4", "hevc", "opus")}
	source := media.Remuxed(t, ".mp4", nil, tracks...)
	receiver, nodeAV := StartReceiver(t, "-caps", "v2"), StartNodeAV(t, "multi")

	publishEnhanced(t, source, receiver.URL("live", "multi"))
	publishEnhanced(t, source, nodeAV.URL("live", "multi"))
	recordings := []string{media.Matroska(t, receiver.Recording("multi")), nodeAV.Recording("multi")}

	for i := range tracks {
		want := media.FrameMD5Track(t, source, i)
		require.NotEmpty(t, want.Video.Decoded)
		for _, r := range recordings {
			media.Compare(t, want, media.FrameMD5Track(t, r, i), media.Options{CodedVideo: true, CodedAudioOnly: true})
		}
	}
}

// publishEnhanced has FFmpeg 8.1 publish a file, faster than real time.
func publishEnhanced(t *testing.T, file, url string) {
	t.Helper()

	script, modules := media.NodeAV(t)
	dir := t.TempDir()
	log := filepath.Join(dir, "node.log")
	p := startProcess(t, dir, log, []string{"NODE_MODULES=" + modules}, program(t, "node"), script, file, url, "flv")
	defer p.stop()

	require.True(t, waitFor(recordingTimeout, p.ended), "node-av does not end")
	require.Zero(t, p.cmd.ProcessState.ExitCode(), readFile(log))
}
