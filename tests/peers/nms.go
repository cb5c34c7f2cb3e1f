package peers

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"luatrtmp/tests/internal/repo"
)

// StartNodeMediaServer starts node-media-server. It records all apps; app and stream names may have letters, digits, '_' and
// '-' only. A stream name that begins with deny is refused by closing the connection after Publish.Start.
func StartNodeMediaServer(t testing.TB) *Server {
	t.Helper()
	return StartNodeMediaServerTLS(t, "", "")
}

// StartNodeMediaServerTLS is StartNodeMediaServer with the server's own RTMPS port, at TLSAddr, for a certificate and its key in PEM
// files.
func StartNodeMediaServerTLS(t testing.TB, certificate, key string) *Server {
	t.Helper()

	node := program(t, "node")
	modules := filepath.Join(repo.Build(t, "peers"), "nms", "node_modules")
	installed(t, filepath.Join(modules, "node-media-server"))

	s := newServer(t, "node-media-server")
	rtmp, rtmps, http := freePort(t), freePort(t), freePort(t)
	s.Addr = loopback(rtmp)
	ports := []int{rtmp, http}
	if certificate != "" {
		s.TLSAddr = loopback(rtmps)
		ports = append(ports, rtmps)
	}

	s.start([]string{
		"NODE_PATH=" + modules, "RUN=" + s.dir, "RTMP=" + strconv.Itoa(rtmp), "RTMPS=" + strconv.Itoa(rtmps), "HTTP=" + strconv.Itoa(http),
		"CERT=" + certificate, "KEY=" + key,
	},
		node, filepath.Join(repo.Root(t), "tests", "peers", "nms", "server.js"))
	s.waitListening(ports...)

	// The recorder starts only when the store is open.
	s.waitReady(func() bool { return strings.Contains(readFile(s.log), "Store ready") })

	// server.js prints "recorded /live/STREAM PATH" when the file is closed.
	s.recorded = func(stream string) (path string, ok bool) {
		for line := range strings.Lines(readFile(s.log)) {
			if p, found := strings.CutPrefix(line, "recorded /live/"+stream+" "); found && strings.HasSuffix(p, "\n") {
				path, ok = strings.TrimSpace(p), true
			}
		}
		return path, ok
	}

	return s
}
