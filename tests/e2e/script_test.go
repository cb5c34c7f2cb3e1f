package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
)

const (
	scriptTimeout = 45 * time.Second // for a whole script
	stateTimeout  = 20 * time.Second // for one thing that is waited for
	pollInterval  = 10 * time.Millisecond
)

// The states, as scripts see them.
const (
	connecting = iota + 1
	handshaking
	connected
	publishing
	disconnecting
	disconnected
	failed
)

// state is one call of a script's callback.
type state struct {
	context string
	state   int
	code    int // RTMP_ERR_*, with failed only
	message string
	at      time.Time
}

// script is a Lua script that runs, or has run, under luat and so on stock Lua. Its lines of output are events; see
// testdata/report.lua.
type script struct {
	t      testing.TB
	name   string
	stderr bytes.Buffer
	done   chan struct{} // closed when it has ended
	err    error

	mu     sync.Mutex
	output []string
	states []state
	stats  map[string]map[string]string // by context and name
	left   map[string]time.Duration     // how long stop and disconnect took
	paces  [][2]float64                 // ms: since PUBLISHING, timestamp
}

// library fails the test when the library is not built. It reads it, so that go test runs again when it has changed.
func library(t testing.TB) {
	t.Helper()
	_, err := os.ReadFile(filepath.Join(repo.Root(t), "build", "rtmp.so"))
	require.NoError(t, err, "run ./build.sh")
}

// start starts a script of testdata; a path is taken as it is.
func start(t testing.TB, name string, args ...string) *script {
	t.Helper()
	return startWith(t, nil, name, args...)
}

// startWith is start with additions to the environment.
func startWith(t testing.TB, env []string, name string, args ...string) *script {
	t.Helper()
	library(t)

	scripts := filepath.Join(repo.Root(t), "tests", "e2e", "testdata")
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(scripts, name)
	}
	_, err := os.ReadFile(path)
	require.NoError(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), scriptTimeout)
	cmd := exec.CommandContext(ctx, filepath.Join(repo.Root(t), "luat"), append([]string{path}, args...)...)
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "LUA=lua5.3", "LUA_PATH_5_3=" + filepath.Join(scripts, "?.lua") + ";;",
		"RTMP_LOG=error", // the log tells of failures that are provoked
	}, env...)

	s := &script{
		t: t, name: name, done: make(chan struct{}),
		stats: map[string]map[string]string{}, left: map[string]time.Duration{},
	}
	cmd.Stderr = &s.stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())

	go func() {
		defer cancel()
		s.read(stdout)
		s.err = cmd.Wait()
		close(s.done)
	}()
	t.Cleanup(func() {
		cancel()
		<-s.done
		if t.Failed() {
			t.Logf("output of %s %s:\n%s%s", name, strings.Join(args, " "), strings.Join(s.output, "\n"), s.stderr.String())
		}
	})

	return s
}

func (s *script) read(stdout io.Reader) {
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		s.take(lines.Text())
	}
}

// take understands one line of output; lines that are no event are kept as they are.
func (s *script) take(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()

	field := strings.Split(line, "\t")
	number := func(i int) float64 {
		n, err := strconv.ParseFloat(field[i], 64)
		if err != nil {
			s.output = append(s.output, err.Error())
		}
		return n
	}

	switch {
	case field[0] == "stat" && len(field) == 4:
		if s.stats[field[1]] == nil {
			s.stats[field[1]] = map[string]string{}
		}
		s.stats[field[1]][field[2]] = field[3]
		return
	case field[0] == "pace" && len(field) == 4:
		s.paces = append(s.paces, [2]float64{number(2), number(3)})
		return
	case field[0] == "left" && len(field) == 3:
		s.left[field[1]] = time.Duration(number(2) * float64(time.Millisecond))
	case field[0] == "state" && len(field) >= 3:
		st := state{context: field[1], state: int(number(2)), at: time.Now()}
		if len(field) == 5 {
			st.code, st.message = int(number(3)), field[4]
		}
		s.states = append(s.states, st)
	}
	s.output = append(s.output, line)
}

// wait waits for the script's end, and fails the test if that was an error.
func (s *script) wait() {
	s.t.Helper()
	<-s.done
	require.NoError(s.t, s.err, "%s", s.name)
	require.Empty(s.t, s.stderr.String(), "%s", s.name)
}

// waitState waits until a context has come into a state for the nth time, and returns that.
func (s *script) waitState(context string, want, nth int) state {
	s.t.Helper()

	var found state
	ok := eventually(func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		n := 0
		for _, st := range s.states {
			if st.context == context && st.state == want {
				if n++; n == nth {
					found = st
					return true
				}
			}
		}
		return false
	})
	require.True(s.t, ok, "%s: context %s did not come into state %d for the %d. time", s.name, context, want, nth)

	return found
}

// sequence returns the states that a context of an ended script went through.
func (s *script) sequence(context string) []int {
	var states []int
	for _, st := range s.states {
		if st.context == context {
			states = append(states, st.state)
		}
	}
	return states
}

// last returns the last state of an ended script's only context.
func (s *script) last() state {
	s.t.Helper()
	require.NotEmpty(s.t, s.states)
	return s.states[len(s.states)-1]
}

// stat returns a number of getStats at the end of the script.
func (s *script) stat(context, name string) int {
	s.t.Helper()
	text, ok := s.stats[context][name]
	require.True(s.t, ok, "%s: statistics of context %s have no %s", s.name, context, name)
	n, err := strconv.Atoi(strings.TrimSuffix(text, ".0"))
	require.NoError(s.t, err, name)
	return n
}

// requirePublished requires that a context published and ended in good order.
func (s *script) requirePublished(context string) {
	s.t.Helper()
	require.Equal(s.t, []int{connecting, handshaking, connected, publishing, disconnecting, disconnected}, s.sequence(context))
	require.Zero(s.t, s.stat(context, "dropped_frames"))
}

// requireFailed requires that the only context ended in an error after one of these sequences of states.
func (s *script) requireFailed(sequences ...[]int) state {
	s.t.Helper()
	got := s.sequence("1")
	ok := slices.ContainsFunc(sequences, func(want []int) bool { return slices.Equal(want, got) })
	require.True(s.t, ok, "states %v, want one of %v", got, sequences)
	return s.last()
}

func eventually(ok func() bool) bool {
	for end := time.Now().Add(stateTimeout); !ok(); time.Sleep(pollInterval) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}
