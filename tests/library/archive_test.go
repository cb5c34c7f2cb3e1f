package library_test

import (
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core"
)

// program is a C program without Lua that prints the library's version.
const program = "tests/library/testdata/nolua.c"

// The archive defines the names of rtmp.so and no others, and a program that is linked with it needs no file of ours.
func TestArchive(t *testing.T) {
	out, err := run(t, buildTimeout, nil, "./build.sh", "archive")
	require.NoError(t, err, out)
	archive := built(t, "librtmp_luat.a")

	var defined []string
	for line := range strings.Lines(mustRun(t, nil, "nm", "-g", "--defined-only", archive)) {
		if field := strings.Fields(line); len(field) == 3 {
			defined = append(defined, field[2])
		}
	}
	require.ElementsMatch(t, append(declared(t), "luaopen_rtmp", "g_rtmp_ctx"), defined)

	// A program's own functions of internal names are no second definitions.
	dir := t.TempDir()
	names := filepath.Join(dir, "names.c")
	require.NoError(t, os.WriteFile(names, []byte("int bus_post, context_check, go_init, crosscall2, _cgo_topofstack;\n"), 0o600))
	own := filepath.Join(dir, "own.c")
	require.NoError(t, os.WriteFile(own, []byte("int luaopen_rtmp(void *L);\nint luaopen_rtmp(void *L) { return L != 0; }\n"), 0o600))
	static := filepath.Join(dir, "static")
	mustRun(t, nil, "gcc", "-std=c99", "-Iinclude", program, names, archive, "-o", static)
	require.Equal(t, core.Version, strings.TrimSpace(mustRun(t, nil, static)))
	binding := filepath.Join(dir, "binding")
	mustRun(t, nil, "gcc", "-std=c99", "-Iinclude", "tests/library/testdata/names.c", own, archive, "-o", binding)
	require.Equal(t, core.Version, strings.TrimSpace(mustRun(t, nil, binding)), "a program with a luaopen_rtmp of its own")
	f, err := elf.Open(static)
	require.NoError(t, err)
	defer f.Close()
	needed, err := f.ImportedLibraries()
	require.NoError(t, err)
	require.Equal(t, []string{"libc.so.6"}, needed)
}

// A program that pkg-config gives its flags compiles, finds the library without further help, and runs.
func TestPkgConfig(t *testing.T) {
	built(t, "lua5.3/rtmp.so")
	prefix := filepath.Join(t.TempDir(), "prefix")
	mustRun(t, nil, "./build.sh", "install", prefix)
	env := []string{"PKG_CONFIG_PATH=" + filepath.Join(prefix, "lib", "pkgconfig")}
	require.Equal(t, core.Version, strings.TrimSpace(mustRun(t, env, "pkg-config", "--modversion", "rtmp_luat")))
	to := filepath.Join(t.TempDir(), "nolua")
	mustRun(t, env, "sh", "-c", `gcc "$1" $(pkg-config --cflags --libs rtmp_luat) -o "$2"`, "sh", program, to)
	require.Equal(t, core.Version, strings.TrimSpace(mustRun(t, nil, to)))
}
