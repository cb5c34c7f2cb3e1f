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

// maxSize is the largest rtmp.so that is accepted, in bytes. It keeps the library from growing
// unnoticed, by a dependency that brings half of the standard library along for one call; it is no
// reason to write by hand what a library does well.
const maxSize = 11_000_000

// abis lists the interpreters with the folder of the library that is built for each.
var abis = []struct{ lua, dir string }{
	{"lua5.1", "lua5.1"},
	{"lua5.2", "lua5.2"},
	{"lua5.3", "lua5.3"},
	{"lua5.4", "lua5.4"},
	{"luajit", "luajit"},
}

func open(t *testing.T, name string) *elf.File {
	t.Helper()
	f, err := elf.Open(built(t, name))
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// exports returns the names that a library defines for others.
func exports(t *testing.T, f *elf.File) []string {
	t.Helper()
	symbols, err := f.DynamicSymbols()
	require.NoError(t, err)
	var names []string
	for _, s := range symbols {
		if s.Section != elf.SHN_UNDEF && elf.ST_BIND(s.Info) != elf.STB_LOCAL {
			names = append(names, s.Name)
		}
	}
	return names
}

func TestLibrary(t *testing.T) {
	for _, abi := range abis {
		t.Run(abi.dir, func(t *testing.T) {
			name := abi.dir + "/rtmp.so"
			f := open(t, name)

			require.ElementsMatch(t, append(declared(t), "luaopen_rtmp", "g_rtmp_ctx"), exports(t, f))

			needed, err := f.ImportedLibraries()
			require.NoError(t, err)
			require.Equal(t, []string{"libc.so.6"}, needed)
			soname, err := f.DynString(elf.DT_SONAME)
			require.NoError(t, err)
			require.Equal(t, []string{"rtmp.so"}, soname)

			// What the library calls of its own is bound inside it, whatever names its host exports. Go's linker sees to that.
			flags, err := f.DynValue(elf.DT_FLAGS)
			require.NoError(t, err)
			require.Len(t, flags, 1)
			require.NotZero(t, elf.DynFlag(flags[0])&elf.DF_SYMBOLIC)

			// What must be found is in libc; what Lua has to offer is asked for weakly, so that no other name can hide there.
			symbols, err := f.DynamicSymbols()
			require.NoError(t, err)
			for _, s := range symbols {
				if s.Section == elf.SHN_UNDEF && elf.ST_BIND(s.Info) != elf.STB_WEAK {
					require.Equal(t, "libc.so.6", s.Library, s.Name)
				}
			}

			for _, section := range f.Sections {
				require.NotEqual(t, elf.SHT_SYMTAB, section.Type, "not stripped")
				require.False(t, strings.HasPrefix(section.Name, ".debug"), section.Name)
			}
			info, err := os.Stat(built(t, name))
			require.NoError(t, err)
			require.LessOrEqual(t, info.Size(), int64(maxSize))
		})
	}
}

// The library without a version in its path is the one for Lua 5.3.
func TestDefaultLibrary(t *testing.T) {
	plain, err := os.ReadFile(built(t, "rtmp.so"))
	require.NoError(t, err)
	versioned, err := os.ReadFile(built(t, "lua5.3/rtmp.so"))
	require.NoError(t, err)
	require.Equal(t, len(versioned), len(plain))
	require.True(t, string(versioned) == string(plain))
}

// luaPath returns the environment in which an interpreter finds native modules in a folder and nowhere else.
func luaPath(dir string) []string {
	path := filepath.Join(dir, "?.so")
	return []string{"LUA_CPATH=" + path, "LUA_CPATH_5_2=" + path, "LUA_CPATH_5_3=" + path, "LUA_CPATH_5_4=" + path}
}

func TestRequire(t *testing.T) {
	for _, abi := range abis {
		t.Run(abi.lua, func(t *testing.T) {
			dir := filepath.Dir(built(t, abi.dir+"/rtmp.so"))
			require.Equal(t, core.Version, mustRun(t, luaPath(dir), abi.lua, "-e", `io.write(require("rtmp").version)`))
		})
	}
}

// A second argument of create that LuatOS's component ignores is told once in the log.
func TestCreateTellsHowSourcesAreGiven(t *testing.T) {
	dir := filepath.Dir(built(t, "rtmp.so"))
	out := mustRun(t, luaPath(dir), "lua5.3", "-e", `
		local rtmp = require("rtmp")
		for _ = 1, 3 do assert(rtmp.create("rtmp://127.0.0.1/live/stream", "movie.mp4")) end
		assert(rtmp.create("rtmp://127.0.0.1/live/stream", true))`)
	require.Equal(t, 1, strings.Count(out, "\n"), out)
	require.Contains(t, out, "the second argument of rtmp.create is ignored")
	require.Contains(t, out, `it is a string; a source is given as {source = `)
}

// A library in the wrong interpreter says so.
func TestRequireOtherLua(t *testing.T) {
	for _, abi := range abis {
		for _, host := range abis {
			if abi == host || strings.Contains("lua5.1 luajit lua5.1", abi.lua+" "+host.lua) {
				continue // LuaJIT is a 5.1
			}
			t.Run(abi.dir+" in "+host.lua, func(t *testing.T) {
				dir := filepath.Dir(built(t, abi.dir+"/rtmp.so"))
				out := mustRun(t, luaPath(dir), host.lua, "-e", `local ok, message = pcall(require, "rtmp") io.write(tostring(ok), " ", message)`)
				require.Regexp(t, `^false .*(built for Lua|version mismatch|incompatible numeric types)`, out)
			})
		}
	}
}

// A C program without Lua links with the library and runs.
func TestNoLua(t *testing.T) {
	lib := built(t, "rtmp.so")
	program := filepath.Join(t.TempDir(), "nolua")
	mustRun(t, nil, "gcc", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Iinclude", "tests/library/testdata/nolua.c", lib,
		"-Wl,-rpath,"+filepath.Dir(lib), "-o", program)
	require.Equal(t, core.Version, strings.TrimSpace(mustRun(t, nil, program)))
	require.Equal(t, core.Version, strings.TrimSpace(mustRun(t, []string{"LD_BIND_NOW=1"}, program)))
}
