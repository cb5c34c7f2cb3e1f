package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// level is how much is told.
type level int

const (
	levelDebug level = iota
	levelInfo
	levelWarn
	levelError
	levelOff
)

var levelNames = []string{"debug", "info", "warn", "error", "off"}

// levelOf reads the value of RTMP_LOG; warn if there is none, or another one.
func levelOf(name string) level {
	for l, n := range levelNames {
		if strings.EqualFold(n, name) {
			return level(l)
		}
	}
	return levelWarn
}

// textLog writes lines of names and values, in the form of log/slog's: level=WARN msg="no packets come" lib=rtmp codec=h264.
type textLog struct {
	level level
	out   io.Writer

	mu   sync.Mutex
	line []byte
}

// logger writes to stderr what nobody has to handle. RTMP_LOG chooses how much: debug, info, warn (default), error, off.
var logger = sync.OnceValue(func() *textLog {
	return &textLog{level: levelOf(os.Getenv("RTMP_LOG")), out: os.Stderr}
})

func (l *textLog) Debug(text string, args ...any) { l.write(levelDebug, text, args) }
func (l *textLog) Info(text string, args ...any)  { l.write(levelInfo, text, args) }
func (l *textLog) Warn(text string, args ...any)  { l.write(levelWarn, text, args) }

// Terse tells that Info does nothing.
func (l *textLog) Terse() bool { return l.level > levelInfo }

// write makes one line, in one write. An error of stderr has nowhere to go.
func (l *textLog) write(at level, text string, args []any) {
	if at < l.level {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := append(l.line[:0], "level="...)
	b = append(b, strings.ToUpper(levelNames[at])...)
	b = append(b, " msg="...)
	b = appendValue(b, text)
	b = append(b, " lib=rtmp"...)
	for i := 0; i+1 < len(args); i += 2 {
		b = append(b, ' ')
		b = append(b, fmt.Sprint(args[i])...)
		b = append(b, '=')
		b = appendValue(b, fmt.Sprint(args[i+1]))
	}
	l.line = append(b, '\n')
	_, _ = l.out.Write(l.line)
}

// appendValue quotes a value that would not be one word, or would not stay in its line.
func appendValue(b []byte, s string) []byte {
	odd := func(r rune) bool {
		return r == ' ' || r == '=' || r == '"' || r == utf8.RuneError || !strconv.IsPrint(r)
	}
	if s == "" || strings.ContainsFunc(s, odd) {
		return strconv.AppendQuote(b, s)
	}
	return append(b, s...)
}
