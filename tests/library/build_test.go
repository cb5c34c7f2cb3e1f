package library_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core"
	"luatrtmp/tests/internal/repo"
)

// sources lists what ./build.sh reads, beside the files of the top folder.
var sources = []string{"amf", "core", "include", "internal"}

// copySources copies the source tree, as far as building needs it.
func copySources(t *testing.T, to string) {
	t.Helper()
	root := repo.Root(t)
	for _, dir := range sources {
		require.NoError(t, os.CopyFS(filepath.Join(to, dir), os.DirFS(filepath.Join(root, dir))))
	}
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	for _, e := range entries {
		if e.Type().IsRegular() {
			text, err := os.ReadFile(filepath.Join(root, e.Name()))
			require.NoError(t, err)
			info, err := e.Info()
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(to, e.Name()), text, info.Mode().Perm()))
		}
	}
}

// The same sources in another folder, whose name is longer and has a space and letters beyond ASCII, give the same bytes: the
// library holds no path, no time and no chance, and what is in build/ is what these sources make.
func TestReproducible(t *testing.T) {
	want, err := os.ReadFile(built(t, "rtmp.so"))
	require.NoError(t, err)

	dir := filepath.Join(t.TempDir(), "another folder 目录")
	copySources(t, dir)
	out, err := run(t, buildTimeout, nil, filepath.Join(dir, "build.sh"))
	require.NoError(t, err, out)
	got, err := os.ReadFile(filepath.Join(dir, "build", "rtmp.so"))
	require.NoError(t, err)
	require.True(t, string(got) == string(want), "build/rtmp.so differs from what these sources make: run ./build.sh, and try again")

	entries, err := os.ReadDir(filepath.Join(dir, "build"))
	require.NoError(t, err)
	for _, e := range entries {
		require.NotEqual(t, ".h", filepath.Ext(e.Name()), "Go's own header is left behind")
	}
}

// What is installed runs without the source tree.
func TestInstall(t *testing.T) {
	for _, abi := range abis {
		t.Run(abi.lua, func(t *testing.T) {
			built(t, abi.dir+"/rtmp.so")
			version := strings.TrimPrefix(abi.lua, "lua")
			folder := strings.Replace(version, "jit", "5.1", 1) // where its modules are
			dest, prefix := t.TempDir(), "/opt/rtmp"
			mustRun(t, []string{"DESTDIR=" + dest, "LUA=" + version}, "./build.sh", "install", prefix)

			want := []string{"bin/luat", "include/luat_rtmp_push.h", "lib/lua/" + folder + "/rtmp.so", "lib/pkgconfig/rtmp_luat.pc"}
			if _, err := os.Stat(filepath.Join(repo.Root(t), "build", abi.dir, "librtmp_luat.a")); err == nil {
				want = append(want, "lib/librtmp_luat.a")
			}
			root := os.DirFS(filepath.Join(repo.Root(t), "lua"))
			require.NoError(t, fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					want = append(want, "share/lua/"+folder+"/"+name)
				}
				return err
			}))
			var got []string
			installed := filepath.Join(dest, prefix)
			require.NoError(t, fs.WalkDir(os.DirFS(dest), ".", func(name string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					got = append(got, strings.TrimPrefix("/"+name, prefix+"/"))
				}
				return err
			}))
			slices.Sort(want)
			slices.Sort(got)
			require.Equal(t, want, got)

			script := filepath.Join(t.TempDir(), "script.lua")
			require.NoError(t, os.WriteFile(script, []byte(`sys.wait(1) log.info("test", rtmp.version)`), 0o600))
			out := mustRun(t, []string{"LUA=" + abi.lua}, filepath.Join(installed, "bin", "luat"), script)
			require.Equal(t, "I/user.test "+core.Version+"\n", out)
		})
	}
}

// A relative PREFIX or DESTDIR is one of the folder in which the user is.
func TestInstallFromAnotherFolder(t *testing.T) {
	built(t, "lua5.3/rtmp.so")
	for _, ca := range []struct{ name, env, prefix, want string }{
		{"PREFIX", "DESTDIR=", "my/prefix", "my/prefix"},
		{"DESTDIR", "DESTDIR=dest", "/opt/rtmp", "dest/opt/rtmp"},
	} {
		t.Run(ca.name, func(t *testing.T) {
			dir := t.TempDir()
			mustRun(t, []string{ca.env}, "sh", "-c", `cd "$1" && "$2"/build.sh install "$3"`, "sh", dir, repo.Root(t), ca.prefix)
			require.FileExists(t, filepath.Join(dir, ca.want, "bin", "luat"))
		})
	}
}

func TestInstallNotBuilt(t *testing.T) {
	dir := t.TempDir()
	copySources(t, dir)
	out, err := run(t, runTimeout, []string{"DESTDIR=" + dir}, filepath.Join(dir, "build.sh"), "install")
	require.Error(t, err)
	require.Contains(t, out, "run ./build.sh first")
}

func TestBuildUsage(t *testing.T) {
	out := mustRun(t, nil, "./build.sh", "help")
	for _, command := range []string{"archive", "setup", "test", "fuzz", "demo", "install", "clean"} {
		require.Contains(t, out, "./build.sh "+command)
	}
	for _, ca := range []struct {
		name    string
		env     []string
		args    []string
		message string
	}{
		{"unknown command", nil, []string{"bulid"}, "./build.sh setup"},
		{"too many arguments", nil, []string{"install", "/opt", "rtmp"}, "./build.sh install [PREFIX]"},
		{"an argument for build", nil, []string{"archive", "static"}, "./build.sh archive"},
		{"option for PREFIX", nil, []string{"install", "--prefix=/opt"}, "PREFIX is a folder"},
		{"option for URL", nil, []string{"demo", "--help"}, "a URL is expected"},
		{"no time to fuzz", nil, []string{"fuzz", "10m"}, "seconds expected"},
		{"unknown Lua", []string{"LUA=5.9"}, nil, "LUA=5.9"},
		{"old Go", []string{"PATH=" + onlyGo(t, "go1.19.8")}, nil, "this is go1.19.8: https://go.dev/dl"},
		{"no compiler", []string{"PATH=" + onlyGo(t, "go1.26.0")}, nil, "./build.sh setup"},
	} {
		t.Run(ca.name, func(t *testing.T) {
			out, err := run(t, runTimeout, ca.env, "/bin/bash", append([]string{"./build.sh"}, ca.args...)...)
			require.Error(t, err)
			require.Contains(t, out, ca.message)
		})
	}
}

// onlyGo returns a folder of programs without a compiler, and with a Go that tells this version.
func onlyGo(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\necho "+version+"\n"), 0o700))
	for _, name := range []string{"dirname", "sort"} {
		path, err := exec.LookPath(name)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(path, filepath.Join(dir, name)))
	}
	return dir
}
