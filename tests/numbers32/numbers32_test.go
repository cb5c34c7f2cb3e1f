// Package numbers32_test runs the library in a Lua whose integers and floats have 32 bits, as LuatOS's can have.
package numbers32_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/hosts"
	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/luaface"
)

var host = hosts.Numbers32

func TestScripts(t *testing.T) {
	servers := luaface.Start(t)
	host.Scripts(t, servers, "api", "options", "callbacks", "collect", "publish", "numbers")
	t.Run("Debian's", func(t *testing.T) { hosts.Debian.Scripts(t, servers, "numbers") })
}

func TestPublishes(t *testing.T) { host.Publishes(t) }

// TestNumbersMustFit: numbers of another size than the host's are found out when the module is opened.
func TestNumbersMustFit(t *testing.T) {
	host.Refuses(t, hosts.Debian, "incompatible numeric types")
	hosts.Debian.Refuses(t, host, "incompatible numeric types")
}

// TestCounts calls getStats with counts beyond what 32-bit integers hold, which no test can send.
func TestCounts(t *testing.T) {
	program := filepath.Join(t.TempDir(), "counts")
	source := filepath.Join(repo.Root(t), "tests/numbers32/testdata/counts.c")
	for _, file := range []string{source, filepath.Join(repo.Root(t), "internal/luaface/stats.c"), filepath.Join(repo.Root(t), "internal/luaface/host.h")} {
		_, err := os.ReadFile(file) // so that go test runs again when it changes
		require.NoError(t, err)
	}
	for _, h := range []hosts.Host{host, hosts.Arch386, hosts.Arch386Number} {
		t.Run(h.Name, func(t *testing.T) {
			folder := h.Folder(t)
			args := append([]string{"-std=gnu99", "-Wall", "-Wextra", "-Werror", "-I" + folder + "/include", "-Iinternal/luaface", "-o", program, source,
				"internal/luaface/stats.c", folder + "/liblua.a", "-lm", "-ldl"}, h.CC...)
			hosts.MustRun(t, nil, "gcc", args...)
			hosts.MustRun(t, nil, program)
		})
	}
}

// TestTimers: the loop of the prelude goes on when its clock grows past the largest integer.
func TestTimers(t *testing.T) {
	root := repo.Root(t)
	env := []string{"LUA_PATH=" + root + "/lua/?.lua;" + root + "/tests/lua/?.lua"}
	hosts.MustRun(t, env, host.Lua(t), filepath.Join(root, "tests/numbers32/testdata/timers.lua"))
	hosts.MustRun(t, env, "lua5.3", filepath.Join(root, "tests/numbers32/testdata/timers.lua"))
}
