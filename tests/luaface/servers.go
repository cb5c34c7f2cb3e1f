// Package luaface is what the tests of the Lua face share, whatever hosts it: the servers that the scripts of tests/lua/face talk to, and
// their reports.
package luaface

import (
	"fmt"
	"net"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/peers"
)

// Servers are the servers of one test.
type Servers struct {
	Receiver *peers.Server
	Silent   string // an address that accepts connections and says nothing
	Closed   string // an address where nothing listens
}

// Start starts all of them.
func Start(t testing.TB) *Servers {
	t.Helper()
	return &Servers{Receiver: peers.StartReceiver(t), Silent: Silent(t), Closed: Closed(t)}
}

// Silent listens until the test's end and answers nothing. Each connection stays until its client closes it.
func Silent(t testing.TB) string {
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
			go func() {
				defer conn.Close()
				buffer := make([]byte, 4096)
				for err == nil {
					_, err = conn.Read(buffer)
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// Closed takes a port, and listens not: nobody else can take it until the test's end.
func Closed(t testing.TB) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { syscall.Close(fd) })
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	name, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	return fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
}

// runs numbers the prologues, so that no two runs of a script publish the same stream.
var runs atomic.Int64

// Prologue returns the Lua chunk that must run before a script. slow: time passes slowly for the host, which a debugging tool watches.
func (s *Servers) Prologue(t testing.TB, report string, slow bool) string {
	t.Helper()
	root := repo.Root(t)
	return fmt.Sprintf("package.path = %q .. package.path\nFACE = {receiver = %q, silent = %q, closed = %q, media = %q, report = %q, run = %q, slow = %v}\nrequire(\"before\")",
		filepath.Join(root, "tests/lua/face/?.lua;"), s.Receiver.Addr, s.Silent, s.Closed,
		filepath.Join(root, "core/source/testdata"), report, fmt.Sprint(runs.Add(1)), slow)
}
