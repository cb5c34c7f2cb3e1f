package stderrlog

import (
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"luatrtmp/internal/thread"
)

// levelOff is above all levels.
const levelOff = slog.LevelError + 1

// maxQueued bounds the lines that wait to be written.
const maxQueued = 256

// Config says what is told, and how.
type Config struct {
	Level slog.Level // the least level that is told

	// Report is the level of lines whose number the user has chosen: they are told as Info, and no
	// limit on the lines of one kind applies to them. 0: there are none.
	Report slog.Level

	JSON  bool // lines of JSON; otherwise of text
	Write func(line []byte) bool
}

// FromEnvironment returns what the environment variables RTMP_LOG and RTMP_LOG_FORMAT say. Levels are debug, info, warn,
// error and off; warn holds for everything else. The format json is the only one beside text.
func FromEnvironment() Config {
	return Config{
		Level: levelOf(os.Getenv("RTMP_LOG")),
		JSON:  strings.EqualFold(os.Getenv("RTMP_LOG_FORMAT"), "json"),
	}
}

func levelOf(name string) slog.Level {
	switch strings.ToLower(name) {
	case "debug":
		return slog.LevelDebug
	case "info":
		return slog.LevelInfo
	case "error":
		return slog.LevelError
	case "off":
		return levelOff
	}
	return slog.LevelWarn
}

// Func takes a line in the log's place; text holds no time and no level.
type Func func(level slog.Level, text string)

// Log is the log of a process. Its methods may be called from any goroutine.
type Log struct {
	level  slog.Level
	report slog.Level
	format format
	write  func(line []byte) bool // writes a line; false if it cannot be written without waiting

	mu       sync.Mutex
	queue    []entry
	lost     int  // lines since a line last said how many were lost
	drainer  int  // the number of the goroutine that empties queue, 0 if none does
	drainers int  // how many there were
	writing  bool // it is in write
	stuck    bool // one that was given up is still in write
	function Func // takes lines in the log's place if it is not nil
	calling  bool // function, or one that was set before it, is running
	thread   int  // of the call of it
	returned *sync.Cond
}

// New returns a log. Its Write must write a whole line and may take its time: only the log's own goroutine calls it. It
// returns false if the line is lost.
func New(c Config) *Log {
	l := &Log{level: c.Level, report: c.Report, format: format{json: c.JSON}, write: c.Write}
	l.returned = sync.NewCond(&l.mu)
	return l
}

// SetFunc makes f take the lines in the log's place; with nil the log writes them again. f is called by one goroutine at
// a time. When SetFunc returns, the function that was set before is not running and is not called any more, unless it
// is the caller.
func (l *Log) SetFunc(f Func) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.function = f
	if f != nil && l.writing { // where it may hang, because nobody reads
		l.writing, l.stuck = false, true
		l.startLocked()
	}
	for l.calling && !l.insideLocked() {
		l.returned.Wait()
	}
}

// insideLocked reports whether the caller runs in the function that takes the lines; l.mu must be held.
func (l *Log) insideLocked() bool { return l.calling && l.thread == thread.ID() }

// Flush waits until all lines are written, but no longer than limit.
func (l *Log) Flush(limit time.Duration) {
	for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		l.mu.Lock()
		done := l.drainer == 0 || l.insideLocked()
		l.mu.Unlock()
		if done || time.Now().After(end) {
			return
		}
	}
}

// put queues a line.
func (l *Log) put(e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) >= maxQueued {
		l.lost++
		return
	}
	l.queue = append(l.queue, e)
	if l.drainer == 0 {
		l.startLocked()
	}
}

// startLocked starts a goroutine that empties the queue, in place of the one that did; l.mu must be held.
func (l *Log) startLocked() {
	l.drainers++
	l.drainer = l.drainers
	go l.drain(l.drainer)
}

// drain writes what is queued, unless another goroutine has taken its place.
func (l *Log) drain(number int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.drainer == number && len(l.queue) > 0 {
		e := l.queue[0]
		l.queue = l.queue[1:]
		if lost := l.lost; lost > 0 {
			l.lost = 0
			if !l.deliverLocked(number, lostLines(lost, e.time)) {
				l.lost += lost + 1 // e does not fit either
				continue
			}
			if l.drainer != number {
				l.lost++ // the goroutine that has taken its place is further on
				return
			}
		}
		if !l.deliverLocked(number, e) {
			l.lost++
		}
	}
	if l.drainer == number {
		l.queue, l.drainer = nil, 0
	}
}

// deliverLocked writes a line or hands it to the function, and returns false if it is lost. l.mu must be held; it is
// released meanwhile.
func (l *Log) deliverLocked(number int, e entry) bool {
	f := l.function
	if f == nil {
		return l.writeLocked(number, e)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l.calling = true
	l.thread = thread.ID()
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		l.calling = false
		l.returned.Broadcast()
	}()
	f(e.level, l.format.text(e))
	return true
}

// writeLocked is deliverLocked without a function.
func (l *Log) writeLocked(number int, e entry) bool {
	if l.stuck {
		return false // one goroutine that hangs is enough
	}
	l.writing = true
	l.mu.Unlock()
	ok := l.write(l.format.line(e))
	l.mu.Lock()
	if l.drainer == number {
		l.writing = false
	} else {
		l.stuck = false
	}
	return ok
}
