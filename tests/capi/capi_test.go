package capi_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// What is published access unit by access unit arrives frame by frame.
func TestAccessUnits(t *testing.T) {
	t.Parallel()
	nginx := peers.StartNginx(t)
	want := media.FrameMD5(t, media.AnnexB(t))
	for i := range want.Video.Decoded { // the elementary streams have no times
		want.Video.Decoded[i].PTS = time.Duration(i) * time.Second / 25
	}
	raw := media.Make(t, ".flv", "-i", media.ADTS(t), "-c", "copy", "-bsf:a", "aac_adtstoasc") // without the headers of ADTS
	want.Audio = media.FrameMD5(t, raw).Audio
	for _, ca := range []struct {
		name     string
		compiler []string
		form     string
		flags    []string
		under    []string
	}{
		{"gcc", gcc, "whole", sanitizers, nil},
		{"clang", compilers[1].args, "units", sanitizers, nil},
		{"gxx", compilers[2].args, "mixed", sanitizers, nil},
		{"clangxx", compilers[3].args, "whole", sanitizers, nil},
		{"valgrind", gcc, "units", []string{"-g"}, valgrind(t)},
	} {
		t.Run(ca.name, func(t *testing.T) {
			t.Parallel()
			server := nginx.For(t)
			lib := library(t)
			if ca.under != nil {
				lib = forValgrind(t)
			}
			program := compile(t, ca.compiler, lib, "access_units", ca.flags...)
			command := append(ca.under[:len(ca.under):len(ca.under)], program, server.URL("live", "units-"+ca.name),
				media.AnnexB(t), media.ADTS(t), ca.form)
			run(t, nil, command[0], command[1:]...)
			media.Compare(t, want, media.FrameMD5(t, server.Recording("units-"+ca.name)), media.Options{})
		})
	}
}

// A binding as LuatOS's: it waits for CONNECTED before it polls, or does not poll at all.
func TestBinding(t *testing.T) {
	t.Parallel()
	nginx := peers.StartNginx(t)
	for _, c := range compilers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			program := compile(t, c.args, library(t), "binding", sanitizers...)
			for _, polls := range []string{"1", "0"} {
				run(t, nil, program, nginx.For(t).URL("live", "binding-"+strings.ReplaceAll(c.name, "+", "x")+polls), polls)
			}
		})
	}
}

// Attempts that follow each other, with a URL that is asked for, until the program has enough.
func TestReconnect(t *testing.T) {
	t.Parallel()
	for _, c := range compilers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			run(t, nil, compile(t, c.args, library(t), "reconnect", sanitizers...), closed, acceptAndClose(t))
		})
	}
}

// The target for the encoder on a slow network, down to the floor that is set.
func TestSteer(t *testing.T) {
	t.Parallel()
	receiver := peers.StartReceiver(t)
	run(t, nil, compile(t, gcc, library(t), "steer", sanitizers...), receiver.URL("live", "slow"))
}

// Codecs and tracks that a server takes, and that it does not.
func TestFrames(t *testing.T) {
	t.Parallel()
	receiver := peers.StartReceiver(t)
	for _, c := range compilers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			program := compile(t, c.args, library(t), "frames", sanitizers...)
			run(t, nil, program, receiver.For(t).URL("live", "frames-"+strings.ReplaceAll(c.name, "+", "x")))
		})
	}
}

func TestFork(t *testing.T) {
	t.Parallel()
	nginx := peers.StartNginx(t)
	for _, c := range compilers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			program := compile(t, c.args, library(t), "forked", sanitizers...)
			run(t, nil, program, nginx.For(t).URL("live", "forked-"+strings.ReplaceAll(c.name, "+", "x")))
		})
	}
}

// The host's signals stay the host's: none lands on a thread of the library, and handlers that the host has installed since it
// loaded the library run safely. The program is linked with the library; with its archive, before and after its own files; or
// loads it while it has threads.
func TestSignals(t *testing.T) {
	t.Parallel()
	lib := library(t)
	archive := filepath.Join(filepath.Dir(lib), "librtmp_luat.a")
	run(t, nil, "./build.sh", "archive")
	refuses := acceptAndClose(t)
	for _, ca := range []struct {
		name  string
		lib   string
		flags []string
	}{
		{"linked", lib, nil},
		{"loaded", "-ldl", []string{`-DLIBRARY="` + lib + `"`}},
		{"archive", archive, nil},
		{"archive first", archive, []string{"-Wl,-u,rtmp_init", archive}},
	} {
		t.Run(ca.name, func(t *testing.T) {
			t.Parallel()
			program := compile(t, []string{"gcc", "-std=gnu99"}, ca.lib, "signals", append(ca.flags, "-g", "-O1")...)
			for _, mode := range []string{"wait", "storm"} {
				for _, url := range []string{closed, refuses} {
					run(t, nil, program, mode, url)
				}
			}
		})
	}
}

// A process without file descriptors gets an error, and connects when it has some again.
func TestNoDescriptors(t *testing.T) {
	t.Parallel()
	program := compile(t, gcc, library(t), "descriptors", "-g")
	for range 20 {
		run(t, []string{"RTMP_LOG=off"}, program, closed)
	}
}

// The bus between the library's threads and Lua's, with an allocator that fails.
func TestBusWithoutMemory(t *testing.T) {
	t.Parallel()
	root, dir := repo.Root(t), t.TempDir()
	flags := append(sanitizers[:len(sanitizers):len(sanitizers)], "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Iinclude", "-Iinternal/luaface")
	for _, file := range []string{"internal/luaface/bus.c", "internal/luaface/bus.h", "internal/forkguard/forked.c", "tests/testdata/c/bus.c"} {
		_, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
	}
	object, program := filepath.Join(dir, "bus.o"), filepath.Join(dir, "bus")
	run(t, nil, "gcc", append(flags, "-Dcalloc=failing_calloc", "-c", "internal/luaface/bus.c", "-o", object)...)
	run(t, nil, "gcc", append(flags, "tests/testdata/c/bus.c", object, "internal/forkguard/forked.c", "-o", program, "-pthread")...)
	run(t, nil, program)
}

func TestAbuse(t *testing.T) {
	t.Parallel()
	for _, c := range compilers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			program := compile(t, c.args, library(t), "abuse", sanitizers...)
			t.Log(run(t, nil, program, acceptAndClose(t), "1500"))
		})
	}
}

// 10,000 contexts with gcc, fewer with the others.
func TestCycles(t *testing.T) {
	t.Parallel()
	for i, c := range compilers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			program := compile(t, c.args, library(t), "cycles", sanitizers...)
			count := "10000"
			if i > 0 {
				count = "1000"
			}
			t.Log(run(t, nil, program, count, closed, acceptAndClose(t)))
		})
	}
}

// The other programs under valgrind, which is slow: with smaller numbers.
func TestValgrind(t *testing.T) {
	nginx := peers.StartNginx(t)
	lib := forValgrind(t)
	for _, ca := range []struct {
		program string
		args    []string
	}{
		{"binding", []string{nginx.URL("live", "valgrind-binding"), "1"}},
		{"forked", []string{nginx.URL("live", "valgrind-forked")}},
		{"cycles", []string{"100", closed, acceptAndClose(t)}},
		{"abuse", []string{acceptAndClose(t), "300"}},
		{"reconnect", []string{closed, acceptAndClose(t)}},
	} {
		t.Run(ca.program, func(t *testing.T) {
			command := append(valgrind(t), compile(t, gcc, lib, ca.program, "-g"))
			run(t, nil, command[0], append(command[1:], ca.args...)...)
		})
	}
}

// valgrind is the command in front of a program's.
func valgrind(t *testing.T) []string {
	return []string{
		"valgrind", "-q", "--error-exitcode=9", "--suppressions=" + filepath.Join(repo.Root(t), "tests/testdata/valgrind.supp"),
		"--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite",
	}
}

// forValgrind builds rtmp.so with what valgrind 3.19 can read: not the debugging information of Go 1.26.
func forValgrind(t *testing.T) string {
	return buildFor(t, "-g -O0", "-ldflags=-w")
}

// The C files of the library are instrumented as well.
func TestInstrumentedLibrary(t *testing.T) {
	t.Parallel()
	lib := buildFor(t, "-g -O1", "-asan")
	run(t, nil, compile(t, gcc, lib, "abuse", sanitizers...), acceptAndClose(t), "500")
	run(t, nil, compile(t, gcc, lib, "cycles", sanitizers...), "1000", closed, acceptAndClose(t))
}

// A host that exports functions with the library's names does not get into the library.
func TestNames(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "pkg-config", "--cflags", "--libs", "lua5.3").Output()
	require.NoError(t, err)
	lib := library(t)
	root, program := repo.Root(t), filepath.Join(t.TempDir(), "names")
	args := []string{"-std=c99", "-Wall", "-Wextra", "-Werror", "-rdynamic", filepath.Join(root, "tests/testdata/c/names.c"), "-o", program}
	run(t, nil, "gcc", append(args, strings.Fields(string(out))...)...)
	require.Equal(t, "1 7\n", run(t, nil, program, filepath.Dir(lib)))
}

// buildFor builds rtmp.so with other flags into a folder of the test's own, and returns its path.
func buildFor(t *testing.T, cflags string, flags ...string) string {
	t.Helper()
	library(t)
	out, err := exec.CommandContext(t.Context(), "pkg-config", "--cflags", "lua5.3").Output()
	require.NoError(t, err)
	lib := filepath.Join(t.TempDir(), "rtmp.so")
	build := exec.CommandContext(t.Context(), "go", append([]string{"build", "-buildmode=c-shared", "-o", lib}, flags...)...)
	build.Dir, build.Env = repo.Root(t), append(os.Environ(), "CGO_CFLAGS="+cflags+" "+strings.TrimSpace(string(out)))
	text, err := build.CombinedOutput()
	require.NoError(t, err, "%s", text)
	return lib
}
