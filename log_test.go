package main

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core"
)

var _ core.Terse = (*textLog)(nil)

// The lines are those of log/slog, without its time.
func TestLogLines(t *testing.T) {
	var want, got bytes.Buffer
	plain := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	theirs := slog.New(slog.NewTextHandler(&want, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: plain})).With("lib", "rtmp")
	ours := &textLog{out: &got}
	for _, log := range []core.Logger{theirs, ours} {
		log.Debug("one")
		log.Info("two words", "empty", "", "sum", "1+1=2", "says", `"quoted"`, "in", time.Second)
		log.Warn("lines\nand\x1b[31m colours", "why", errors.New("broken pipe"), "n", -3, "f", 2.5, "cut", "\xff", "codec", core.StateIdle)
	}
	require.Equal(t, want.String(), got.String())
}

func TestLogLevels(t *testing.T) {
	for name, lines := range map[string]int{"debug": 3, "INFO": 2, "warn": 1, "": 1, "other": 1, "error": 0, "off": 0} {
		var out bytes.Buffer
		log := &textLog{level: levelOf(name), out: &out}
		log.Debug("a")
		log.Info("b")
		log.Warn("c")
		require.Equal(t, lines, bytes.Count(out.Bytes(), []byte("\n")), name)
		require.Equal(t, lines < 2, log.Terse(), name)
	}
}
