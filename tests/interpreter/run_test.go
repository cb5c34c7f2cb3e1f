// Package interpreter_test runs rtmp.so, as ./build.sh builds it, under stock interpreters.
package interpreter_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
)

// abis are the interpreters, and what build.sh calls the Lua of each.
var abis = []struct{ lua, abi string }{
	{"lua5.1", "5.1"}, {"lua5.2", "5.2"}, {"lua5.3", "5.3"}, {"lua5.4", "5.4"}, {"luajit", "jit"},
}

const timeout = 2 * time.Minute // for one command

var (
	buildMutex sync.Mutex
	built      = map[string]bool{}
)

// module builds rtmp.so for one Lua and returns its folder.
func module(t *testing.T, abi string) string {
	t.Helper()
	buildMutex.Lock()
	defer buildMutex.Unlock()
	root := repo.Root(t)
	if !built[abi] {
		readSources(t, root)
		_, stderr, code := run(t, []string{"LUA=" + abi}, filepath.Join(root, "build.sh"))
		require.Zero(t, code, stderr)
		built[abi] = true
	}
	return filepath.Join(root, "build/lua"+abi)
}

// buildFor builds rtmp.so for Lua 5.3 with other flags into a folder of the test's own, and returns that.
func buildFor(t *testing.T, cflags string, flags ...string) string {
	t.Helper()
	buildMutex.Lock()
	defer buildMutex.Unlock()
	root, dir := repo.Root(t), t.TempDir()
	readSources(t, root)
	include, err := exec.CommandContext(t.Context(), "pkg-config", "--cflags", "lua5.3").Output()
	require.NoError(t, err)
	build := exec.CommandContext(t.Context(), "go", append([]string{"build", "-buildmode=c-shared", "-o", filepath.Join(dir, "rtmp.so")}, flags...)...)
	build.Dir, build.Env = root, append(os.Environ(), "CGO_CFLAGS="+cflags+" "+string(bytes.TrimSpace(include)))
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

// readSources reads what goes into rtmp.so, so that a change of it makes go test run again instead of showing a cached result.
func readSources(t *testing.T, root string) {
	t.Helper()
	for _, folder := range []string{"amf", "core", "include", "internal", "lua"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				_, err = os.ReadFile(path)
			}
			return err
		}))
	}
	for _, pattern := range []string{"*.c", "*.h", "*.go", "build.sh", "luat", "rtmp.map", "archive.ld"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, file := range files {
			_, err := os.ReadFile(file)
			require.NoError(t, err)
		}
	}
}

// command prepares a program, which is killed after a while.
func command(t *testing.T, env []string, name string, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	t.Cleanup(cancel)
	cmd = exec.CommandContext(ctx, name, args...)
	cmd.Env = append(append(os.Environ(), "RTMP_LOG=error"), env...) // the log tells of failures that are provoked
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// run runs a program. code is -1 when a signal ended it.
func run(t *testing.T, env []string, name string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd, out, errOut := command(t, env, name, args...)
	err := cmd.Run()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}
