package interpreter_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/luaface"
	"luatrtmp/tests/peers"
)

// prelude is the environment in which `lua5.3 -l luatos` finds everything.
func prelude(t *testing.T) []string {
	t.Helper()
	return []string{"LUA_PATH=" + filepath.Join(repo.Root(t), "lua/?.lua"), "LUA_CPATH=" + module(t, "5.3") + "/?.so"}
}

// TestWaitsCostNothing: waiting tasks, and a connection that is under way, need no processor time.
func TestWaitsCostNothing(t *testing.T) {
	env, silent := prelude(t), luaface.Silent(t)
	for name, script := range map[string]string{
		"outside of tasks": `sys.wait(1500)`,
		"in tasks":         `for i = 1, 20 do sys.taskInit(function() for _ = 1, 3 do sys.wait(500) end end) end sys.run()`,
		"for a message":    `sys.taskInit(function() sys.waitUntil("never", 1500) end) sys.run()`,
		"while connecting": `local c = rtmp.create("rtmp://` + silent + `/live/x", {timeout = 1500}) c:connect() sys.run()`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd, stdout, stderr := command(t, env, "lua5.3", "-l", "luatos", "-e", script)
			start := time.Now()
			require.NoError(t, cmd.Run(), stderr)
			require.Empty(t, stdout.String()+stderr.String())
			took := time.Since(start)
			require.GreaterOrEqual(t, took, 1490*time.Millisecond)
			require.Less(t, took, 10*time.Second)
			work := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			require.Less(t, work, 500*time.Millisecond, "a loop that does not sleep takes all of it")
			t.Logf("%v of processor time in %v", work, took)
		})
	}
}

func TestRunEndsWhenNothingIsLeft(t *testing.T) {
	stdout, stderr, code := run(t, prelude(t), "lua5.3", "-l", "luatos", "-e", `
		local ctx = rtmp.create("rtmp://`+luaface.Closed(t)+`/live/x")
		ctx:setCallback(function(state, code) print(state, code) end)
		ctx:connect()
		sys.timerStart(print, 50, "timer")
		sys.taskInit(function() sys.wait(100) print("task") end)
		sys.run()
		print("end")`)
	require.Empty(t, stderr)
	require.Zero(t, code)
	require.Equal(t, "1\tnil\n7\t-4\ntimer\ntask\nend\n", stdout)
}

// TestInterrupt: Ctrl-C ends a script that publishes and waits.
func TestInterrupt(t *testing.T) {
	server := peers.StartReceiver(t)
	module(t, "5.3")
	script := filepath.Join(t.TempDir(), "script.lua")
	require.NoError(t, os.WriteFile(script, []byte(`
		local ctx = rtmp.create("`+server.URL("live", "interrupted")+`")
		ctx:connect()
		ctx:start()
		sys.taskInit(function() while true do sys.wait(60000) end end)
		sys.wait(60000)`), 0o644))
	cmd, _, stderr := command(t, nil, filepath.Join(repo.Root(t), "luat"), script)
	require.NoError(t, cmd.Start())
	server.WaitEvent(func(e peers.ReceiverEvent) bool { return e.Event == "media" && e.Stream == "interrupted" })
	start := time.Now()
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	err := cmd.Wait()
	require.Less(t, time.Since(start), 10*time.Second, "it waits for 60 s")
	require.Error(t, err)
	require.Equal(t, 1, cmd.ProcessState.ExitCode())
	require.Contains(t, stderr.String(), "interrupted!")
	server.Recording("interrupted") // the connection ended cleanly, or at least it ended
}

// TestDocumentedSample runs the sample of LuatOS's documentation word for word, but for its host.
func TestDocumentedSample(t *testing.T) {
	t.Parallel()
	server, env := peers.StartReceiver(t), prelude(t)
	const host = "example.com:1935"
	text, err := os.ReadFile(filepath.Join(repo.Root(t), "tests/testdata/sample.lua"))
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), host))
	script := filepath.Join(t.TempDir(), "sample.lua")
	require.NoError(t, os.WriteFile(script, []byte(strings.Replace(string(text), host, server.Addr, 1)), 0o644))

	stdout, stderr, code := run(t, env, "lua5.3", "-l", "luatos", script)
	require.Empty(t, stderr)
	require.Zero(t, code)
	require.Equal(t, "已连接到推流服务器\n已开始推流\n", stdout)

	server.Recording("stream")
	end := server.WaitEvent(func(e peers.ReceiverEvent) bool { return e.Event == "end" && e.Stream == "stream" })
	require.InDelta(t, 30, end.Seconds, 5, "it connects within that time, too")
	require.Greater(t, end.Video.Messages, 600)
	require.Greater(t, end.Audio.Messages, 1000)
	t.Logf("%+v", end)
}
