// Package hosts has the Lua interpreters that Debian has not: with 32-bit numbers, and in 32-bit processes; and builds the library for them.
package hosts

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/luaface"
	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

const timeout = 10 * time.Minute // for one command; the longest are all tests of core, on a busy machine

// Host is one kind of Lua 5.3.
type Host struct {
	Name string   // of its folder, below build/ for the library and below build/hosts/ for the interpreter
	Env  []string // for build.sh
	CC   []string // flags that C needs beside its headers and its library
}

// All of them. The numbers of a host are the integers and floats of its Lua, whatever the size of a pointer.
var (
	Numbers32     = Host{"lua5.3-32", []string{"LUA_NUMBERS=32"}, []string{"-DLUA_32BITS"}}
	Arch386       = Host{"386/lua5.3", []string{"GOARCH=386"}, []string{"-m32"}}
	Arch386Number = Host{"386/lua5.3-32", []string{"GOARCH=386", "LUA_NUMBERS=32"}, []string{"-m32", "-DLUA_32BITS"}}
)

// Debian is the lua5.3 that the system has, for comparison.
var Debian = Host{Name: "lua5.3"}

var (
	mutex     sync.Mutex
	installed bool
	built     = map[string]bool{}
)

// Folder returns the folder of the host's interpreter, "lua", with "liblua.a" and "include".
func (h Host) Folder(t testing.TB) string {
	t.Helper()
	mutex.Lock()
	defer mutex.Unlock()
	root := repo.Root(t)
	if !installed {
		_, err := os.ReadFile(filepath.Join(root, "tests/numbers32/install.sh"))
		require.NoError(t, err)
		out, stderr, code := Run(t, nil, filepath.Join(root, "tests/numbers32/install.sh"))
		require.Zero(t, code, out+stderr)
		installed = true
	}
	return filepath.Join(root, "build/hosts", h.Name)
}

// Lua returns the host's interpreter.
func (h Host) Lua(t testing.TB) string {
	t.Helper()
	if h.Name == Debian.Name {
		return "lua5.3"
	}
	return filepath.Join(h.Folder(t), "lua")
}

// Library builds rtmp.so for the host and returns its folder.
func (h Host) Library(t testing.TB) string {
	t.Helper()
	mutex.Lock()
	defer mutex.Unlock()
	root := repo.Root(t)
	if !built[h.Name] {
		readSources(t, root)
		out, stderr, code := Run(t, h.Env, filepath.Join(root, "build.sh"))
		require.Zero(t, code, out+stderr)
		built[h.Name] = true
	}
	return filepath.Join(root, "build", h.Name)
}

// Archive builds librtmp_luat.a for the host and returns its path.
func (h Host) Archive(t testing.TB) string {
	t.Helper()
	mutex.Lock()
	defer mutex.Unlock()
	root := repo.Root(t)
	readSources(t, root)
	out, stderr, code := Run(t, h.Env, filepath.Join(root, "build.sh"), "archive")
	require.Zero(t, code, out+stderr)
	return filepath.Join(root, "build", h.Name, "librtmp_luat.a")
}

// readSources reads what goes into rtmp.so, so that a change of it makes go test run again instead of showing a cached result.
func readSources(t testing.TB, root string) {
	t.Helper()
	for _, folder := range []string{"amf", "core", "include", "internal", "lua"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				_, err = os.ReadFile(path)
			}
			return err
		}))
	}
	for _, pattern := range []string{"*.c", "*.h", "*.go", "build.sh", "rtmp.map", "archive.ld"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, file := range files {
			_, err := os.ReadFile(file)
			require.NoError(t, err)
		}
	}
}

// Run runs a program in the top folder; it is killed after a while. code is -1 when a signal ended it.
func Run(t testing.TB, env []string, name string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = repo.Root(t)
	cmd.Env = append(append(os.Environ(), "RTMP_LOG=error"), env...) // the log tells of failures that are provoked
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// MustRun runs a program that must succeed and complain of nothing; it returns what it prints.
func MustRun(t testing.TB, env []string, name string, args ...string) string {
	t.Helper()
	stdout, stderr, code := Run(t, env, name, args...)
	require.Empty(t, stderr)
	require.Zero(t, code, stdout)
	return stdout
}

// Prelude returns the environment in which `lua -l luatos` finds everything.
func (h Host) Prelude(t testing.TB) []string {
	t.Helper()
	return []string{"LUA_PATH=" + filepath.Join(repo.Root(t), "lua/?.lua"), "LUA_CPATH=" + h.Library(t) + "/?.so"}
}

// Scripts runs scripts of tests/lua/face, a subtest for each.
func (h Host) Scripts(t *testing.T, servers *luaface.Servers, scripts ...string) {
	for _, name := range scripts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := filepath.Join(t.TempDir(), "report")
			env := []string{"LUA_CPATH=" + h.Library(t) + "/?.so", "LUA_INIT=" + servers.Prologue(t, report, false)}
			require.Empty(t, MustRun(t, env, h.Lua(t), luaface.Script(t, name)))
			luaface.Report(t, report)
		})
	}
}

// Publishes runs a script of LuatOS's shape, with the prelude, that sends the clip for a second, and looks at what came.
func (h Host) Publishes(t *testing.T) {
	server := peers.StartReceiver(t)
	script := `
		local ctx = assert(rtmp.create("` + server.URL("live", "host") + `"))
		ctx:setCallback(function(state, ...) print(state, ...) end)
		sys.taskInit(function()
			ctx:connect()
			ctx:start()
			while ctx:getState() ~= rtmp.STATE_PUBLISHING do sys.wait(10) end
			local began = rtmp.ticks()
			sys.wait(1000)
			assert(rtmp.ticks() - began >= 1000, "the wait was short")
			assert(ctx:getStats().video_frames_sent >= 10, "pictures are missing")
			ctx:disconnect()
		end)
		sys.run()`
	require.Equal(t, "1\n2\n3\n4\n5\n6\n", MustRun(t, h.Prelude(t), h.Lua(t), "-l", "luatos", "-e", script))
	require.NotEmpty(t, media.FrameMD5(t, server.Recording("host")).Video.Decoded)
}

// Refuses holds that the library of another host is not loaded, and that the message tells why.
func (h Host) Refuses(t *testing.T, other Host, why string) {
	out := MustRun(t, []string{"LUA_CPATH=" + other.Library(t) + "/?.so"}, h.Lua(t), "-e",
		`local ok, err = pcall(require, "rtmp") print(ok and "loaded" or err)`)
	require.Regexp(t, why, out)
}
