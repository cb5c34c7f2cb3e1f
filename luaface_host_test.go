//go:build lua53

package main

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/luaface"
	"luatrtmp/tests/luahost"
)

func run(t *testing.T, s *luahost.State, format string, values ...any) {
	t.Helper()
	require.NoError(t, s.Run(fmt.Sprintf(format, values...)))
}

// eventually runs a chunk that sets the global ok, until it is 1.
func eventually(t *testing.T, s *luahost.State, chunk string) {
	t.Helper()
	limit := time.Now().Add(20 * time.Second)
	for run(t, s, "%s", chunk); s.Number("ok") != 1; run(t, s, "%s", chunk) {
		require.True(t, time.Now().Before(limit), chunk)
	}
}

func TestStatesAreApart(t *testing.T) {
	closed := luaface.Closed(t)
	one, two := luahost.Open(t), luahost.Open(t)
	for i, s := range []*luahost.State{one, two} {
		run(t, s, `
			rtmp = require("rtmp")
			seen, other = 0, 0
			contexts = {}
			for i = 1, %d do -- the same numbers in both states
				contexts[i] = rtmp.create("rtmp://%s/live/x")
				contexts[i]:setCallback(function(state) seen = seen + state end)
				contexts[i]:connect()
			end`, i+1, closed)
	}
	require.NotEqual(t, descriptor(t, one), descriptor(t, two))
	eventually(t, one, `rtmp.poll(20) ok = seen == 8 and 1 or 0`)
	run(t, one, `for _ = 1, 10 do rtmp.poll(1) end`)
	require.Equal(t, 8.0, one.Number("seen"))
	require.Zero(t, two.Number("seen"))
	one.Close()
	eventually(t, two, `rtmp.poll(20) ok = seen == 16 and 1 or 0`)
}

// TestDescriptor: what rtmp.fd returns is readable while callbacks wait, and not otherwise.
func TestDescriptor(t *testing.T) {
	s := luahost.Open(t)
	run(t, s, `
		rtmp = require("rtmp")
		fd, calls = rtmp.fd(), 0
		ctx = rtmp.create("rtmp://%s/live/x")
		ctx:setCallback(function() calls = calls + 1 error("raised") end)`, luaface.Closed(t))
	fd := int(s.Number("fd"))
	require.False(t, luahost.Readable(fd))
	run(t, s, `ctx:disconnect()`) // IDLE: one event, at once
	require.True(t, luahost.Readable(fd))
	run(t, s, `unsafe_pcall(rtmp.poll)`)
	require.Equal(t, 1.0, s.Number("calls"))
	require.False(t, luahost.Readable(fd))

	run(t, s, `ctx:connect() while ctx:getState() ~= 7 do end ctx:disconnect()`) // 1, 7, 5, 6
	for left := 4; left > 0; left-- {
		require.True(t, luahost.Readable(fd), "%d events", left)
		run(t, s, `unsafe_pcall(rtmp.poll)`)
	}
	require.Equal(t, 5.0, s.Number("calls"))
	require.False(t, luahost.Readable(fd))

	run(t, s, `ctx:connect() ctx:destroy()`)
	run(t, s, `rtmp.poll()`)
	require.False(t, luahost.Readable(fd), "events of a destroyed context")
}

// TestPollWaits: rtmp.poll waits as long as it is told and no longer, without work, and wakes for an event.
func TestPollWaits(t *testing.T) {
	s := luahost.Open(t)
	run(t, s, `
		rtmp = require("rtmp")
		silent = rtmp.create("rtmp://%s/live/x")
		silent:connect()
		while silent:getState() ~= 2 do rtmp.poll(10) end
		rtmp.poll() rtmp.poll()`, luaface.Silent(t))

	before, start := cpu(t), time.Now()
	run(t, s, `rtmp.poll(1000)`)
	took := time.Since(start)
	require.GreaterOrEqual(t, took, 990*time.Millisecond)
	require.Less(t, took, 3*time.Second)
	require.Less(t, cpu(t)-before, 300*time.Millisecond, "work while waiting")

	run(t, s, `
		ctx = rtmp.create("rtmp://%s/live/x")
		ctx:setCallback(function(state) last = state end)
		ctx:connect()`, luaface.Closed(t))
	start = time.Now()
	run(t, s, `while last ~= 7 do rtmp.poll(15000) end`)
	require.Less(t, time.Since(start), 10*time.Second)
}

// cpu is the processor time of this process so far.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestSourceOfEnvironment: RTMP_SOURCE stands between what the script names and the built-in clip.
func TestSourceOfEnvironment(t *testing.T) {
	servers := luaface.Start(t)
	media, err := filepath.Abs("core/source/testdata")
	require.NoError(t, err)
	const (
		nothing  = 300 * time.Millisecond // long enough for a mistake
		patience = 20 * time.Second
	)
	// The width of the picture that is sent; 0 when none is sent for a while.
	width := func(t *testing.T, name, options, calls string, limit time.Duration) float64 {
		s := luahost.Open(t)
		run(t, s, `
			rtmp = require("rtmp")
			ctx = assert(rtmp.create("rtmp://%s/live/environment-%s", %s))
			%s
			ctx:connect()
			ctx:start()
			while ctx:getState() ~= 4 do rtmp.poll(10) end
			local limit = rtmp.ticks() + %d
			while ctx:getStats().video_frames_sent < 1 and rtmp.ticks() < limit do rtmp.poll(10) end
			width = ctx:getStats().width`, servers.Receiver.Addr, name, options, calls, limit.Milliseconds())
		defer s.Close()
		return s.Number("width")
	}
	clip := width(t, "none", "nil", "", patience)
	require.NotZero(t, clip)

	luahost.Setenv(t, "RTMP_SOURCE", filepath.Join(media, "bframes.flv"))
	file := width(t, "file", "nil", "", patience)
	require.NotZero(t, file)
	require.NotEqual(t, clip, file)
	require.Equal(t, file, width(t, "adapter", "0", "", patience))
	require.Equal(t, file, width(t, "options", "{timeout = 9000}", "", patience))
	require.Equal(t, clip, width(t, "named", `{source = "clip"}`, "", patience))
	require.Zero(t, width(t, "false", `{source = false}`, "", nothing))
	require.Equal(t, clip, width(t, "set", "nil", `ctx:setSource("clip")`, patience))

	luahost.Setenv(t, "RTMP_SOURCE", "none")
	require.Zero(t, width(t, "nothing", "nil", "", nothing))
	luahost.Setenv(t, "RTMP_SOURCE", "")
	require.Equal(t, clip, width(t, "empty", "nil", "", patience))

	luahost.Setenv(t, "RTMP_SOURCE", "/no/such/file.flv")
	s := luahost.Open(t)
	run(t, s, `
		local ctx, why = require("rtmp").create("rtmp://127.0.0.1/live/x")
		assert(ctx == nil and why:find("RTMP_SOURCE: ", 1, true) and why:find("/no/such/file.flv", 1, true), why)
		assert(require("rtmp").create("rtmp://127.0.0.1/live/x", {source = "clip"}))`)
}

func descriptor(t *testing.T, s *luahost.State) int {
	t.Helper()
	run(t, s, `fd = require("rtmp").fd()`)
	return int(s.Number("fd"))
}

// TestWrongFreshURL: what is no URL is told on stderr, and the attempt goes on with the one that is set, at once.
func TestWrongFreshURL(t *testing.T) {
	s := luahost.Open(t)
	run(t, s, `
		rtmp = require("rtmp")
		calls, answers = 0, {"http://h/x", 5, {}, "rtmp://h/a/b\0c", false}
		ctx = rtmp.create("rtmp://%s/live/x", {reconnect = {min_ms = 10, max_ms = 10, url = function()
			calls = calls + 1
			return answers[calls]
		end}})
		ctx:connect()`, luaface.Closed(t))
	begin := time.Now()
	eventually(t, s, `rtmp.poll(20) ok = calls > #answers and 1 or 0`)
	require.Less(t, time.Since(begin), 10*time.Second)
	run(t, s, `ctx:destroy()`)
}
