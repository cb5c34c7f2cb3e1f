// Package docs_test tries what docs/ says: every block of code is compiled or run.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/hosts"
	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

var (
	pages = []string{"docs/luatos.md", "docs/luatos.zh-CN.md"}
	block = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	span  = regexp.MustCompile("`([^`\n]+)`")
	link  = regexp.MustCompile(`\]\(([^)#]+)\)`)
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repo.Root(t), name))
	require.NoError(t, err)
	return string(text)
}

// blocks returns the code of one language, n blocks of it.
func blocks(t *testing.T, page, language string, n int) []string {
	t.Helper()
	var found []string
	for _, m := range block.FindAllStringSubmatch(read(t, page), -1) {
		if m[1] == language {
			found = append(found, m[2])
		}
	}
	require.Len(t, found, n)
	return found
}

// TestWays links the small host in each way, with the commands of the page, and runs the page's script in it.
func TestWays(t *testing.T) {
	root := repo.Root(t)
	hosts.Debian.Library(t)
	hosts.MustRun(t, nil, filepath.Join(root, "build.sh"), "archive")
	receiver := peers.StartReceiver(t)
	read(t, "tests/docs/testdata/host.c") // so that go test runs again when it changes

	for _, page := range pages {
		shell, code, script := blocks(t, page, "sh", 4), blocks(t, page, "c", 2), blocks(t, page, "lua", 1)[0]
		require.Contains(t, shell[3], "go run ./tests/receiver -addr 127.0.0.1:1935")
		for _, way := range []struct{ name, command, init string }{
			{"shared", shell[0], ""},
			{"static", shell[1], ""},
			{"custom init, shared", shell[0], code[0]},
			{"custom init, static", shell[1], code[0]},
			{"loader", shell[2], code[1]},
		} {
			t.Run(page+", "+way.name, func(t *testing.T) {
				t.Parallel()
				dir, server := t.TempDir(), receiver.For(t)
				compile := func(source string, flags ...string) {
					args := append([]string{"-std=gnu99", "-Wall", "-Wextra", "-Werror", "-I/usr/include/lua5.3", "-c", "-o",
						filepath.Join(dir, strings.TrimSuffix(filepath.Base(source), ".c")+".o"), source}, flags...)
					hosts.MustRun(t, nil, "gcc", args...)
				}
				objects := "host.o -Wl,--whole-archive -l:liblua5.3.a -Wl,--no-whole-archive -lm -ldl"
				host := filepath.Join(root, "tests/docs/testdata/host.c")
				if way.init != "" {
					custom := filepath.Join(dir, "custom.c")
					require.NoError(t, os.WriteFile(custom, []byte(way.init), 0o600))
					compile(custom)
					compile(host, "-DLUAT_HAS_CUSTOM_LIB_INIT")
					objects = "custom.o " + objects
				} else {
					compile(host)
				}
				env := []string{"OBJECTS=" + objects, "RTMP=" + root}
				hosts.MustRun(t, env, "sh", "-ec", "cd '"+dir+"'\n"+way.command)

				stream := regexp.MustCompile(`[^A-Za-z]`).ReplaceAllString(t.Name(), "-")
				text := strings.NewReplacer("rtmp://127.0.0.1:1935/live/stream", server.URL("live", stream), "sys.wait(5000)", "sys.wait(1500)").Replace(script)
				file := filepath.Join(dir, "check.lua")
				require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
				env = []string{"LUA_PATH=" + root + "/lua/?.lua", "RTMP_SO=" + root + "/build/rtmp.so"}
				out := hosts.MustRun(t, env, filepath.Join(dir, "simulator"), file)
				require.Regexp(t, `^I/user\.rtmp \d+\.\d+\.\d+\n(I/user\.state [1-4] nil nil\n){4}I/user\.pictures [1-9]\d*\n`, out)
				require.NotEmpty(t, media.FrameMD5(t, server.Recording(stream)).Video.Decoded)
			})
		}
	}
}

// The loader says what is wrong when there is no library, and the host runs without.
func TestLoaderWithoutLibrary(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "loader.c")
	text := blocks(t, pages[0], "c", 2)[1] +
		"#include <lualib.h>\nint main(void) { lua_State *L = luaL_newstate(); luat_custom_init(L); return lua_gettop(L); }\n"
	require.NoError(t, os.WriteFile(source, []byte(text), 0o600))
	hosts.MustRun(t, nil, "gcc", "-Wall", "-Wextra", "-Werror", "-rdynamic", "-I/usr/include/lua5.3", "-o", dir+"/loader", source, "-llua5.3", "-ldl")
	_, stderr, code := hosts.Run(t, []string{"RTMP_SO=/nowhere/rtmp.so"}, dir+"/loader")
	require.Zero(t, code)
	require.Contains(t, stderr, "rtmp: /nowhere/rtmp.so: ")
}

// The table of builds names what build.sh makes.
func TestBuilds(t *testing.T) {
	for _, page := range pages {
		text := read(t, page)
		for _, h := range []hosts.Host{hosts.Numbers32, hosts.Arch386, hosts.Arch386Number} {
			h.Library(t)
			result := h.Name + "/rtmp.so"
			if h.Name == hosts.Arch386.Name {
				result = "386/rtmp.so"
			}
			require.Contains(t, text, "`"+strings.Join(h.Env, " ")+" ./build.sh` | `"+result+"`")
			require.FileExists(t, filepath.Join(repo.Root(t), "build", result))
		}
	}
}

// Both pages tell of the same: the same names and the same code, but for comments.
func TestPagesInStep(t *testing.T) {
	var names, code [2][]string
	comment := regexp.MustCompile(`(?m) *--.*$`)
	for i, page := range pages {
		text := read(t, page)
		for _, m := range span.FindAllStringSubmatch(block.ReplaceAllString(text, ""), -1) {
			names[i] = append(names[i], m[1])
		}
		for _, m := range block.FindAllStringSubmatch(text, -1) {
			code[i] = append(code[i], comment.ReplaceAllString(m[2], ""))
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			require.FileExists(t, filepath.Join(repo.Root(t), "docs", m[1]))
		}
	}
	require.ElementsMatch(t, names[0], names[1])
	require.Equal(t, code[0], code[1])
}
