// Package arch386_test builds for 32-bit processes, as LuatOS's own build for Linux is one, and runs what it built.
package arch386_test

import (
	"debug/elf"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/hosts"
	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/luaface"
	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// TestCore runs the tests of the packages in Go in a 32-bit process.
func TestCore(t *testing.T) {
	out, stderr, code := hosts.Run(t, []string{"GOARCH=386", "CGO_ENABLED=0"}, "go", "test", "-p", "1", "-timeout", "8m", "./amf/...", "./core/...")
	require.Zero(t, code, out+stderr)
	t.Log(out)
}

// TestScripts runs the Lua face, with numbers of both sizes.
func TestScripts(t *testing.T) {
	servers := luaface.Start(t)
	for _, h := range []hosts.Host{hosts.Arch386, hosts.Arch386Number} {
		t.Run(h.Name, func(t *testing.T) {
			h.Scripts(t, servers, "api", "options", "publish", "numbers")
		})
	}
}

func TestPublishes(t *testing.T) {
	for _, h := range []hosts.Host{hosts.Arch386, hosts.Arch386Number} {
		t.Run(h.Name, h.Publishes)
	}
}

// TestNumbersMustFit as in package numbers32_test; and the library of another processor is no library.
func TestNumbersMustFit(t *testing.T) {
	hosts.Arch386Number.Refuses(t, hosts.Arch386, "incompatible numeric types")
	hosts.Arch386.Refuses(t, hosts.Arch386Number, "incompatible numeric types")
	hosts.Arch386.Refuses(t, hosts.Debian, "wrong ELF class")
	hosts.Debian.Refuses(t, hosts.Arch386, "wrong ELF class")
}

// TestHeader: the header's assertions of sizes and offsets hold.
func TestHeader(t *testing.T) {
	for _, compiler := range [][]string{{"gcc", "-std=c99", "-x", "c"}, {"g++", "-std=c++11", "-x", "c++"}, {"g++", "-std=c++98", "-x", "c++"}} {
		args := append(compiler[1:len(compiler):len(compiler)], "-m32", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "include/luat_rtmp_push.h")
		if compiler[0] == "gcc" {
			args = append(args, "-Wno-pragmas")
		}
		hosts.MustRun(t, nil, compiler[0], args...)
	}
}

// TestC: a C program without Lua links with the library, shared or static, and publishes.
func TestC(t *testing.T) {
	lib := hosts.Arch386.Library(t)
	server := peers.StartReceiver(t)
	for _, ca := range []struct {
		name    string
		library []string
	}{
		{"shared", []string{filepath.Join(lib, "rtmp.so"), "-Wl,-rpath," + lib}},
		{"static", []string{hosts.Arch386.Archive(t)}},
	} {
		t.Run(ca.name, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "publish")
			args := []string{"-m32", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-Iinclude",
				filepath.Join(repo.Root(t), "examples/publish.c"), "-o", program}
			hosts.MustRun(t, nil, "gcc", append(args, ca.library...)...)
			file, err := elf.Open(program)
			require.NoError(t, err)
			defer file.Close()
			require.Equal(t, elf.ELFCLASS32, file.Class)

			out := hosts.MustRun(t, nil, program, server.URL("live", ca.name), "1")
			require.Contains(t, out, "3 -> 4")
			require.NotEmpty(t, media.FrameMD5(t, server.Recording(ca.name)).Video.Decoded)
		})
	}
}
