package docs_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
)

var (
	performance = []string{"docs/performance.md", "docs/performance.zh-CN.md"}
	figure      = regexp.MustCompile(`\d+(?:[.,]\d+)*`)
	// The bench's tables stand on the first page only; the other has a paragraph that leads to them.
	written = regexp.MustCompile(`(?s)<!-- written by .*<!-- to here -->`)
)

// parts returns headings, paragraphs, items and lines of tables, each on one line.
func parts(page string) (all []string) {
	begins := true
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			begins = true
			continue
		case begins || strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "|"):
			all = append(all, line)
		default:
			all[len(all)-1] += " " + line
		}
		begins = false
	}
	return all
}

// Both pages say the same, part by part: the same names in code and the same figures, though not always in the same order.
func TestPerformanceInStep(t *testing.T) {
	var pages [2][]string
	for i, page := range performance {
		text := read(t, page)
		pages[i] = parts(written.ReplaceAllString(text, "tables"))
		require.Contains(t, text, "]("+filepath.Base(performance[1-i])+")")
		require.Contains(t, read(t, []string{"README.md", "README.zh-CN.md"}[i]), "("+page+")")
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			require.FileExists(t, filepath.Join(repo.Root(t), "docs", m[1]))
		}
	}
	require.Len(t, pages[1], len(pages[0]))
	for i, english := range pages[0] {
		chinese := pages[1][i]
		for _, what := range []*regexp.Regexp{span, figure} {
			one, other := what.FindAllString(english, -1), what.FindAllString(chinese, -1)
			slices.Sort(one)
			slices.Sort(other)
			require.Equal(t, one, other, "%s\n%s", english, chinese)
		}
	}
}
