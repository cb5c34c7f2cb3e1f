package stderrlog

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// identity returns what a descriptor is, as if it had been descriptor 2 when the library was loaded.
func identity(t *testing.T, fd int) Stderr {
	t.Helper()
	var st unix.Stat_t
	require.NoError(t, unix.Fstat(fd, &st))
	return Stderr{Device: uint64(st.Dev), Inode: st.Ino}
}

func pipe(t *testing.T) (reader, writer int) {
	t.Helper()
	ends := make([]int, 2)
	require.NoError(t, unix.Pipe2(ends, unix.O_CLOEXEC))
	return ends[0], ends[1]
}

func socketPair(t *testing.T) (one, other int) {
	t.Helper()
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { unix.Close(ends[0]); unix.Close(ends[1]) })
	return ends[0], ends[1]
}

// descriptors returns how many descriptors are open.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(entries)
}

func TestWhatLinesAreWrittenTo(t *testing.T) {
	line := []byte("a line\n")
	before := descriptors(t)

	t.Run("file", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "log")
		require.NoError(t, os.WriteFile(name, []byte("before\n"), 0o600))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
		require.NoError(t, err)
		defer f.Close()
		require.True(t, Stderr{}.writeTo(int(f.Fd()), line))
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, "before\na line\n", string(text))
	})
	t.Run("pipe", func(t *testing.T) {
		reader, writer := pipe(t)
		defer unix.Close(reader)
		defer unix.Close(writer)
		require.True(t, Stderr{}.writeTo(writer, line))
		b := make([]byte, 100)
		n, err := unix.Read(reader, b)
		require.NoError(t, err)
		require.Equal(t, line, b[:n])
		require.False(t, Stderr{}.writeTo(reader, line), "its reading end")
	})
	t.Run("full pipe", func(t *testing.T) {
		reader, writer := pipe(t)
		defer unix.Close(reader)
		defer unix.Close(writer)
		written := 0
		for (Stderr{}).writeTo(writer, line) {
			written++
		}
		require.Positive(t, written)
		flags, err := unix.FcntlInt(uintptr(writer), unix.F_GETFL, 0)
		require.NoError(t, err)
		require.Zero(t, flags&unix.O_NONBLOCK, "the descriptor is the host's")
	})
	t.Run("broken pipe", func(t *testing.T) {
		raised := make(chan os.Signal, 10)
		signal.Notify(raised, unix.SIGPIPE)
		defer signal.Stop(raised)
		reader, writer := pipe(t)
		defer unix.Close(writer)
		unix.Close(reader)
		require.False(t, Stderr{}.writeTo(writer, line))
		// The reader may also go between the look and the writing.
		unblock := blockSignals()
		_, err := unix.Write(writer, line)
		require.Equal(t, unix.EPIPE, err)
		discardSIGPIPE()
		unblock()
		select {
		case s := <-raised:
			require.Fail(t, "a signal", "%v", s)
		case <-time.After(100 * time.Millisecond):
		}
	})
	t.Run("socket", func(t *testing.T) {
		one, other := socketPair(t)
		require.False(t, Stderr{}.writeTo(one, line))
		third, _ := socketPair(t)
		require.False(t, identity(t, third).writeTo(one, line))
		same := identity(t, one)
		require.True(t, same.writeTo(one, line))
		b := make([]byte, 100)
		n, err := unix.Read(other, b)
		require.NoError(t, err)
		require.Equal(t, line, b[:n])
		for range 100_000 {
			if !same.writeTo(one, []byte(strings.Repeat("x", maxLine))) {
				break
			}
		}
		require.False(t, same.writeTo(one, line), "a full one")
		unix.Shutdown(other, unix.SHUT_RDWR)
		require.False(t, same.writeTo(one, line), "a broken one")
	})
	t.Run("terminal", func(t *testing.T) {
		master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
		if err != nil {
			require.ErrorIs(t, err, os.ErrNotExist) // a container without terminals
			return
		}
		defer master.Close()
		require.NoError(t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
		number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
		require.NoError(t, err)
		terminal, err := os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|unix.O_NOCTTY, 0)
		require.NoError(t, err)
		defer terminal.Close()
		require.True(t, Stderr{}.writeTo(int(terminal.Fd()), line))
	})
	t.Run("others", func(t *testing.T) {
		null, err := os.OpenFile("/dev/null", os.O_WRONLY, 0)
		require.NoError(t, err)
		defer null.Close()
		require.False(t, Stderr{}.writeTo(int(null.Fd()), line), "a device")
		require.True(t, identity(t, int(null.Fd())).writeTo(int(null.Fd()), line), "the device that it was")
		event, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
		require.NoError(t, err)
		defer unix.Close(event)
		require.False(t, Stderr{}.writeTo(event, []byte("12345678")))
		require.False(t, Stderr{}.writeTo(-1, line))
	})
	require.Equal(t, before, descriptors(t), "descriptors are left")
}
