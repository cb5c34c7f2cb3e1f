package peers

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
)

// ffmpeg publishes a file to each server, and the recording is the file.
func TestRecording(t *testing.T) {
	source := media.FLV(t)
	want := media.FrameMD5(t, source)

	for _, ca := range []struct {
		name  string
		start func(testing.TB) *Server
		url   func(s *Server) string
	}{
		{"nginx-rtmp", StartNginx, func(s *Server) string { return s.URL("live", "smoke") }},
		{"nginx-rtmp, small chunks", StartNginx, func(s *Server) string { return s.SmallURL("live", "smoke") }},
		{"gortmplib", startReceiver, func(s *Server) string { return s.URL("live", "smoke") }},
		{"node-media-server", StartNodeMediaServer, func(s *Server) string { return s.URL("live", "smoke") }},
		{
			"ffmpeg -listen", func(t testing.TB) *Server { return StartFFmpegListen(t, "smoke") },
			func(s *Server) string { return s.URL("live", "smoke") },
		},
	} {
		t.Run(ca.name, func(t *testing.T) {
			s := ca.start(t)
			publish(t, source, ca.url(s))
			got := media.FrameMD5(t, s.Recording("smoke"))
			media.Compare(t, want, got, media.Options{CodedVideo: true})
		})
	}
}

// B-frames: FLV's composition times carry the order in which the pictures are shown. What an edit list hides of the audio is
// heard in FLV, so only its packets can be compared.
func TestRecordingBFrames(t *testing.T) {
	source := media.MP4(t)
	want := media.FrameMD5(t, source)

	s := StartReceiver(t)
	publish(t, source, s.URL("live", "smoke"))
	got := media.FrameMD5(t, s.Recording("smoke"))
	media.Compare(t, want, got, media.Options{CodedVideo: true, CodedAudioOnly: true})
}

func TestReceiverEvents(t *testing.T) {
	s := StartReceiver(t)
	publish(t, media.FLV(t), s.URL("live", "smoke"))

	e := s.WaitEvent(func(e ReceiverEvent) bool { return e.Event == "end" })
	require.Equal(t, "smoke", e.Stream)
	require.Equal(t, "deleteStream", e.Why)
	require.Equal(t, 90+2, e.Video.Messages) // sequence header and end of sequence
	require.Equal(t, 131+1, e.Audio.Messages)
	require.Equal(t, 1, e.Data.Messages)
	require.InDelta(t, media.Length.Seconds(), e.Seconds, 0.05)
}

// nginx refuses where its configuration says so, each in its own way, and takes the rest.
func TestNginxApps(t *testing.T) {
	s := StartNginx(t)
	source := media.FLV(t)

	for _, ca := range []struct{ app, log string }{
		{"unknown", "application not found: 'unknown'"},
		{"denied", "access forbidden by rule"},
		{"auth", "\" 403 "},
	} {
		publishStatus(t, source, s.URL(ca.app, "smoke"))
		require.True(t, waitFor(recordingTimeout, func() bool { return strings.Contains(s.Log(), ca.log) }), ca.app)
	}

	publish(t, source, s.URL("auth", "smoke?token=good"))
	publish(t, source, s.URL("multi/seg/app", "smoke"), "-rtmp_app", "multi/seg/app", "-rtmp_playpath", "smoke")
}

func startReceiver(t testing.TB) *Server { return StartReceiver(t) }

// publish has ffmpeg publish a file, faster than real time.
func publish(t *testing.T, file, url string, options ...string) {
	t.Helper()
	require.Zero(t, publishStatus(t, file, url, options...), "ffmpeg's exit status")
}

func publishStatus(t *testing.T, file, url string, options ...string) int {
	t.Helper()

	dir := t.TempDir()
	args := append([]string{
		"-nostdin", "-hide_banner", "-loglevel", "error", "-i", file, "-c", "copy", "-f", "flv",
	}, options...)
	p := startProcess(t, dir, filepath.Join(dir, "ffmpeg.log"), nil, program(t, "ffmpeg"), append(args, url)...)
	defer p.stop()

	require.True(t, waitFor(recordingTimeout, p.ended), "ffmpeg does not end")

	return p.cmd.ProcessState.ExitCode()
}
