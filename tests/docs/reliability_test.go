package docs_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
)

var (
	reliability = []string{"docs/reliability.md", "docs/reliability.zh-CN.md"}
	testName    = regexp.MustCompile(`^(?:([a-z0-9/]+)\.)?((?:Test|Fuzz)[A-Z]\w*)$`)
	testFunc    = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\([tf] \*testing\.[TF]\)`)
)

// testsOf returns the tests of a folder.
func testsOf(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(repo.Root(t), folder, "*_test.go"))
	require.NoError(t, err)
	all := map[string]bool{}
	for _, file := range files {
		name, err := filepath.Rel(repo.Root(t), file)
		require.NoError(t, err)
		for _, m := range testFunc.FindAllStringSubmatch(read(t, name), -1) {
			all[m[1]] = true
		}
	}
	return all
}

// Each promise names what keeps it, and that exists.
func TestPromises(t *testing.T) {
	known := map[string]map[string]bool{}
	for _, page := range reliability {
		promises := 0
		for line := range strings.Lines(read(t, page)) {
			cells := strings.Split(strings.TrimSpace(line), "|")
			if len(cells) != 4 || strings.HasPrefix(cells[1], "---") {
				continue
			}
			names := span.FindAllStringSubmatch(cells[2], -1)
			if len(names) == 0 { // the head of a table
				continue
			}
			promises++
			for _, name := range names {
				m := testName.FindStringSubmatch(name[1])
				if m == nil {
					require.FileExists(t, filepath.Join(repo.Root(t), name[1]), "%s: %s", page, cells[1])
					continue
				}
				if known[m[1]] == nil {
					known[m[1]] = testsOf(t, m[1])
				}
				require.True(t, known[m[1]][m[2]], "%s: %s: there is no %s", page, cells[1], name[1])
			}
		}
		require.Equal(t, strings.Count(read(t, page), "\n| ")-strings.Count(read(t, page), "\n|---"), promises, "%s: a promise without a test", page)
	}
}

// Both pages make the same promises.
func TestPromisesInStep(t *testing.T) {
	var names [2][]string
	for i, page := range reliability {
		for _, m := range span.FindAllStringSubmatch(read(t, page), -1) {
			names[i] = append(names[i], m[1])
		}
		require.Contains(t, read(t, []string{"README.md", "README.zh-CN.md"}[i]), "("+page+")")
	}
	require.Equal(t, names[0], names[1])
}
