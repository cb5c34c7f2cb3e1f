package luaface

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
)

// Scripts are the names of the scripts in tests/lua/face that are tests.
var Scripts = []string{"api", "options", "callbacks", "collect", "publish", "bitrate"}

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

var (
	resultLine = regexp.MustCompile(`^(not )?ok (\d+) (.+)$`)
	planLine   = regexp.MustCompile(`^1\.\.(\d+)$`)
)

// Report makes a subtest of each line of a script's report.
func Report(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	plan := planLine.FindStringSubmatch(lines[len(lines)-1])
	require.NotNil(t, plan, "the script did not come to its end:\n%s", content)

	last := "0"
	for i, line := range lines {
		result := resultLine.FindStringSubmatch(line)
		if result == nil {
			continue
		}
		last = result[2]
		why := line
		for _, detail := range lines[i+1:] {
			if !strings.HasPrefix(detail, "#") {
				break
			}
			why += "\n" + detail
		}
		t.Run(result[3], func(t *testing.T) { require.Empty(t, result[1], why) })
	}
	require.Equal(t, plan[1], last, "tests planned, tests run")
	require.NotEqual(t, "0", last)
}
