package stderrlog

import (
	"log/slog"
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

// Stream is the log of one stream: each of its lines carries the stream's name.
type Stream struct {
	log *Log

	mu    sync.Mutex
	name  string
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
func (l *Log) Stream() *Stream { return &Stream{log: l, kinds: make(map[kind]*recent)} }

// SetName sets the name that lines carry from now on; longer ones than 200 bytes are cut.
func (s *Stream) SetName(name string) {
	s.mu.Lock()
	s.name = cut(name, maxName)
	s.mu.Unlock()
}

// Debug, Info and Warn log what happened: a text that is always the same, then names and values in turn.
func (s *Stream) Debug(text string, args ...any) { s.tell(slog.LevelDebug, text, args) }
func (s *Stream) Info(text string, args ...any)  { s.tell(slog.LevelInfo, text, args) }
func (s *Stream) Warn(text string, args ...any)  { s.tell(slog.LevelWarn, text, args) }

// Report is Info without the limit on lines a minute, for lines that the user has asked for.
func (s *Stream) Report(text string, args ...any) {
	if slog.LevelInfo < s.log.level {
		return
	}
	s.mu.Lock()
	name := s.name
	s.mu.Unlock()
	s.log.put(newEntry(slog.LevelInfo, time.Now(), name, text, args))
}

// Terse reports whether Info and Report do nothing.
func (s *Stream) Terse() bool { return s.log.level > slog.LevelInfo }

// Quiet reports whether Debug does nothing.
func (s *Stream) Quiet() bool { return s.log.level > slog.LevelDebug }

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

// tell logs a line, or counts it if there are too many of its kind.
func (s *Stream) tell(level slog.Level, text string, args []any) {
	if level < s.log.level {
		return
	}
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.admitLocked(kind{level, text}, now) {
		s.log.put(newEntry(level, now, s.name, text, args))
	}
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
	s.log.put(newEntry(k.level, time.Now(), s.name, "more lines of one kind were left out", []any{"lines", r.held, "kind", k.text}))
	r.held = 0
}
