package core

// Logger takes what a user may want to know and nobody has to handle: a text, then names and values in turn. Several goroutines call it at
// once. A *slog.Logger is one; core does not ask for that, as log/slog brings encoding/json into the library, 0.3 MB.
type Logger interface {
	Debug(text string, args ...any)
	Info(text string, args ...any)
	Warn(text string, args ...any)
}

// Terse is what a Logger may be beside: it tells whether Info does nothing, so that nobody wakes up for it.
type Terse interface {
	Terse() bool
}

func isTerse(log Logger) bool {
	t, ok := log.(Terse)
	return ok && t.Terse()
}
