package peers

import (
	"path/filepath"
	"strconv"
	"testing"
)

// StartFFmpegListen starts ffmpeg as a server. It takes one publisher, and ends with it; the stream's name must be the one
// given here and its app "live".
func StartFFmpegListen(t testing.TB, stream string) *Server {
	t.Helper()

	ffmpeg := program(t, "ffmpeg")

	s := newServer(t, "ffmpeg -listen")
	port := freePort(t)
	s.Addr = loopback(port)
	file := filepath.Join(s.dir, "recording.flv")

	// -copyts and the like keep ffmpeg from moving times and from leaving out what lies before the first key frame.
	s.start(nil, ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "info", "-y",
		"-listen", "1", "-timeout", strconv.Itoa(int(startTimeout.Seconds())*4), "-copyts", "-i", s.URL("live", stream),
		"-c", "copy", "-copyinkf", "-copypriorss", "1", "-f", "flv", file)
	s.waitListening(port)

	s.recorded = func(string) (string, bool) { return file, s.proc.ended() }

	return s
}
