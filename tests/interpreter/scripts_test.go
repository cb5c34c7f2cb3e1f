package interpreter_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/luaface"
)

// most are the scripts that do not need seconds.
var most = []string{"api", "options", "callbacks", "collect", "log", "publish"}

// stress makes the collector work all the time.
const stress = "\ncollectgarbage('setpause', 0) debug.sethook(function() collectgarbage('step') end, '', 100)"

// runScripts runs scripts of tests/lua/face under wrapped, an interpreter or a tool and its arguments.
func runScripts(t *testing.T, servers *luaface.Servers, dir string, slow bool, prologue string, env, wrapped, scripts []string) {
	for _, name := range scripts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := filepath.Join(t.TempDir(), "report")
			variables := append([]string{"LUA_CPATH=" + dir + "/?.so", "LUA_INIT=" + servers.Prologue(t, report, slow) + prologue}, env...)
			args := append(wrapped[1:len(wrapped):len(wrapped)], luaface.Script(t, name))
			if name == "log" {
				variables = append(variables, "RTMP_LOG=warn")
			}
			stdout, stderr, code := run(t, variables, wrapped[0], args...)
			if name != "log" { // whose lines go there before and after the script takes them
				require.Empty(t, stderr)
			}
			require.Empty(t, stdout)
			require.Zero(t, code)
			luaface.Report(t, report)
		})
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	servers := luaface.Start(t)
	for _, a := range abis {
		t.Run(a.lua, func(t *testing.T) {
			t.Parallel()
			scripts := most
			if a.abi == "5.3" {
				scripts = luaface.Scripts
			}
			runScripts(t, servers, module(t, a.abi), false, "", nil, []string{a.lua}, scripts)
		})
	}
}

// TestScriptsWithAggressiveCollector publishes from the default Lua only, because that takes a while.
func TestScriptsWithAggressiveCollector(t *testing.T) {
	t.Parallel()
	servers := luaface.Start(t)
	local := []string{"api", "options", "callbacks", "collect", "log"}
	for _, a := range abis {
		t.Run(a.lua, func(t *testing.T) {
			t.Parallel()
			prologue, scripts := stress, local
			switch a.abi {
			case "5.3":
				scripts = most
			case "jit":
				prologue += " jit.off()" // compiled code calls no hooks
			}
			runScripts(t, servers, module(t, a.abi), true, prologue, nil, []string{a.lua}, scripts)
		})
	}
	t.Run("lua5.4 generational", func(t *testing.T) {
		t.Parallel()
		runScripts(t, servers, module(t, "5.4"), true, "\ncollectgarbage('generational')"+stress, nil, []string{"lua5.4"}, local)
	})
}

// TestScriptsUnderAddressSanitizer: the C files are instrumented, and Lua's memory is watched.
func TestScriptsUnderAddressSanitizer(t *testing.T) {
	t.Parallel()
	dir := buildFor(t, "-g -O1", "-asan")
	library, err := exec.CommandContext(t.Context(), "gcc", "-print-file-name=libasan.so").Output()
	require.NoError(t, err)
	env := []string{"LD_PRELOAD=" + strings.TrimSpace(string(library))}
	runScripts(t, luaface.Start(t), dir, true, stress, env, []string{"lua5.3"}, most)
}

// TestScriptsUnderValgrind leaves out "callbacks", whose thousands of connections would take minutes.
func TestScriptsUnderValgrind(t *testing.T) {
	t.Parallel()
	dir := buildFor(t, "-g -O0", "-ldflags=-w") // valgrind 3.19 cannot read the debugging information of Go 1.26
	valgrind := []string{
		"valgrind", "-q", "--error-exitcode=9", "--suppressions=" + filepath.Join(repo.Root(t), "tests/testdata/valgrind.supp"),
		"--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite", "lua5.3",
	}
	runScripts(t, luaface.Start(t), dir, true, "", nil, valgrind, []string{"api", "options", "collect", "publish"})
}
