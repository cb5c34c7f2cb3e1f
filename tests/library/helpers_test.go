// Package library_test looks at what ./build.sh makes, from outside: what rtmp.so exports and needs, whether the header tells
// the truth about it, and whether it installs and builds again to the same bytes.
package library_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
)

const (
	runTimeout   = 30 * time.Second // for a compiler or an interpreter
	buildTimeout = 5 * time.Minute  // for ./build.sh, on a machine that does other things
)

// run runs a program in the top folder, with an environment in which nothing but what is given says how Lua or build.sh work.
// It returns all that the program prints.
func run(t *testing.T, timeout time.Duration, env []string, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = repo.Root(t)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "LUA") && !strings.HasPrefix(variable, "DESTDIR=") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// mustRun is run for what has to succeed.
func mustRun(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	out, err := run(t, runTimeout, env, name, args...)
	require.NoError(t, err, "%s %v: %s", name, args, out)
	return out
}

// built returns the path of a file below build/.
func built(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(repo.Root(t), "build", filepath.FromSlash(name))
	require.FileExists(t, path, "./build.sh builds it; LUA=... ./build.sh for another Lua than 5.3")
	return path
}

// source returns the text of a file of the source tree.
func source(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repo.Root(t), filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(text)
}
