package peers

import (
	"path/filepath"
	"strings"
	"testing"

	"luatrtmp/tests/media"
)

// StartNodeAV starts FFmpeg 8.1, out of npm's node-av, as a server, which knows Enhanced RTMP with several tracks. It takes one
// publisher, and ends with it; the stream's name must be the one given here and its app "live". The recording is a Matroska file.
func StartNodeAV(t testing.TB, stream string) *Server {
	t.Helper()

	node := program(t, "node")
	script, modules := media.NodeAV(t)

	s := newServer(t, "node-av")
	port := freePort(t)
	s.Addr = loopback(port)
	file := filepath.Join(s.dir, "recording.mkv")

	s.start([]string{"NODE_MODULES=" + modules}, node, script, s.URL("live", stream), file, "matroska", `{"listen":"1"}`)
	s.waitListening(port)

	// The script says so when the file is closed.
	s.recorded = func(string) (string, bool) {
		return file, s.proc.ended() && strings.Contains(readFile(s.log), "remuxed ")
	}

	return s
}
