//go:build lua53

package main

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/luaface"
	"luatrtmp/tests/luahost"
	"luatrtmp/tests/script"
)

// The phases in which a state is closed. receiver, silent and closed are the servers; ctx is a fresh context.
var phases = []struct{ name, server, chunk string }{
	{"created", "silent", ``},
	{"connecting", "silent", `ctx:connect()`},
	{"in the handshake", "silent", `ctx:connect() while ctx:getState() ~= 2 do rtmp.poll(1) end`},
	{"failed", "closed", `ctx:connect() while ctx:getState() ~= 7 do rtmp.poll(1) end`},
	{"failed, callbacks waiting", "closed", `ctx:connect() while ctx:getState() ~= 7 do end`},
	{"publishing", "receiver", `ctx:connect() ctx:start() while ctx:getStats().video_frames_sent < 2 do rtmp.poll(1) end`},
	{"publishing, callbacks waiting", "receiver", `ctx:connect() ctx:start() while ctx:getState() ~= 4 do end`},
	{"disconnected", "receiver", `ctx:connect() while ctx:getState() ~= 4 do rtmp.poll(1) end ctx:disconnect()`},
	{"destroyed", "receiver", `ctx:connect() while ctx:getState() ~= 4 do rtmp.poll(1) end ctx:destroy()`},
	{"inside the callback's error", "closed", `ctx:setCallback(error) ctx:connect() while unsafe_pcall(rtmp.poll, 1) do end`},
}

// TestCloseState closes states with live contexts, again and again: nothing may crash, and nothing may be left.
func TestCloseState(t *testing.T) {
	servers := luaface.Start(t)
	for _, phase := range phases {
		t.Run(phase.name, func(t *testing.T) {
			cycle := func(i int) {
				address := map[string]string{"silent": servers.Silent, "closed": servers.Closed, "receiver": servers.Receiver.Addr}[phase.server]
				s := luahost.Open(t)
				require.NoError(t, s.Run(fmt.Sprintf(`
					rtmp = require("rtmp")
					ctx = rtmp.create("rtmp://%s/live/cycle-%d-%d")
					ctx:setCallback(function(state, ...) return ctx end)
					ctx:setBitrateCallback(function(...) return ctx end)
					%s`, address, time.Now().UnixNano(), i, phase.chunk)))
				began := time.Now()
				s.Close()
				require.Less(t, time.Since(began), 2*time.Second, "half a second, on a machine that is not busy")
			}
			const cycles = 50
			for i := range 5 { // the runtime starts its threads
				cycle(i)
			}
			before := resources(t)
			for i := range cycles {
				cycle(i)
			}
			after := resources(t)
			for limit := time.Now().Add(5 * time.Second); after.leaks(before) && time.Now().Before(limit); after = resources(t) {
				time.Sleep(10 * time.Millisecond)
			}
			require.False(t, after.leaks(before), "before %+v, after %d cycles %+v", before, cycles, after)
			t.Logf("before %+v, after %d cycles %+v", before, cycles, after)
		})
	}
}

// stalled is a Lua program that publishes from 24 contexts to a server that reads nothing more. Much waits in all of them.
const stalled = `
	rtmp = require("rtmp")
	local key = "\0\0\0\1\x67\x4d\x40\x1f\xa6\x11\x02\x80\xbf\xe5\xc0\x44\0\0\3\0\4\0\0\3\0\xc8\x3c\x60\xc8\x46" ..
		"\0\0\0\1\x68\xe8\x43\x32\xc8\0\0\0\1\x65\x88" .. ("x"):rep(1000000)
	all = {}
	for i = 1, 24 do
		all[i] = assert(rtmp.create("rtmp://%s/live/stalled" .. i, {source = false, timeout = 60000, queue_bytes = 60000000, queue_ms = 60000}))
		assert(all[i]:connect())
	end
	for _, ctx in ipairs(all) do
		while ctx:getState() ~= 4 do rtmp.poll(5) end
		for k = 0, 6 do assert(ctx:sendVideo(key, k * 40)) end
	end
	for _, ctx in ipairs(all) do assert(ctx:getStats().queue_bytes > 1000000) end`

// TestStalledContextsEndTogether: contexts whose servers take nothing are waited for together, half a second in all, however
// they are ended. Of those whose callers do not wait any longer nothing is left soon after.
func TestStalledContextsEndTogether(t *testing.T) {
	for _, c := range []struct{ name, chunk string }{
		{"the state is closed", ``},
		{"the state is closed, and nothing refers to them", `all = nil collectgarbage() collectgarbage()`},
		{"destroyed one after the other", `for _, ctx in ipairs(all) do ctx:destroy() end all = nil collectgarbage()`},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, over := script.Listen(t), make(chan struct{})
			server.Serve(func(conn *script.Conn) {
				conn.Accept()
				<-over
			})
			defer close(over)
			before := resources(t)
			s := luahost.Open(t)
			require.NoError(t, s.Run(fmt.Sprintf(stalled, server.Address())))
			began := time.Now()
			require.NoError(t, s.Run(c.chunk))
			s.Close()
			require.Less(t, time.Since(began), 3*time.Second, "half a second, on a machine that is not busy; 10 s if one is waited for after the other")
			t.Log(time.Since(began))
			require.Eventually(t, func() bool {
				after := resources(t)
				return after.contexts <= before.contexts
			}, 10*time.Second, 10*time.Millisecond)
		})
	}
}

type usage struct{ contexts, goroutines, descriptors, threads int }

// leaks allows some threads: those that wait for work stay, and the runtime may start one more.
func (u usage) leaks(before usage) bool {
	return u.contexts > before.contexts || u.goroutines > before.goroutines || u.descriptors > before.descriptors ||
		u.threads > before.threads+5
}

// resources counts what this process holds.
func resources(t *testing.T) usage {
	t.Helper()
	count := func(dir string) int {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		return len(entries)
	}
	return usage{contexts.Len(), runtime.NumGoroutine(), count("/proc/self/fd"), count("/proc/self/task")}
}
