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

// finalized defines finalized(f): f is called when the collector, or the end of the state, finalizes an object.
const finalized = `
	local rtmp = require("rtmp")
	local url = arg[1]
	local function finalized(f)
		if newproxy then
			local proxy = newproxy(true)
			getmetatable(proxy).__gc = f
			return proxy
		end
		return setmetatable({}, {__gc = f})
	end
	`

// rest ends a script with the collector at rest: Lua 5.3 itself hangs when a finalizer collects while the state is being closed in
// the middle of a cycle.
const rest = `
	collectgarbage()
	collectgarbage("stop")`

// TestPollInAFinalizer: the end of a state runs finalizers of the script in which everything may be called, also what runs the
// module's own finalizer in the middle of a poll.
func TestPollInAFinalizer(t *testing.T) {
	t.Parallel()
	servers := luaface.Start(t)
	scripts := map[string]string{
		"a callback that collects": `
			keep = finalized(function()
				local c = rtmp.create(url)
				c:setCallback(function() collectgarbage() end)
				c:connect()
				for i = 1, 20 do rtmp.poll(5) end
			end)`,
		"contexts from before": `
			contexts = {}
			for i = 1, 5 do
				contexts[i] = rtmp.create(url)
				contexts[i]:setCallback(function() collectgarbage() end)
				contexts[i]:connect()
			end
			keep = finalized(function() for i = 1, 20 do rtmp.poll(5) end end)`,
		"a fresh URL": `
			keep = finalized(function()
				local c
				c = rtmp.create(url, {reconnect = {min_ms = 10, max_ms = 10, url = function() collectgarbage() return url end}})
				c:connect()
				for i = 1, 20 do rtmp.poll(5) end
				c:destroy()
			end)`,
		// Each collection runs the next finalizer inside of the one before. With 10 of them Lua 5.3 hangs by itself, without this library.
		"everything after the end": `
			local c = rtmp.create(url)
			local keepers = {}
			for i = 1, 5 do
				keepers[i] = finalized(function()
					collectgarbage()
					pcall(rtmp.poll, 5)
					local made = pcall(rtmp.create, url)
					pcall(rtmp.fd)
					pcall(rtmp.setLogger, print)
					c:setCallback(print)
					c:connect()
					c:getStats()
					tostring(c)
					c:destroy()
				end)
			end
			keep = keepers`,
	}
	for _, a := range abis {
		for name, script := range scripts {
			for server, address := range map[string]string{"refused": servers.Closed, "published": servers.Receiver.Addr} {
				t.Run(a.lua+"/"+name+"/"+server, func(t *testing.T) {
					env := []string{"LUA_CPATH=" + module(t, a.abi) + "/?.so", "RTMP_LOG=off"}
					chunk := strings.ReplaceAll(finalized+script+rest, "arg[1]", `"rtmp://`+address+`/live/`+strings.ReplaceAll(a.lua+name, " ", "-")+`"`)
					_, stderr, code := run(t, env, a.lua, "-e", chunk)
					require.Empty(t, stderr)
					require.Zero(t, code)
				})
			}
		}
	}
}

// TestPollFromACollection: what the collector runs while a poll prepares a callback may poll itself. No event comes twice.
func TestPollFromACollection(t *testing.T) {
	t.Parallel()
	script := finalized + `
		local garbage
		local function poll_again()
			rtmp.poll()
			garbage = finalized(poll_again)
			garbage = nil
		end
		poll_again()
		collectgarbage("setpause", 1)
		collectgarbage("setstepmul", 10000)
		local seen = {}
		local c = rtmp.create(url)
		c:setCallback(function(state) seen[#seen + 1] = state end)
		for i = 1, 300 do
			c:connect()
			c:disconnect()
			rtmp.poll()
		end
		local before
		for _, state in ipairs(seen) do
			assert(state ~= before, "a state came twice")
			before = state
		end
		assert(#seen >= 900 and before == rtmp.STATE_DISCONNECTED)`
	for _, a := range abis {
		env := []string{"LUA_CPATH=" + module(t, a.abi) + "/?.so", "RTMP_LOG=off"}
		_, stderr, code := run(t, env, a.lua, "-e", strings.ReplaceAll(script, "arg[1]", `"rtmp://127.0.0.1:1/live/x"`))
		require.Empty(t, stderr, a.lua)
		require.Zero(t, code, a.lua)
	}
}

// TestNoMemoryForEvents: all states of a connection arrive, and the newest with its reason, also when no event finds memory.
func TestNoMemoryForEvents(t *testing.T) {
	t.Parallel()
	source := filepath.Join(repo.Root(t), "tests/interpreter/testdata/failing.c")
	library := filepath.Join(t.TempDir(), "failing.so")
	out, err := exec.CommandContext(t.Context(), "gcc", "-std=gnu99", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", source, "-o", library,
		"-ldl").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, ca := range []struct{ name, fails, script string }{
		{"of events", "threads", `
			local c = assert(rtmp.create(url, {reconnect = {attempts = 3, min_ms = 10, max_ms = 10, url = error}}))
			local last, code, why
			c:setCallback(function(...) last, code, why = ... end)
			c:connect()
			local busy repeat busy = select(2, rtmp.poll(10)) until last == 7 and busy == 0
			assert(code == -4 and why:find("127.0.0.1", 1, true), why)
			c:disconnect()
			rtmp.poll()
			assert(last == 6, last)`},
		{"of a connection", "threads", `
			local c, seen, reason = assert(rtmp.create(url)), {}, nil
			c:setCallback(function(state, _, why) seen[#seen + 1], reason = state, reason or why end)
			c:connect()
			while c:getState() ~= 7 do end
			c:disconnect()
			rtmp.poll()
			assert(table.concat(seen, " ") == "1 7 5 6", table.concat(seen, " "))
			assert(reason:find("127.0.0.1", 1, true), reason)`},
		{"of contexts", "all", `
			local c, why, code = rtmp.create(url)
			assert(c == nil and why:find("memory", 1, true) and code == -3, why)`},
	} {
		for _, a := range abis {
			t.Run(ca.name+"/"+a.lua, func(t *testing.T) {
				env := []string{"LUA_CPATH=" + module(t, a.abi) + "/?.so", "RTMP_LOG=off", "LD_PRELOAD=" + library, "FAILS=" + ca.fails}
				_, stderr, code := run(t, env, a.lua, "-e", strings.ReplaceAll(finalized+ca.script, "arg[1]", `"rtmp://127.0.0.1:1/live/x"`))
				require.Empty(t, stderr)
				require.Zero(t, code)
			})
		}
	}
}
