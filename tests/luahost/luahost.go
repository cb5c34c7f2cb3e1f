//go:build lua53

// Package luahost runs the Lua face inside a Go test binary, where the race detector sees the library below it. It hosts what the test binary
// is linked with: import it in tests of the module's top package only.
package luahost

/*
#cgo pkg-config: lua5.3

#include <poll.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>

// Weak: the test binary has it, this package alone does not.
#pragma weak luaopen_rtmp

int luaopen_rtmp(lua_State *L);

static void preload(void *state)
{
	lua_State *L = state;
	luaL_getsubtable(L, LUA_REGISTRYINDEX, "_PRELOAD");
	lua_pushcfunction(L, luaopen_rtmp);
	lua_setfield(L, -2, "rtmp");
	lua_pop(L, 1);
}

static int readable(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};
	return poll(&p, 1, 0) > 0;
}
*/
import "C"

import (
	"os"
	"testing"
	"unsafe"

	"github.com/aarzilli/golua/lua"
)

// State is a Lua state with the standard libraries, where require "rtmp" finds the module.
type State struct {
	state *lua.State
}

// Open opens a state, which is closed at the test's end. It is good for one script: golua hands on no more than 99 errors.
func Open(t testing.TB) *State {
	t.Helper()
	s := &State{state: lua.NewState()}
	t.Cleanup(s.Close)
	s.state.OpenLibs()
	C.preload(unsafe.Pointer(s.state.GetState()))
	return s
}

// Close closes the state; twice is fine.
func (s *State) Close() {
	if s.state != nil {
		s.state.Close()
		s.state = nil
	}
}

// Run runs a chunk.
func (s *State) Run(chunk string) error { return s.state.DoString(chunk) }

// RunFile runs a script.
func (s *State) RunFile(path string) error { return s.state.DoFile(path) }

// Number returns the value of a global.
func (s *State) Number(name string) float64 {
	s.state.GetGlobal(name)
	defer s.state.Pop(1)
	return s.state.ToNumber(-1)
}

// Readable reports whether a descriptor is readable now.
func Readable(fd int) bool { return C.readable(C.int(fd)) != 0 }

// Setenv sets an environment variable until the test's end where C looks for it; os.Setenv alone is for Go.
func Setenv(t testing.TB, name, value string) {
	t.Helper()
	before, was := os.LookupEnv(name)
	setenv(name, value)
	t.Cleanup(func() {
		if was {
			setenv(name, before)
			return
		}
		n := C.CString(name)
		defer C.free(unsafe.Pointer(n))
		C.unsetenv(n)
	})
}

func setenv(name, value string) {
	n, v := C.CString(name), C.CString(value)
	defer C.free(unsafe.Pointer(n))
	defer C.free(unsafe.Pointer(v))
	C.setenv(n, v, 1)
}
