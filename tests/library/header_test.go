package library_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core"
)

const header = "include/luat_rtmp_push.h"

var (
	comment  = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)
	function = regexp.MustCompile(`\b(rtmp_\w+)\(`)
	define   = regexp.MustCompile(`(?m)^#define (RTMP_\w+)\s+(\S+)\s*$`)
	state    = regexp.MustCompile(`\bRTMP_STATE_(\w+)\s*=\s*(\d+)`)
)

// code returns the header without its comments.
func code(t *testing.T) string {
	t.Helper()
	return comment.ReplaceAllString(source(t, header), "")
}

// declared returns the names of the header's functions.
func declared(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, m := range function.FindAllStringSubmatch(code(t), -1) {
		names = append(names, m[1])
	}
	require.NotEmpty(t, names)
	return names
}

// The header needs nothing before it, in any language that may include it.
func TestHeaderCompilesAlone(t *testing.T) {
	alone := filepath.Join(t.TempDir(), "alone") // clang warns of a header that is compiled itself
	require.NoError(t, os.WriteFile(alone, []byte("#include \""+header+"\"\n"), 0o600))
	for _, compiler := range []string{"gcc", "clang"} {
		for _, language := range [][]string{{"c", "c99"}, {"c", "c17"}, {"c++", "c++98"}, {"c++", "c++11"}, {"c++", "c++20"}} {
			t.Run(compiler+" "+language[1], func(t *testing.T) {
				mustRun(t, nil, compiler, "-x", language[0], "-std="+language[1], "-I.", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", alone)
			})
		}
	}
}

func TestHeaderVersion(t *testing.T) {
	for _, m := range define.FindAllStringSubmatch(code(t), -1) {
		if m[1] == "RTMP_VERSION" {
			require.Equal(t, strconv.Quote(core.Version), m[2])
			return
		}
	}
	require.Fail(t, "RTMP_VERSION is not defined")
}

// LuatOS's numbers.
func TestHeaderCodes(t *testing.T) {
	got := map[string]string{}
	for _, m := range define.FindAllStringSubmatch(code(t), -1) {
		if m[1] == "RTMP_OK" || strings.HasPrefix(m[1], "RTMP_ERR_") {
			got[m[1]] = m[2]
		}
	}
	require.Equal(t, map[string]string{
		"RTMP_OK":                   "0",
		"RTMP_ERR_FAILED":           "-1",
		"RTMP_ERR_INVALID_PARAM":    "-2",
		"RTMP_ERR_NO_MEMORY":        "-3",
		"RTMP_ERR_CONNECT_FAILED":   "-4",
		"RTMP_ERR_HANDSHAKE_FAILED": "-5",
		"RTMP_ERR_NETWORK":          "-6",
		"RTMP_ERR_TIMEOUT":          "-7",
		"RTMP_ERR_BUFFER_OVERFLOW":  "-8",
	}, got)
}

// Code for LuatOS's header finds all of its names and values, and the variable g_rtmp_ctx is one however it is linked.
func TestHeaderNamesOfLuatOS(t *testing.T) {
	lib := built(t, "rtmp.so")
	const names = "tests/library/testdata/names.c"
	source(t, names) // so that go test sees when it changes
	for _, flags := range [][]string{{"-fPIE", "-pie"}, {"-fno-pie", "-no-pie"}, {"-fPIC"}} {
		t.Run(flags[0], func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "names")
			args := append([]string{"-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Iinclude"}, flags...)
			mustRun(t, nil, "gcc", append(args, names, lib, "-Wl,-rpath,"+filepath.Dir(lib), "-o", program)...)
			require.Equal(t, core.Version, strings.TrimSpace(mustRun(t, nil, program)))
		})
	}
}

// The C programs that call everything do.
func TestEveryFunctionIsTried(t *testing.T) {
	for _, program := range []string{"tests/testdata/c/abuse.c", "tests/testdata/c/forked.c"} {
		text := source(t, program)
		for _, name := range declared(t) {
			require.Contains(t, text, name+"(", program)
		}
	}
}

// The states have the same numbers and names in C, in Go, and in Lua on module and context.
func TestStates(t *testing.T) {
	states := []struct {
		name  string
		state core.State
	}{
		{"IDLE", core.StateIdle},
		{"CONNECTING", core.StateConnecting},
		{"HANDSHAKING", core.StateHandshaking},
		{"CONNECTED", core.StateConnected},
		{"PUBLISHING", core.StatePublishing},
		{"DISCONNECTING", core.StateDisconnecting},
		{"DISCONNECTED", core.StateDisconnected},
		{"ERROR", core.StateError},
	}

	inC := state.FindAllStringSubmatch(code(t), -1)
	require.Len(t, inC, len(states))
	script := `local rtmp = require("rtmp") local ctx = rtmp.create("rtmp://127.0.0.1/live/stream")` + "\n"
	var want string
	for i, s := range states {
		require.Equal(t, i, int(s.state))
		require.Equal(t, []string{s.name, strconv.Itoa(i)}, inC[i][1:])
		require.Equal(t, strings.ToLower(s.name), s.state.String())
		script += fmt.Sprintf("print(rtmp.STATE_%[1]s, ctx.STATE_%[1]s, rtmp.stateName(rtmp.STATE_%[1]s))\n", s.name)
		want += fmt.Sprintf("%d\t%d\t%s\n", i, i, s.state)
	}
	dir := filepath.Dir(built(t, "rtmp.so"))
	require.Equal(t, want, mustRun(t, luaPath(dir), "lua5.3", "-e", script))
}
