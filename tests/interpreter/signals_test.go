package interpreter_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSignals looks at the threads of an interpreter that publishes: those of the library take no signal of the process but
// those that Go itself needs, and the interpreter's own takes all, as before.
func TestSignals(t *testing.T) {
	t.Parallel()
	// Go unblocks SIGCHLD, SIGPROF and 34 in each of its threads; see internal/hostsignals.
	ofGo := []syscall.Signal{
		syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGSEGV, syscall.SIGSYS, syscall.SIGSTKFLT,
		syscall.SIGURG, syscall.SIGCHLD, syscall.SIGPROF, 32, 33, 34, syscall.SIGKILL, syscall.SIGSTOP,
	}
	for _, a := range abis {
		t.Run(a.lua, func(t *testing.T) {
			script := `
				local rtmp = require("rtmp")
				local contexts = {}
				for i = 1, 5 do
					contexts[i] = rtmp.create("rtmp://127.0.0.1:1/live/x", {reconnect = {min_ms = 10, max_ms = 10}})
					contexts[i]:connect()
				end
				rtmp.poll(200)
				print("ready")
				io.stdout:flush()
				io.read()`
			cmd := exec.CommandContext(t.Context(), a.lua, "-e", script)
			cmd.Env = append(os.Environ(), "LUA_CPATH="+module(t, a.abi)+"/?.so")
			_, err := cmd.StdinPipe()
			require.NoError(t, err)
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			line, err := bufio.NewReader(out).ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "ready\n", line)

			tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", cmd.Process.Pid))
			require.NoError(t, err)
			require.Greater(t, len(tasks), 3)
			for _, task := range tasks {
				blocked := blockedSignals(t, task)
				if filepath.Base(task) == strconv.Itoa(cmd.Process.Pid) {
					require.Zero(t, blocked, "the interpreter's thread")
					continue
				}
				for signal := syscall.Signal(1); signal <= 64; signal++ {
					if !slices.Contains(ofGo, signal) {
						require.NotZero(t, blocked>>(signal-1)&1, "signal %d (%v) of thread %s", signal, signal, task)
					}
				}
			}
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			cmd.Wait()
			require.Equal(t, syscall.SIGTERM, cmd.ProcessState.Sys().(syscall.WaitStatus).Signal())
		})
	}
}

// blockedSignals returns the mask of a thread: bit 0 is signal 1.
func blockedSignals(t *testing.T, task string) uint64 {
	t.Helper()
	status, err := os.ReadFile(filepath.Join(task, "status"))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(status), "SigBlk:")
	require.True(t, found)
	mask, err := strconv.ParseUint(strings.Fields(rest)[0], 16, 64)
	require.NoError(t, err)
	return mask
}
