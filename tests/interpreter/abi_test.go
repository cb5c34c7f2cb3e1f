package interpreter_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/luaface"
)

// TestOtherLua: a module that is built for another Lua is refused with an error. LuaJIT and Lua 5.1 are alike.
func TestOtherLua(t *testing.T) {
	alike := func(a, b string) bool { return a == b || a+b == "5.1jit" || a+b == "jit5.1" }
	for _, m := range abis {
		dir := module(t, m.abi)
		for _, host := range abis {
			t.Run("built for "+m.abi+" in "+host.lua, func(t *testing.T) {
				stdout, stderr, code := run(t, []string{"LUA_CPATH=" + dir + "/?.so"}, host.lua, "-e",
					`local ok, err = pcall(require, "rtmp") print(ok and "loaded" or "refused: " .. tostring(err))`)
				require.Empty(t, stderr)
				require.Zero(t, code)
				if alike(m.abi, host.abi) {
					require.Equal(t, "loaded\n", stdout)
				} else {
					require.Regexp(t, `refused: .*(version|built for|mismatch|incompatible|undefined symbol)`, stdout)
				}
			})
		}
	}
}

// TestLuaIsWeak: a program without Lua can link the library, because it needs none of Lua's functions to load.
func TestLuaIsWeak(t *testing.T) {
	for _, a := range abis {
		stdout, stderr, code := run(t, nil, "nm", "-D", "--undefined-only", filepath.Join(module(t, a.abi), "rtmp.so"))
		require.Zero(t, code, stderr)
		require.Contains(t, stdout, "w lua_pushstring")
		require.NotRegexp(t, `U lua`, stdout, a.lua)
	}
}

// TestHostWithoutExports: a program that contains Lua, and exports none of its functions, is told so, and goes on.
func TestHostWithoutExports(t *testing.T) {
	for _, a := range abis[:4] {
		source := filepath.Join(t.TempDir(), "host.c")
		program := filepath.Join(t.TempDir(), "host")
		require.NoError(t, os.WriteFile(source, []byte(`
			#include <lauxlib.h>
			#include <lualib.h>
			#include <stdio.h>
			int main(void)
			{
				lua_State *L = luaL_newstate();
				luaL_openlibs(L);
				if (luaL_dostring(L, "print(type(require('rtmp')))") != 0)
					puts(lua_tostring(L, -1));
				lua_close(L);
				return 0;
			}`), 0o600))
		out, err := exec.CommandContext(t.Context(), "sh", "-c",
			`gcc -o "$1" "$2" $(pkg-config --cflags "$3") -l:"lib$3.a" -lm -ldl`, "sh", program, source, a.lua).CombinedOutput()
		require.NoError(t, err, "%s", out)
		stdout, stderr, code := run(t, []string{"LUA_CPATH=" + module(t, a.abi) + "/?.so"}, program)
		require.Zero(t, code, stderr)
		require.Equal(t, "boolean\n", stdout)
		require.Equal(t, "rtmp: the host does not export the functions of Lua "+a.abi+": link it with -rdynamic (-Wl,-E), or with a shared liblua\n", stderr)
	}
}

// TestStatesInOneProcess opens and closes states with live contexts 50 times, in a C host with the Lua library.
func TestStatesInOneProcess(t *testing.T) {
	servers, dir := luaface.Start(t), module(t, "5.3")
	program := filepath.Join(t.TempDir(), "states")
	source := filepath.Join(repo.Root(t), "tests/testdata/c/states.c")
	out, err := exec.CommandContext(t.Context(), "sh", "-c",
		`gcc -std=gnu99 -Wall -Wextra -Werror -o "$1" "$2" $(pkg-config --cflags --libs lua5.3)`, "sh", program, source).CombinedOutput()
	require.NoError(t, err, "%s", out)

	for name, chunk := range map[string]string{
		"in the handshake": `rtmp = require("rtmp") ctx = rtmp.create("rtmp://` + servers.Silent + `/live/x")
			ctx:setCallback(function() return ctx end) ctx:connect() while ctx:getState() ~= 2 do rtmp.poll(1) end`,
		"publishing": `rtmp = require("rtmp") ctx = rtmp.create("rtmp://` + servers.Receiver.Addr + `/live/states-" .. tostring({}):sub(8))
			ctx:setCallback(function() return ctx end) ctx:connect() ctx:start()
			while ctx:getStats().video_frames_sent < 2 do rtmp.poll(1) end`,
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := run(t, nil, program, dir, "50", chunk)
			require.Empty(t, stderr)
			require.Zero(t, code, stdout)
			t.Log(stdout)
		})
	}
}
