package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/options"
	"luatrtmp/tests/internal/repo"
)

// shown returns the default of an option as the tables of the READMEs have it; "" where they have words for it.
func shown(row options.Option) string {
	switch row.Kind {
	case options.Choice:
		return "`\"" + row.Default + "\"`"
	case options.Text:
		return ""
	}
	return row.Default
}

// The READMEs have each option with its default.
func TestReadmesHaveTheTableOfOptions(t *testing.T) {
	cell := regexp.MustCompile("`(\\w+)`")
	for name, comma := range map[string]string{"README.md": ", ", "README.zh-CN.md": "、"} {
		text, err := os.ReadFile(filepath.Join(repo.Root(t), name))
		require.NoError(t, err)
		defaults := map[string]string{}
		for line := range strings.Lines(string(text)) {
			cells := strings.Split(line, " | ")
			if len(cells) < 3 || !strings.HasPrefix(line, "| `") {
				continue
			}
			values := strings.Split(cells[1], comma)
			for i, m := range cell.FindAllStringSubmatch(cells[0], -1) {
				if _, known := defaults[m[1]]; !known {
					defaults[m[1]] = values[min(i, len(values)-1)]
				}
			}
		}
		for _, row := range options.All() {
			if strings.HasPrefix(row.Name, "tls_") {
				continue // fields of a table that the READMEs show as a whole
			}
			have, known := defaults[strings.TrimPrefix(row.Name, "reconnect_")]
			require.True(t, known, "%s in %s", row.Name, name)
			if want := shown(row); want != "" {
				require.Equal(t, want, have, "the default of %s in %s", row.Name, name)
			}
		}
	}
}

// The header tells the defaults that are numbers, and the range where it tells one.
func TestHeaderHasTheDefaultsOfOptions(t *testing.T) {
	header, err := os.ReadFile(filepath.Join(repo.Root(t), "include", "luat_rtmp_push.h"))
	require.NoError(t, err)
	_, list, found := strings.Cut(string(header), "Addition: an option by name;")
	require.True(t, found)
	list, _, _ = strings.Cut(list, "*/")
	for _, row := range options.All() {
		if row.Kind == options.Number || row.Kind == options.Milliseconds {
			entry := regexp.MustCompile(`(?s) \*   (?:\w+, )*` + row.Name + `\b.*?\(` + row.Default + `\b.*?(\n \*   \w|\z)`)
			require.Regexp(t, entry, list, row.Name)
		}
	}
}

// The Lua face expects the type of each option that its kind asks for, and knows no others but those of its own.
func TestLuaTypesOfOptions(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(repo.Root(t), "internal", "luaface", "options.c"))
	require.NoError(t, err)
	types := map[string]string{}
	for _, m := range regexp.MustCompile(`\{"(\w+)", LUA_T(\w+)\}`).FindAllStringSubmatch(strings.Split(string(source), "source_types[]")[0], -1) {
		types[m[1]] = m[2]
	}
	for _, table := range []string{"reconnect", "tls"} { // fields of a table in Lua
		_, body, found := strings.Cut(string(source), "int set_"+table)
		require.True(t, found, table)
		body, _, _ = strings.Cut(body, "\n}\n")
		for _, condition := range regexp.MustCompile(`\((.*) && type == LUA_T(\w+)\)`).FindAllStringSubmatch(body, -1) {
			for _, m := range regexp.MustCompile(`strcmp\(key, "(\w+)"\)`).FindAllStringSubmatch(condition[1], -1) {
				types[table+"_"+m[1]] = condition[2]
			}
		}
	}
	for _, own := range []string{"metadata", "reconnect_url"} {
		require.Contains(t, types, own)
		delete(types, own)
	}
	for _, row := range options.All() {
		want := "STRING"
		switch row.Kind {
		case options.Milliseconds, options.Number:
			want = "NUMBER"
		case options.Boolean:
			want = "BOOLEAN"
		}
		if row.Name != "reconnect" { // a boolean or a table
			require.Equal(t, want, types[row.Name], row.Name)
			delete(types, row.Name)
		}
	}
	require.Empty(t, types, "Lua knows options that the library does not")
}
