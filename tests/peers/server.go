// Package peers starts and stops the RTMP servers that the end-to-end tests publish to. None of them shares code with this
// project. A peer that is not installed fails the test; ./build.sh setup installs all.
package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// recordingTimeout is the longest that Recording waits.
const recordingTimeout = 20 * time.Second

// Server is a running server, for one test.
type Server struct {
	// Name is the server's name for messages and tables.
	Name string

	// Addr is the loopback address of its RTMP port, "127.0.0.1:21234".
	Addr string

	// SmallAddr is nginx's second port: it sends chunks of 128 bytes and wants an acknowledgement every 4096.
	SmallAddr string

	// TLSAddr is the RTMPS port of StartNodeMediaServerTLS.
	TLSAddr string

	// AsksAddr is nginx's third port: it asks an HTTP server before it accepts connect, and takes nothing meanwhile.
	AsksAddr string

	httpAddr string // nginx's, for control

	t    testing.TB
	dir  string // of the test's own: configuration, logs, recordings
	log  string
	proc *process

	// launch starts the program and waits until it serves.
	launch func()

	// recorded returns the path of a stream's latest recording, once it is complete.
	recorded func(stream string) (path string, ok bool)
}

// URL returns rtmp://ADDRESS/APP/STREAM. All servers record the app "live".
func (s *Server) URL(app, stream string) string {
	return fmt.Sprintf("rtmp://%s/%s/%s", s.Addr, app, stream)
}

// SmallURL is URL for SmallAddr.
func (s *Server) SmallURL(app, stream string) string {
	return fmt.Sprintf("rtmp://%s/%s/%s", s.SmallAddr, app, stream)
}

// Recording waits until the recording of live/STREAM is complete, which it is when its publisher has gone, and returns the
// FLV file. It fails the test when that takes more than 20 s. Stream names should be used once for each server.
func (s *Server) Recording(stream string) string {
	s.t.Helper()

	var path string
	if !waitFor(recordingTimeout, func() (ok bool) { path, ok = s.recorded(stream); return ok }) {
		s.t.Fatalf("peers: %s: no complete recording of live/%s after %v\n%s", s.Name, stream, recordingTimeout, s.Log())
	}

	return path
}

// Log returns what the server has written to its output and its logs so far.
func (s *Server) Log() string {
	text := readFile(s.log)
	for _, name := range []string{"error.log", "http.log"} { // nginx's
		text += readFile(filepath.Join(s.dir, name))
	}

	return text
}

// Stop stops the server before the test's end.
func (s *Server) Stop() {
	s.proc.stop()
}

// Restart starts a server that was stopped again, at the same address. It works for nginx and for the receiver.
func (s *Server) Restart() {
	s.t.Helper()
	s.launch()
}

// For returns the server for a subtest: what goes wrong is told to t from there on. The server still lives as long as the
// test that started it.
func (s *Server) For(t testing.TB) *Server {
	sub := *s
	sub.t = t

	return &sub
}

// newServer makes the server's folder.
func newServer(t testing.TB, name string) *Server {
	t.Helper()

	dir := t.TempDir()
	return &Server{Name: name, t: t, dir: dir, log: filepath.Join(dir, "output.log")}
}

// start starts the server's program and sees to its end. The program runs in the server's folder.
func (s *Server) start(env []string, name string, args ...string) {
	s.t.Helper()

	s.proc = startProcess(s.t, s.dir, s.log, env, name, args...)
	s.t.Cleanup(func() {
		s.proc.stop()
		if s.t.Failed() {
			s.t.Logf("output of %s:\n%s", s.Name, s.Log())
		}
	})
}

// waitReady waits until ready says so.
func (s *Server) waitReady(ready func() bool) {
	s.t.Helper()

	ok := false
	waitFor(startTimeout, func() bool { ok = ready(); return ok || s.proc.ended() })
	if !ok {
		s.t.Fatalf("peers: %s does not listen", s.Name)
	}
}

// waitListening waits until the program listens on all of these ports.
func (s *Server) waitListening(ports ...int) {
	s.t.Helper()

	s.waitReady(func() bool {
		for _, port := range ports {
			if !listening(port) {
				return false
			}
		}
		return true
	})
}

// readFile returns a file's text, which is empty when there is no such file.
func readFile(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}

	return string(text)
}
