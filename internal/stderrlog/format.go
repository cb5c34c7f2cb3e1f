package stderrlog

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// maxLine bounds a line: so much goes into a pipe at once or not at all. pipe(7), PIPE_BUF.
	maxLine = 4096

	// maxValue bounds each of its values, in bytes. Values are cut further if the line does not fit.
	maxValue = 1000
)

// entry is one line before it is written. It refers to nothing of its caller.
type entry struct {
	level slog.Level
	time  time.Time
	name  string // of the stream, "" if it has none
	text  string
	attrs []slog.Attr
}

// newEntry makes a line. What the values say is read now, in the caller's goroutine.
func newEntry(level slog.Level, at time.Time, name, text string, attrs ...slog.Attr) entry {
	e := entry{level: level, time: at, name: name, text: cut(text, maxValue)}
	for _, a := range attrs {
		e.attrs = append(e.attrs, slog.Attr{Key: a.Key, Value: valueOf(a.Value.Resolve().Any())})
	}
	return e
}

func lostLines(lost int, at time.Time) entry {
	return newEntry(slog.LevelWarn, at, "", "lines of the log were lost: they could not be written at once", slog.Int("lines", lost))
}

// valueOf returns numbers and booleans as they are, and everything else as text.
func valueOf(v any) slog.Value {
	switch v := v.(type) {
	case string:
		return slog.StringValue(cut(v, maxValue))
	case error:
		return slog.StringValue(cut(v.Error(), maxValue))
	case fmt.Stringer: // durations too
		return slog.StringValue(cut(v.String(), maxValue))
	}
	value := slog.AnyValue(v)
	if value.Kind() == slog.KindAny {
		return slog.StringValue(cut(fmt.Sprint(v), maxValue))
	}
	return value
}

// cut returns the beginning of s, at most so many bytes of it, and says so if there is more.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	const more = "..."
	end := max(0, most-len(more))
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + more
}

// format makes bytes of entries.
type format struct{ json bool }

// line returns a line with its end, of at most maxLine bytes.
func (f format) line(e entry) []byte {
	return f.fit(e, func(e entry) []byte {
		var b bytes.Buffer
		options := &slog.HandlerOptions{Level: slog.LevelDebug}
		attrs := []slog.Attr{slog.String("lib", "rtmp")}
		if e.name != "" {
			attrs = append(attrs, slog.String("stream", e.name))
		}
		attrs = append(attrs, e.attrs...)
		if f.json {
			handle(slog.NewJSONHandler(&b, options), e, attrs)
		} else {
			handle(slog.NewTextHandler(&b, options), e, attrs)
		}
		return b.Bytes()
	})
}

// text returns what a function is told that takes the log's place: the stream's name, what happened, and the values.
func (f format) text(e entry) string {
	return string(f.fit(e, func(e entry) []byte {
		var b bytes.Buffer
		if e.name != "" {
			b.WriteString(e.name + ": ")
		}
		b.WriteString(e.text)
		if len(e.attrs) > 0 {
			b.WriteByte(' ')
			attrsOnly := func(groups []string, a slog.Attr) slog.Attr {
				if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
					return slog.Attr{}
				}
				return a
			}
			handle(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: attrsOnly}), e, e.attrs)
		}
		return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	}))
}

// handle lets a handler of log/slog write an entry; to a buffer it does not fail.
func handle(h slog.Handler, e entry, attrs []slog.Attr) {
	record := slog.NewRecord(e.time, e.level, e.text, 0)
	record.AddAttrs(attrs...)
	_ = h.Handle(context.Background(), record)
}

// fit cuts the values of an entry until what write makes of it has at most maxLine bytes.
func (f format) fit(e entry, write func(entry) []byte) []byte {
	for most := maxValue; ; most /= 2 {
		b := write(e)
		if len(b) <= maxLine || most == 0 {
			return b[:min(len(b), maxLine)]
		}
		e.text, e.name = cut(e.text, most), cut(e.name, most)
		shorter := make([]slog.Attr, len(e.attrs))
		for i, a := range e.attrs {
			if shorter[i] = a; a.Value.Kind() == slog.KindString {
				shorter[i].Value = slog.StringValue(strings.ToValidUTF8(cut(a.Value.String(), most), "?"))
			}
		}
		e.attrs = shorter
	}
}
