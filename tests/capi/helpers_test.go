// Package capi_test builds C programs against the header and the library and runs them: with gcc and clang, as C and as
// C++, under AddressSanitizer, UndefinedBehaviorSanitizer and valgrind. The programs are in tests/testdata/c.
package capi_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
)

const timeout = 2 * time.Minute // for one command

// closed is a URL where nobody listens.
const closed = "rtmp://127.0.0.1:1/live/stream"

var sanitizers = []string{"-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"}

// compilers are all that a program must compile with.
var compilers = []struct {
	name string
	args []string
}{
	{"gcc", []string{"gcc", "-std=c99"}},
	{"clang", []string{"clang", "-std=c99"}},
	{"g++", []string{"g++", "-x", "c++", "-std=c++11"}},
	{"clang++", []string{"clang++", "-x", "c++", "-std=c++11"}},
}

// gcc is the compiler of what is tried with one only.
var gcc = compilers[0].args

// library returns the path of build/rtmp.so. It is read, as the program's source is, so that go test runs again when it has
// changed.
func library(t *testing.T) string {
	t.Helper()
	path := filepath.Join(repo.Root(t), "build", "rtmp.so")
	_, err := os.ReadFile(path)
	require.NoError(t, err, "run ./build.sh")
	return path
}

// compile builds a program of tests/testdata/c with a library and returns its path.
func compile(t *testing.T, compiler []string, lib, name string, flags ...string) string {
	t.Helper()
	root := repo.Root(t)
	source := filepath.Join(root, "tests", "testdata", "c", name+".c")
	for _, file := range []string{source, filepath.Join(filepath.Dir(source), "check.h"), filepath.Join(root, "include", "luat_rtmp_push.h")} {
		_, err := os.ReadFile(file)
		require.NoError(t, err)
	}
	program := filepath.Join(t.TempDir(), name)
	args := append(compiler[1:len(compiler):len(compiler)], "-Wall", "-Wextra", "-Werror", "-pedantic", "-I"+filepath.Join(root, "include"))
	args = append(append(args, flags...), "-o", program, source, "-x", "none", lib, "-Wl,-rpath,"+filepath.Dir(lib), "-pthread")
	run(t, nil, compiler[0], args...)
	return program
}

// run runs a program, which must succeed and leave no word on its standard error, and returns what it prints.
func run(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = repo.Root(t)
	cmd.Env = append(append(os.Environ(), "RTMP_LOG=error"), env...) // the log tells of failures that are provoked
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s %v\n%s%s", name, args, out, stderr.String())
	require.Empty(t, stderr.String(), "%s %v", name, args)
	return string(out)
}

// acceptAndClose returns the URL of a server that closes each connection at once.
func acceptAndClose(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	return "rtmp://" + listener.Addr().String() + "/live/stream"
}
