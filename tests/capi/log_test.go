package capi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/tests/script"
)

// nagging returns the URL of a server that asks each publisher to reconnect to where that is not possible, without end; each
// time the library has something to say.
func nagging(t *testing.T, pause time.Duration) string {
	t.Helper()
	s := script.Listen(t)
	s.Serve(func(c *script.Conn) {
		c.Accept()
		go func() {
			for { // until the connection ends, and with it the goroutine
				c.Status(append(script.Info("status", "NetConnection.Connect.ReconnectRequest", "x"),
					amf.Property{Name: "tcUrl", Value: "http://x/" + strings.Repeat("y", 900)}))
				time.Sleep(pause)
			}
		}()
		c.Drain()
	})
	return s.URL("live/stream")
}

// withLog runs a program of which the log goes to stderr. It must succeed within 10 s, whatever stderr is.
func withLog(t *testing.T, env []string, stderr *os.File, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(append(os.Environ(), "RTMP_LOG=warn"), env...)
	cmd.Stderr = stderr
	var out bytes.Buffer
	cmd.Stdout = &out
	require.NoError(t, cmd.Start())
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		require.NoError(t, err, "%v: %s", args, out.String())
	case <-time.After(60 * time.Second):
		cmd.Process.Kill()
		require.Fail(t, "it hangs", "%v: %s", args, out.String())
	}
	return out.String()
}

// requireEnded checks that ending the stream took no more than half a second, and that no signal came.
func requireEnded(t *testing.T, printed string) {
	t.Helper()
	var ms, signals int
	_, err := fmt.Sscan(printed, &ms, &signals)
	require.NoError(t, err, printed)
	require.LessOrEqual(t, ms, 800) // 500 and some for a busy machine
	require.Zero(t, signals)
}

func TestLogCallback(t *testing.T) {
	t.Parallel()
	url := nagging(t, 20*time.Millisecond)
	for _, c := range compilers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
			require.NoError(t, err)
			defer null.Close()
			withLog(t, nil, null, compile(t, c.args, library(t), "log", sanitizers...), "callback", url)
		})
	}
}

// A server that gives the library something to say without end fills no log: 20 lines of a kind, and one that counts the rest.
func TestLogFlood(t *testing.T) {
	t.Parallel()
	program := compile(t, gcc, library(t), "log")
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(t.TempDir(), "log")
			file, err := os.Create(name)
			require.NoError(t, err)
			defer file.Close()
			withLog(t, []string{"RTMP_LOG=info", "RTMP_LOG_FORMAT=" + format}, file, program, "attempts", acceptAndClose(t))
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			kind := regexp.MustCompile(`^time=\S+ level=[A-Z]+ msg=("[^"]*"|\w+) lib=rtmp stream=\S+/live/\.\.\. `)
			if format == "json" {
				kind = regexp.MustCompile(`^{"time":"[^"]+","level":"[A-Z]+","msg":("[^"]*"),"lib":"rtmp","stream":"[^"]+/live/\.\.\."[,}]`)
			}
			lines := map[string]int{}
			for line := range strings.Lines(string(text)) {
				require.LessOrEqual(t, len(line), 4096)
				found := kind.FindStringSubmatch(strings.Replace(line, "\n", " ", 1))
				require.NotNil(t, found, line)
				require.True(t, format == "text" || json.Valid([]byte(line)), line)
				lines[strings.Trim(found[1], `"`)]++
			}
			require.Equal(t, 20, lines["connecting"], lines)
			require.Positive(t, lines["more lines of one kind were left out"], lines)
			for kind, n := range lines {
				require.LessOrEqual(t, n, 20, kind)
			}
		})
	}
}

// A standard error that nobody reads makes nobody wait, one whose reader is gone raises no signal, and one that is closed gets
// nothing when its number is a socket's.
func TestLogAndStandardError(t *testing.T) {
	t.Parallel()
	url := nagging(t, 10*time.Millisecond)
	program := compile(t, gcc, library(t), "log")

	t.Run("full pipe", func(t *testing.T) {
		t.Parallel()
		reader, writer := pipe(t)
		fill(t, writer)
		requireEnded(t, withLog(t, nil, writer, program, "plain", url))
		require.NoError(t, reader.Close())
	})
	for _, mode := range []string{"ignore", "handler", "default"} {
		t.Run("broken pipe, "+mode, func(t *testing.T) {
			t.Parallel()
			reader, writer := pipe(t)
			require.NoError(t, reader.Close())
			requireEnded(t, withLog(t, nil, writer, program, mode, url))
		})
	}
	t.Run("another's socket", func(t *testing.T) {
		t.Parallel()
		null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		require.NoError(t, err)
		defer null.Close()
		printed := strings.Split(withLog(t, nil, null, program, "socket", url), "\n")
		requireEnded(t, printed[0])
		require.Equal(t, "-1", printed[1], "a line in another's socket")
	})
	t.Run("its own socket", func(t *testing.T) {
		t.Parallel()
		ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		require.NoError(t, err)
		ours, theirs := os.NewFile(uintptr(ends[0]), "ours"), os.NewFile(uintptr(ends[1]), "theirs")
		defer ours.Close()
		requireEnded(t, withLog(t, nil, theirs, program, "plain", url))
		require.NoError(t, theirs.Close())
		b := make([]byte, 1000)
		n, err := ours.Read(b)
		require.NoError(t, err)
		require.Contains(t, string(b[:n]), "level=WARN")
	})
}

func pipe(t *testing.T) (reader, writer *os.File) {
	t.Helper()
	ends := make([]int, 2)
	require.NoError(t, syscall.Pipe2(ends, syscall.O_CLOEXEC))
	reader, writer = os.NewFile(uintptr(ends[0]), "reader"), os.NewFile(uintptr(ends[1]), "writer")
	t.Cleanup(func() { reader.Close(); writer.Close() })
	return reader, writer
}

// fill writes to a pipe as much as goes into it, and leaves it in blocking mode.
func fill(t *testing.T, writer *os.File) {
	t.Helper()
	fd := int(writer.Fd())
	require.NoError(t, syscall.SetNonblock(fd, true))
	for _, size := range []int{4096, 1} {
		for {
			if _, err := syscall.Write(fd, make([]byte, size)); err != nil {
				require.ErrorIs(t, err, syscall.EAGAIN)
				break
			}
		}
	}
	require.NoError(t, syscall.SetNonblock(fd, false))
}
