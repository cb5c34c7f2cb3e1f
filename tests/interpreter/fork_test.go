package interpreter_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
)

// TestFork: a child made by fork() gets errors, and does not hang. What it inherits is the parent's.
func TestFork(t *testing.T) {
	t.Parallel()
	testdata := filepath.Join(repo.Root(t), "tests/interpreter/testdata")
	for _, file := range []string{"fork.c", "forked.lua"} { // so that go test runs again when it changes
		_, err := os.ReadFile(filepath.Join(testdata, file))
		require.NoError(t, err)
	}
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "sh", "-c",
		`gcc -std=gnu99 -Wall -Wextra -Werror -shared -fPIC -o "$1" "$2" $(pkg-config --cflags lua5.3)`, "sh",
		filepath.Join(dir, "fork.so"), filepath.Join(testdata, "fork.c")).CombinedOutput()
	require.NoError(t, err, "%s", out)

	env := []string{"LUA_PATH=" + filepath.Join(repo.Root(t), "lua/?.lua"), "LUA_CPATH=" + module(t, "5.3") + "/?.so;" + dir + "/?.so"}
	stdout, stderr, code := run(t, env, "lua5.3", "-l", "luatos", filepath.Join(testdata, "forked.lua"))
	require.Empty(t, stderr)
	require.Zero(t, code, stdout)
	require.Equal(t, "parent\n", stdout)
}
