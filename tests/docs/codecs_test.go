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
	codecPages = []string{"docs/codecs.md", "docs/codecs.zh-CN.md"}
	subtest    = regexp.MustCompile(`^([a-z0-9/]+)\.(Test[A-Z]\w*)(?:/(.+))?$`)
	leftOut    = regexp.MustCompile(`^(named: |仅列出：)`)
)

// sourcesOf returns the text of all tests of a folder.
func sourcesOf(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(repo.Root(t), folder, "*_test.go"))
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range files {
		name, err := filepath.Rel(repo.Root(t), file)
		require.NoError(t, err)
		all.WriteString(read(t, name))
	}
	return all.String()
}

// hasSubtest reports whether the tests of a folder have the name of a subtest in a table: as a whole, by its parts, or by its words,
// of which a test may put it together.
func hasSubtest(source, name string) bool {
	has := func(words []string) bool {
		for _, w := range words {
			if !strings.Contains(source, `"`+w+`"`) && !strings.Contains(source, `"`+strings.ReplaceAll(w, "_", " ")+`"`) {
				return false
			}
		}
		return true
	}
	return has([]string{name}) || has(strings.Split(name, "/")) || has(strings.Split(name, "_"))
}

// No cell of the page is empty, and each test that it names exists.
func TestCodecsPage(t *testing.T) {
	known, sources := map[string]map[string]bool{}, map[string]string{}
	for _, page := range codecPages {
		columns, grids, named := 0, 0, 0
		for line := range strings.Lines(read(t, page)) {
			line = strings.TrimSpace(line)
			if !strings.HasPrefix(line, "|") {
				columns = 0
				continue
			}
			cells := strings.Split(strings.Trim(line, "|"), "|")
			if columns == 0 {
				columns = len(cells)
				grids++
			}
			require.Len(t, cells, columns, "%s: %s", page, line)
			for i, cell := range cells {
				cell = strings.TrimSpace(cell)
				require.NotEmpty(t, cell, "%s: an empty cell in %s", page, line)
				if i == 0 || strings.Trim(cell, "-") == "" || grids == 4 && i == 1 {
					continue
				}
				for _, m := range span.FindAllStringSubmatch(cell, -1) {
					named++
					name := m[1]
					if !strings.Contains(name, ".Test") {
						test := "TestContainers/"
						if leftOut.MatchString(cell) || grids == 3 {
							test = "TestLeftOut/"
						}
						name = "tests/codecs." + test + name
					}
					parts := subtest.FindStringSubmatch(name)
					require.NotNil(t, parts, "%s: %s", page, name)
					if known[parts[1]] == nil {
						known[parts[1]], sources[parts[1]] = testsOf(t, parts[1]), sourcesOf(t, parts[1])
					}
					require.True(t, known[parts[1]][parts[2]], "%s: there is no %s", page, name)
					if parts[3] == "" {
						continue
					}
					if parts[1] == "tests/codecs" {
						require.Contains(t, sources[parts[1]], `"`+strings.ReplaceAll(parts[3], "_", " ")+`"`, "%s: there is no %s", page, name)
						continue
					}
					require.True(t, hasSubtest(sources[parts[1]], parts[3]), "%s: there is no %s", page, name)
				}
			}
		}
		require.Equal(t, 4, grids, page)
		require.Greater(t, named, 150, page)
	}
}

// Each codec that is read from a container is on the page.
func TestCodecsPageIsComplete(t *testing.T) {
	source := sourcesOf(t, "tests/codecs")
	_, list, found := strings.Cut(source, "var sent = []string{")
	require.True(t, found)
	list, _, _ = strings.Cut(list, "\n}")
	page := read(t, codecPages[0])
	for _, m := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(list, -1) {
		if strings.HasPrefix(m[1], "m2ts/") { // the same as mpeg-ts, with 4 bytes more a packet
			continue
		}
		require.Contains(t, page, "`"+strings.ReplaceAll(m[1], " ", "_")+"`")
	}
}

// Both pages name the same tests in the same order, and the READMEs lead to them.
func TestCodecsPagesInStep(t *testing.T) {
	var names [2][]string
	for i, page := range codecPages {
		for _, m := range span.FindAllStringSubmatch(read(t, page), -1) {
			names[i] = append(names[i], m[1])
		}
		require.Contains(t, read(t, []string{"README.md", "README.zh-CN.md"}[i]), "("+page+")")
	}
	require.Equal(t, names[0], names[1])
}
