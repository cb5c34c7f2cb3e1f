package stderrlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// paper is what a log writes to.
type paper struct {
	mu    sync.Mutex
	lines []string
	full  bool
	stuck chan struct{} // writing waits for it if it is not nil
}

func (p *paper) write(line []byte) bool {
	if p.stuck != nil {
		<-p.stuck
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.full {
		p.lines = append(p.lines, string(line))
	}
	return !p.full
}

// taken waits until nothing is left to write, and returns what was written since the last call.
func (p *paper) taken() []string {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := p.lines
	p.lines = nil
	return lines
}

func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, ca := range []struct {
			json bool
			want string
		}{
			{false, `time=2000-01-01T00:00:00.000Z level=WARN msg="two words" lib=rtmp stream="camera 1" why="broken \"pipe\"\n\x1b[31m" in=1.5s n=3 on=true` + "\n"},
			{true, `{"time":"2000-01-01T00:00:00Z","level":"WARN","msg":"two words","lib":"rtmp","stream":"camera 1","why":"broken \"pipe\"\n\u001b[31m","in":"1.5s","n":3,"on":true}` + "\n"},
		} {
			var p paper
			s := New(Config{JSON: ca.json, Write: p.write}).Stream()
			s.SetName(func() string { return "camera 1" })
			r := slog.NewRecord(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), slog.LevelWarn, "two words", 0)
			r.Add("why", errors.New("broken \"pipe\"\n\x1b[31m"), "in", 1500*time.Millisecond, "n", 3, "on", true)
			require.NoError(t, s.Handle(t.Context(), r))
			require.Equal(t, []string{ca.want}, p.taken())
		}
	})
}

func TestFuncTakesLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p paper
		var got []string
		l := New(Config{Level: slog.LevelDebug, Write: p.write})
		stream := l.Stream()
		s := slog.New(stream)
		l.SetFunc(func(level slog.Level, text string) { got = append(got, level.String()+" "+text) })
		s.Debug("one")
		stream.SetName(func() string { return "rtmp://h/a/..." })
		s.Info("two words", "why", "it is so", "n", 1)
		require.Empty(t, p.taken())
		require.Equal(t, []string{"DEBUG one", `INFO rtmp://h/a/...: two words why="it is so" n=1`}, got)
		l.SetFunc(nil)
		s.Warn("three")
		require.Len(t, p.taken(), 1)
	})
}

// Attributes that a logger has beforehand stand before those of the line; the limit holds for all
// loggers of a stream together.
func TestAttributesBeforehand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p paper
		s := slog.New(New(Config{Write: p.write}).Stream())
		with := s.With("part", "a b").WithGroup("in").With("n", 1)
		with.Warn("text", "on", true)
		s.Warn("text", "on", true)
		lines := p.taken()
		require.Len(t, lines, 2)
		require.Contains(t, lines[0], `msg=text lib=rtmp part="a b" in.n=1 in.on=true`+"\n")
		require.Contains(t, lines[1], "msg=text lib=rtmp on=true\n")
		for range maxLines {
			s.Warn("text")
			with.Warn("text")
		}
		require.Len(t, p.taken(), maxLines-2)
	})
}

func TestLevels(t *testing.T) {
	for name, want := range map[string]int{"debug": 3, "INFO": 2, "warn": 1, "": 1, "other": 1, "error": 0, "off": 0} {
		synctest.Test(t, func(t *testing.T) {
			var p paper
			s := slog.New(New(Config{Level: levelOf(name), Write: p.write}).Stream())
			s.Debug("a")
			s.Info("b")
			s.Warn("c")
			require.Len(t, p.taken(), want, name)
			require.Equal(t, want >= 2, s.Enabled(t.Context(), slog.LevelInfo), name)
			require.Equal(t, want >= 3, s.Enabled(t.Context(), slog.LevelDebug), name)
		})
	}
}

// In any minute there are at most 20 lines of one kind and stream, and one that counts the rest.
func TestLinesOfOneKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p paper
		l := New(Config{Write: p.write})
		stream := l.Stream()
		one, other := slog.New(stream), slog.New(l.Stream())
		for i := range 100_000 {
			one.Warn("the server says", "what", i)
		}
		require.Len(t, p.taken(), maxLines)
		other.Warn("the server says")
		one.Warn("something else")
		require.Len(t, p.taken(), 2, "of another stream, and of another kind")
		time.Sleep(time.Minute)
		lines := p.taken()
		require.Len(t, lines, 1)
		require.Contains(t, lines[0], `left out" lib=rtmp lines=99980 kind="the server says"`)

		// As many as there may be, evenly: none is left out.
		for range 60 {
			time.Sleep(3 * time.Second)
			one.Warn("the server says")
		}
		require.Len(t, p.taken(), 60)

		// No minute, wherever it begins, has more.
		var times []time.Time
		for range 1000 {
			time.Sleep(time.Second)
			one.Warn("the server says")
			if n := len(p.taken()); n > 0 {
				times = append(times, time.Now())
			}
		}
		for i := range len(times) - maxLines - 2 {
			require.GreaterOrEqual(t, times[i+maxLines+2].Sub(times[i]), time.Minute, i)
		}
		stream.Close()
		require.Len(t, p.taken(), 1, "what is left to count")
		time.Sleep(time.Hour)
		require.Empty(t, p.taken())
	})
}

// However many kinds there are, a stream remembers few.
func TestKindsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p paper
		stream := New(Config{Write: p.write}).Stream()
		s := slog.New(stream)
		for i := range 1000 {
			s.Warn(fmt.Sprint("kind ", i))
			synctest.Wait()
		}
		require.Len(t, p.taken(), maxKinds+maxLines)
		require.LessOrEqual(t, len(stream.kinds), maxKinds+1)
		stream.Close()
	})
}

// report is the level of lines that the user has asked for.
const report = slog.LevelInfo + 1

// Lines that the user has asked for are not limited.
func TestReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p paper
		s := slog.New(New(Config{Level: slog.LevelInfo, Report: report, Write: p.write}).Stream())
		for range 100 {
			s.Log(t.Context(), report, "statistics")
		}
		lines := p.taken()
		require.Len(t, lines, 100)
		require.Contains(t, lines[0], " level=INFO msg=statistics ")
	})
}

// A log whose lines cannot be written makes nobody wait, keeps a bounded number, and says how many are lost.
func TestLostLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := paper{full: true}
		l := New(Config{Level: slog.LevelInfo, Report: report, Write: p.write})
		s := slog.New(l.Stream())
		for range 5 {
			s.Log(t.Context(), report, "lost")
		}
		synctest.Wait()
		p.mu.Lock()
		p.full = false
		p.mu.Unlock()
		s.Log(t.Context(), report, "written")
		lines := p.taken()
		require.Len(t, lines, 2)
		require.Contains(t, lines[0], "lines=5")
		require.Contains(t, lines[1], "written")

		p.stuck = make(chan struct{})
		for range 10_000 {
			s.Log(t.Context(), report, "queued")
		}
		synctest.Wait()
		l.mu.Lock()
		require.LessOrEqual(t, len(l.queue), maxQueued)
		l.mu.Unlock()
		begin := time.Now()
		l.SetFunc(nil)
		require.Zero(t, time.Since(begin))
		l.Flush(100 * time.Millisecond)
		require.Less(t, time.Since(begin), 200*time.Millisecond)
		close(p.stuck)
		require.Contains(t, strings.Join(p.taken(), ""), "lines of the log were lost")
	})
}

// A function takes the lines though the goroutine that writes hangs, and no second one hangs.
func TestFuncInsteadOfStuckWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := paper{stuck: make(chan struct{})}
		l := New(Config{Write: p.write})
		s := slog.New(l.Stream())
		s.Warn("one")
		synctest.Wait()
		s.Warn("two")
		var got []string
		l.SetFunc(func(_ slog.Level, text string) { got = append(got, text) })
		synctest.Wait()
		s.Warn("three")
		synctest.Wait()
		require.Equal(t, []string{"two", "three"}, got)
		l.SetFunc(nil)
		s.Warn("four")
		synctest.Wait()
		require.Zero(t, l.drainer, "another one hangs")
		close(p.stuck)
		synctest.Wait()
		s.Warn("five")
		lines := p.taken()
		require.Len(t, lines, 3)
		require.Contains(t, lines[0], "one")
		require.Contains(t, lines[1], "lines=1")
		require.Contains(t, lines[2], "five")
	})
}

// SetFunc waits until the function that it replaces has returned, but not for its own caller.
func TestSetFunc(t *testing.T) {
	var p paper
	l := New(Config{Write: p.write})
	s := slog.New(l.Stream())
	entered, leave := make(chan struct{}), make(chan struct{})
	l.SetFunc(func(slog.Level, string) { close(entered); <-leave })
	s.Warn("one")
	<-entered
	replaced := make(chan struct{})
	inside := make(chan struct{})
	go func() {
		l.SetFunc(func(slog.Level, string) { l.SetFunc(nil); l.Flush(time.Hour); close(inside) })
		close(replaced)
	}()
	select {
	case <-replaced:
		require.Fail(t, "it has not waited")
	case <-time.After(50 * time.Millisecond):
	}
	close(leave)
	<-replaced
	s.Warn("two")
	<-inside
}

// Whatever the values are, a line is one line, whole, and goes into a pipe at once.
func TestLongLines(t *testing.T) {
	for _, text := range []string{strings.Repeat("a", 1<<20), strings.Repeat("\x00\xff", 5000), strings.Repeat("字", 5000), strings.Repeat("\"\n", 5000)} {
		e := newEntry(slog.LevelWarn, time.Now(), cut(text, maxName), "text",
			slog.String("a", text), slog.Any("b", errors.New(text)), slog.Any("c", []byte(text)), slog.String("d", text), slog.String("e", text))
		for _, line := range [][]byte{format{}.line(e), format{json: true}.line(e)} {
			require.LessOrEqual(t, len(line), maxLine)
			require.Equal(t, 1, strings.Count(string(line), "\n"))
			require.True(t, strings.HasSuffix(string(line), "\n"))
		}
		require.True(t, json.Valid(format{json: true}.line(e)))
		require.LessOrEqual(t, len(format{}.text(e)), maxLine)
	}
}
