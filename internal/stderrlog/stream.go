package stderrlog

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	// maxLines is how many lines of one kind a stream has in any minute.
	maxLines = 20

	// maxKinds bounds the kinds that a stream counts apart. All others count as one.
	maxKinds = 64

	// maxName bounds the name of a stream, in bytes.
	maxName = 200
)

// Stream is the log of one stream, a handler of log/slog: each of its lines carries the stream's
// name, and the number of lines of one kind is limited.
type Stream struct {
	log *Log

	mu    sync.Mutex
	name  func() string
	kinds map[kind]*recent
}

// kind is what lines have in common that say the same thing.
type kind struct {
	level slog.Level
	text  string
}

// recent holds what there was of one kind within the last minute.
type recent struct {
	times [maxLines]time.Time // of the latest lines, a ring
	next  int                 // the place of the oldest one
	held  int                 // lines that were left out and that no line has counted yet
	timer *time.Timer         // counts them when the minute is over
}

// Stream returns the log of a new stream, which has no name yet.
func (l *Log) Stream() *Stream {
	return &Stream{log: l, name: func() string { return "" }, kinds: make(map[kind]*recent)}
}

// SetName makes lines carry what name returns when they are logged, cut to 200 bytes. Lines are
// logged with locks held, so name must take none.
func (s *Stream) SetName(name func() string) {
	s.mu.Lock()
	s.name = name
	s.mu.Unlock()
}

// Enabled reports whether lines of a level are told.
func (s *Stream) Enabled(_ context.Context, level slog.Level) bool { return level >= s.log.level }

// Handle logs a line, or counts it if there are too many of its kind.
func (s *Stream) Handle(c context.Context, r slog.Record) error {
	return part{stream: s}.Handle(c, r)
}

// WithAttrs returns a handler whose lines have more attributes. It shares name and limits with s.
func (s *Stream) WithAttrs(attrs []slog.Attr) slog.Handler { return part{stream: s}.WithAttrs(attrs) }

// WithGroup returns a handler whose further attributes have names that begin with the group's.
func (s *Stream) WithGroup(name string) slog.Handler { return part{stream: s}.WithGroup(name) }

// part is the log of a part of a stream: its lines have attributes in common.
type part struct {
	stream *Stream
	attrs  []slog.Attr
	prefix string // of the names of further attributes
}

func (p part) Enabled(c context.Context, level slog.Level) bool { return p.stream.Enabled(c, level) }

func (p part) Handle(_ context.Context, r slog.Record) error {
	var attrs []slog.Attr
	r.Attrs(func(a slog.Attr) bool { attrs = append(attrs, a); return true })
	p.stream.tell(r, p.with(attrs).attrs)
	return nil
}

func (p part) WithAttrs(attrs []slog.Attr) slog.Handler { return p.with(attrs) }

func (p part) with(attrs []slog.Attr) part {
	p.attrs = slices.Clip(p.attrs)
	for _, a := range attrs {
		a.Key = p.prefix + a.Key
		p.attrs = append(p.attrs, a)
	}
	return p
}

func (p part) WithGroup(name string) slog.Handler {
	if name != "" {
		p.prefix += name + "."
	}
	return p
}

// Close says how many lines were left out that have not been counted yet.
func (s *Stream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, r := range s.kinds {
		if r.timer != nil {
			r.timer.Stop()
		}
		s.countLocked(k, r)
	}
}

// tell logs a line unless there are too many of its kind.
func (s *Stream) tell(r slog.Record, attrs []slog.Attr) {
	level, limited := r.Level, true
	if report := s.log.report; report != 0 && level == report {
		level, limited = slog.LevelInfo, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !limited || s.admitLocked(kind{level, r.Message}, r.Time) {
		s.putLocked(level, r.Time, r.Message, attrs...)
	}
}

// putLocked queues a line with the stream's name; s.mu must be held.
func (s *Stream) putLocked(level slog.Level, at time.Time, text string, attrs ...slog.Attr) {
	s.log.put(newEntry(level, at, cut(s.name(), maxName), text, attrs...))
}

// admitLocked reports whether there is room for one more line of a kind; s.mu must be held.
func (s *Stream) admitLocked(k kind, now time.Time) bool {
	r := s.kinds[k]
	if r == nil {
		if len(s.kinds) >= maxKinds {
			k.text = "other lines"
			r = s.kinds[k]
		}
		if r == nil {
			r = &recent{}
			s.kinds[k] = r
		}
	}
	oldest := &r.times[r.next]
	if left := time.Minute - now.Sub(*oldest); !oldest.IsZero() && left > 0 {
		if r.held++; r.held == 1 {
			r.timer = time.AfterFunc(left, func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.countLocked(k, r)
			})
		}
		return false
	}
	*oldest = now
	r.next = (r.next + 1) % maxLines
	return true
}

// countLocked says how many lines of a kind were left out; s.mu must be held.
func (s *Stream) countLocked(k kind, r *recent) {
	if r.held == 0 {
		return
	}
	s.putLocked(k.level, time.Now(), "more lines of one kind were left out", slog.Int("lines", r.held), slog.String("kind", k.text))
	r.held = 0
}
