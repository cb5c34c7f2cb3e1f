// Package prelude_test runs the tests of the Lua prelude (tests/lua) under every supported
// interpreter, and tests luatos.lua and the launcher luat from outside. The native module is
// replaced by tests/lua/fake_rtmp.lua throughout.
package prelude_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/tap"
)

var interpreters = []string{"lua5.1", "lua5.2", "lua5.3", "lua5.4", "luajit"}

const timeout = time.Minute // for one interpreter; the slowest needs a few seconds

// root returns the top folder of the project. It reads the files that the interpreters will read,
// so that a change of one of them makes go test run again instead of showing a cached result.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	require.NoError(t, err)
	_, err = os.ReadFile(filepath.Join(dir, "luat"))
	require.NoError(t, err)
	for _, folder := range []string{"lua", "tests/lua"} {
		err := filepath.WalkDir(filepath.Join(dir, folder), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				_, err = os.ReadFile(path)
			}
			return err
		})
		require.NoError(t, err)
	}
	return dir
}

// run executes a command with the given environment and nothing else but PATH.
func run(t *testing.T, env []string, name string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	require.NoError(t, ctx.Err(), "%s %v took longer than %v", name, args, timeout)
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

func TestLua(t *testing.T) {
	dir := root(t)
	files, err := filepath.Glob(filepath.Join(dir, "tests/lua/*_test.lua"))
	require.NoError(t, err)
	require.NotEmpty(t, files)

	for _, lua := range interpreters {
		for _, file := range files {
			t.Run(lua+"/"+filepath.Base(file), func(t *testing.T) {
				env := []string{"LUA_PATH=" + dir + "/lua/?.lua;" + dir + "/tests/lua/?.lua"}
				stdout, stderr, code := run(t, env, lua, file)
				tap.Report(t, stdout)
				require.Empty(t, stderr)
				require.Zero(t, code)
			})
		}
	}
}

func TestModuleMissing(t *testing.T) {
	dir := root(t)
	for _, lua := range interpreters {
		t.Run(lua, func(t *testing.T) {
			env := []string{"LUA_PATH=" + dir + "/lua/?.lua", "LUA_CPATH=" + t.TempDir() + "/?.so"}
			_, stderr, code := run(t, env, lua, "-l", "luatos", "-e", "print('not reached')")
			require.Equal(t, 1, code)
			require.Contains(t, stderr, "cannot load the native module rtmp")
			for _, hint := range []string{"./build.sh", "./luat script.lua", "LUA_CPATH=", "module 'rtmp' not found"} {
				require.Contains(t, stderr, hint)
			}
		})
	}
}

// fakeModule makes any interpreter find the fake where it would look for rtmp.so first.
func fakeModule(dir string) string {
	return "LUA_INIT=package.preload.rtmp = function() return dofile('" + dir + "/tests/lua/fake_rtmp.lua') end"
}

// layout copies the launcher and the prelude to where a checkout ("checkout") or an
// installation for Lua 5.3 ("installed") has them, beside an empty rtmp.so, and returns the launcher's path.
func layout(t *testing.T, dir, base, kind string) string {
	t.Helper()
	launcher, scripts, native := "luat", "lua", "build"
	if kind == "installed" {
		launcher, scripts, native = "bin/luat", "share/lua/5.3", "lib/lua/5.3"
	}
	require.NoError(t, os.MkdirAll(filepath.Join(base, native), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(base, native, "rtmp.so"), nil, 0o644))
	require.NoError(t, os.CopyFS(filepath.Join(base, scripts), os.DirFS(filepath.Join(dir, "lua"))))
	content, err := os.ReadFile(filepath.Join(dir, "luat"))
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(base, launcher)), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(base, launcher), content, 0o755))
	return filepath.Join(base, launcher)
}

const script = `
print(sys == require("sys"), log == require("log"), type(rtmp.poll))
print(arg[0] ~= nil, ...)
print(package.path)
print(package.cpath)
sys.wait(30000)
os.exit(7)
`

func writeScript(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script.lua")
	require.NoError(t, os.WriteFile(path, []byte(script), 0o644))
	return path
}

func TestLauncher(t *testing.T) {
	dir := root(t)
	paths := map[string][2]string{
		"checkout":  {"lua", "build"},
		"installed": {"share/lua/5.3", "lib/lua/5.3"},
	}
	for kind, folders := range paths {
		base := filepath.Join(t.TempDir(), "with a blank")
		launcher := layout(t, dir, base, kind)
		link := filepath.Join(t.TempDir(), "link")
		require.NoError(t, os.Symlink(launcher, link))
		relative := filepath.Join(filepath.Dir(link), "relative link")
		require.NoError(t, os.Symlink("link", relative))

		for _, name := range []string{launcher, link, relative} {
			t.Run(kind+"/"+filepath.Base(name), func(t *testing.T) {
				stdout, stderr, code := run(t, []string{fakeModule(dir)}, name, writeScript(t), "one", "two words", "")
				require.Empty(t, stderr)
				require.Equal(t, 7, code, "the script's exit code")
				lines := strings.Split(stdout, "\n")
				require.Equal(t, "true\ttrue\tfunction", lines[0])
				require.Equal(t, "true\tone\ttwo words\t", lines[1])
				require.True(t, strings.HasPrefix(lines[2], filepath.Join(base, folders[0])+"/?.lua;"), lines[2])
				require.True(t, strings.HasPrefix(lines[3], filepath.Join(base, folders[1])+"/?.so;"), lines[3])
				require.Contains(t, lines[2], "./?.lua", "the built-in path")
			})
		}
	}
}

func TestLauncherKeepsPaths(t *testing.T) {
	dir := root(t)
	base := t.TempDir()
	launcher := layout(t, dir, base, "checkout")
	for _, lua := range interpreters {
		suffix := map[string]string{"lua5.2": "_5_2", "lua5.3": "_5_3", "lua5.4": "_5_4"}[lua]
		plain := []string{"LUA_PATH=/a/?.lua", "LUA_CPATH=/b/?.so"}
		versioned := []string{"LUA_PATH" + suffix + "=/a/?.lua", "LUA_CPATH" + suffix + "=/b/?.so"}
		cases := map[string][]string{
			"plain":     plain,
			"versioned": versioned,
			"both":      append([]string{"LUA_PATH=/c/?.lua", "LUA_CPATH=/c/?.so"}, versioned...),
		}
		for name, variables := range cases {
			t.Run(lua+"/"+name, func(t *testing.T) {
				env := append([]string{"LUA=" + lua, fakeModule(dir)}, variables...)
				stdout, stderr, code := run(t, env, launcher, writeScript(t))
				require.Empty(t, stderr)
				require.Equal(t, 7, code)
				lines := strings.Split(stdout, "\n")
				require.Equal(t, base+"/lua/?.lua;/a/?.lua", lines[2])
				require.Equal(t, base+"/build/?.so;/b/?.so", lines[3])
			})
		}
	}
}

func TestLauncherErrors(t *testing.T) {
	dir := root(t)
	complete := layout(t, dir, t.TempDir(), "checkout")
	installed := layout(t, dir, t.TempDir(), "installed")
	noModule := layout(t, dir, t.TempDir(), "checkout")
	require.NoError(t, os.Remove(filepath.Join(filepath.Dir(noModule), "build/rtmp.so")))
	semicolon := layout(t, dir, filepath.Join(t.TempDir(), "a;b"), "checkout")

	cases := map[string]struct {
		launcher string
		env      []string
		args     []string
		code     int
		want     string
	}{
		"no script":              {complete, nil, nil, 2, "usage: luat script.lua"},
		"interpreter missing":    {complete, []string{"LUA=lua9.9"}, []string{"x.lua"}, 1, "lua9.9 not found: ./build.sh setup"},
		"interpreter is none":    {complete, []string{"LUA=false"}, []string{"x.lua"}, 1, "false does not run Lua code"},
		"rtmp.so missing":        {noModule, nil, []string{"x.lua"}, 1, "build/rtmp.so not found: build it with ./build.sh"},
		"other Lua than install": {installed, []string{"LUA=lua5.4"}, []string{"x.lua"}, 1, "share/lua/5.4/luatos.lua not found"},
		"unusable folder":        {semicolon, nil, []string{"x.lua"}, 1, "contains ; or ?"},
		"script missing":         {complete, []string{fakeModule(dir)}, []string{"no-such.lua"}, 1, "cannot open no-such.lua"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := run(t, c.env, c.launcher, c.args...)
			require.Equal(t, c.code, code, stderr)
			require.Contains(t, stderr, c.want)
			require.Empty(t, stdout)
		})
	}

	t.Run("help", func(t *testing.T) {
		stdout, stderr, code := run(t, nil, complete, "--help")
		require.Zero(t, code)
		require.Contains(t, stdout, "usage: luat script.lua")
		require.Empty(t, stderr)
	})
}
