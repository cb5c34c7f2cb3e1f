package luaface

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/internal/tap"
)

// Scripts are the names of the scripts in tests/lua/face that are tests.
var Scripts = []string{"api", "options", "callbacks", "collect", "publish", "bitrate", "reconnect", "log"}

// Script returns the path of a script. It reads it and what it requires, so that a change makes go test run again.
func Script(t testing.TB, name string) string {
	t.Helper()
	folder := filepath.Join(repo.Root(t), "tests/lua/face")
	for _, file := range []string{"before", "face", "media", name} {
		_, err := os.ReadFile(filepath.Join(folder, file+".lua"))
		require.NoError(t, err)
	}
	return filepath.Join(folder, name+".lua")
}

// Report makes a subtest of each line of a script's report.
func Report(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	tap.Report(t, string(content))
}
