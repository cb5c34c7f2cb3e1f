// Package luatoshost_test runs the library in a host that is as LuatOS's simulator is: testdata/host.c, with which
// it is linked, and which has a message bus, timers and, in one variant, a camera.
package luatoshost_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/hosts"
	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

const (
	buildTimeout = 5 * time.Minute
	runTimeout   = 3 * time.Minute // under valgrind, on a busy machine
)

// command runs a program in the top folder and returns what it printed, and its exit code.
func command(t *testing.T, limit time.Duration, env []string, name string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = repo.Root(t)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "RTMP_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &complaints, time.Second
	err := cmd.Run()
	require.NoError(t, ctx.Err(), "%s did not end\n%s%s", name, out.String(), complaints.String())
	require.NotNil(t, cmd.ProcessState, "%v", err)
	return out.String(), complaints.String(), cmd.ProcessState.ExitCode()
}

func mustRun(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	stdout, stderr, code := command(t, buildTimeout, env, name, args...)
	require.Zero(t, code, "%s %v\n%s", name, args, stderr)
	return strings.TrimSpace(stdout)
}

// built returns build/rtmp.so. That its bytes are read lets go test see when they change.
func built(t *testing.T) string {
	t.Helper()
	path := filepath.Join(repo.Root(t), "build/rtmp.so")
	_, err := os.ReadFile(path)
	require.NoError(t, err, "./build.sh builds it")
	return path
}

// library builds the library in another way than ./build.sh does, into a folder of the test's own.
func library(t *testing.T, name, cflags string, flags ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	env := []string{"CGO_CFLAGS=" + cflags + " " + mustRun(t, nil, "pkg-config", "--cflags", "lua5.3")}
	mustRun(t, env, "go", append(append([]string{"build", "-tags", "netgo,osusergo", "-o", path}, flags...), ".")...)
	return path
}

// host builds the host with a library.
func host(t *testing.T, library string, flags ...string) string {
	t.Helper()
	return link(t, nil, library, flags...)
}

// bindingHost builds the host with a camera, and with a binding of its own over the library's C API.
func bindingHost(t *testing.T, library string, flags ...string) string {
	t.Helper()
	_, err := os.ReadFile("testdata/binding.c") // for go test, as above
	require.NoError(t, err)
	return link(t, []string{"-Iinclude", "tests/luatoshost/testdata/binding.c"}, library, append(flags, "-DCAMERA")...)
}

func link(t *testing.T, sources []string, library string, flags ...string) string {
	t.Helper()
	for _, file := range []string{"host.c", "timers.inc", "camera.inc", "sys.lua"} { // for go test, as above
		_, err := os.ReadFile("testdata/" + file)
		require.NoError(t, err)
	}
	path := filepath.Join(t.TempDir(), "host")
	compile := strings.Fields(mustRun(t, nil, "pkg-config", "--cflags", "lua5.3"))
	lua := strings.Fields(mustRun(t, nil, "pkg-config", "--libs", "lua5.3"))
	if slices.Contains(flags, "-m32") {
		folder := hosts.Arch386.Folder(t)
		compile, lua = []string{"-I" + folder + "/include"}, []string{folder + "/liblua.a", "-lm", "-ldl"}
	}
	args := append([]string{"-std=gnu11", "-g", "-Wall", "-Wextra", "-Werror"}, flags...)
	args = append(args, compile...)
	args = append(args, "tests/luatoshost/testdata/host.c")
	args = append(args, sources...)
	args = append(args, library, "-Wl,-rpath,"+filepath.Dir(library))
	args = append(args, lua...)
	mustRun(t, nil, "gcc", append(args, "-lpthread", "-o", path)...)
	return path
}

// setup is a host and a server to which its scripts publish.
type setup struct {
	server  *peers.Server
	command []string
	env     []string
	name    string // begins the names of the streams
}

// run runs testdata/SCRIPT.lua, which has to succeed, and returns the name of its stream.
func (s setup) run(t *testing.T, script string) string {
	t.Helper()
	stream := s.name + script
	stdout, stderr, code := s.try(t, script, stream)
	require.Zero(t, code, "%s%s", stdout, stderr)
	return stream
}

func (s setup) try(t *testing.T, script, stream string) (stdout, stderr string, code int) {
	t.Helper()
	text, err := os.ReadFile("testdata/prelude.lua")
	require.NoError(t, err)
	own, err := os.ReadFile("testdata/" + script + ".lua")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), script+".lua")
	require.NoError(t, os.WriteFile(path, append(text, own...), 0o600))
	env := append([]string{"CAMERA_FILE=" + media.AnnexB(t)}, s.env...)
	args := append(append([]string{}, s.command[1:]...), "tests/luatoshost/testdata", path, s.server.URL("live", stream), s.drops(stream))
	return command(t, runTimeout, env, s.command[0], args...)
}

// drops returns a URL of which the server closes the connection after a second or two.
func (s setup) drops(stream string) string {
	if s.server.SmallAddr != "" { // nginx
		return s.server.URL("short", stream)
	}
	return s.server.URL("live", "cut1"+stream)
}
