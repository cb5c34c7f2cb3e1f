package peers

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"luatrtmp/tests/internal/repo"
)

// ReceiverEvent is a line of the receiver's output; tests/receiver says what the events are.
type ReceiverEvent struct {
	Event     string
	Addr      string
	App       string
	TCURL     string `json:"tcUrl"`
	FlashVer  string
	Declares  map[string]any // what connect said of Enhanced RTMP
	Stream    string
	Query     string
	Answer    string
	File      string
	Type      string
	Timestamp uint32
	Audio     ReceiverCount
	Video     ReceiverCount
	Data      ReceiverCount
	Seconds   float64
	Why       string
}

// ReceiverCount is what came of one message type.
type ReceiverCount struct {
	Messages int
	Bytes    uint64
}

// StartReceiver builds and starts tests/receiver, a receiver on gortmplib, with options of its command line; -caps says what it
// declares of Enhanced RTMP, which is nothing without. It records all apps. Stream names that begin with deny, mute, cutN, slow,
// reconnectN and hopsN get special treatment.
func StartReceiver(t testing.TB, options ...string) *Server {
	t.Helper()

	s := newServer(t, "gortmplib")

	binary := filepath.Join(s.dir, "receiver")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./tests/receiver")
	build.Dir = repo.Root(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("peers: building tests/receiver: %v\n%s", err, out)
	}

	port := freePort(t)
	s.Addr = loopback(port)
	s.launch = func() {
		s.start(nil, binary, append([]string{"-addr", s.Addr, "-dir", filepath.Join(s.dir, "recordings")}, options...)...)
		s.waitListening(port)
	}
	s.launch()

	s.recorded = func(stream string) (path string, ok bool) {
		all := s.Recordings(stream)
		if len(all) == 0 {
			return "", false
		}
		return all[len(all)-1], true
	}

	return s
}

// Recordings returns the receiver's complete recordings of a stream's name, in the order in which they ended.
func (s *Server) Recordings(stream string) []string {
	var files []string
	for _, e := range s.Events() {
		if e.Event == "end" && e.Stream == stream {
			files = append(files, e.File)
		}
	}

	return files
}

// Events returns what the receiver has told so far. For other servers it returns nothing.
func (s *Server) Events() []ReceiverEvent {
	var events []ReceiverEvent

	for line := range strings.Lines(readFile(s.log)) {
		var e ReceiverEvent
		if strings.HasSuffix(line, "\n") && json.Unmarshal([]byte(line), &e) == nil && e.Event != "" {
			events = append(events, e)
		}
	}

	return events
}

// WaitEvent waits for the first event for which match is true. It fails the test when none comes within 20 s.
func (s *Server) WaitEvent(match func(ReceiverEvent) bool) ReceiverEvent {
	s.t.Helper()

	var found ReceiverEvent
	ok := waitFor(recordingTimeout, func() bool {
		for _, e := range s.Events() {
			if match(e) {
				found = e
				return true
			}
		}
		return false
	})
	if !ok {
		s.t.Fatalf("peers: %s: the event did not come within %v", s.Name, recordingTimeout)
	}

	return found
}
