package core

// Logger takes what a user may want to know and nobody has to handle: a text that is always the same for the same kind of
// thing, then names and values in turn. Several goroutines call it at once, some of them with locks held: it must not wait.
// A *slog.Logger is one.
type Logger interface {
	Debug(text string, args ...any)
	Info(text string, args ...any)
	Warn(text string, args ...any)
}

// Terse is what a Logger may be beside: it reports whether Info does nothing, so that nobody wakes up for it.
type Terse interface {
	Terse() bool
}

// Quiet is what a Logger may be beside: it reports whether Debug does nothing, so that nobody prepares lines for it where
// media flows.
type Quiet interface {
	Quiet() bool
}

// Named is what a Logger may be beside: its lines carry the name of the Publisher that it was given to.
type Named interface {
	SetName(name string)
}

// Reporter is what a Logger may be beside: Report is Info for lines whose number the user has chosen, which no limit on the
// lines of one kind applies to.
type Reporter interface {
	Report(text string, args ...any)
}

func isTerse(log Logger) bool {
	t, ok := log.(Terse)
	return ok && t.Terse()
}

func isQuiet(log Logger) bool {
	q, ok := log.(Quiet)
	return ok && q.Quiet()
}

// report logs a line at level info whose number the user has chosen.
func report(log Logger, text string, args ...any) {
	if r, ok := log.(Reporter); ok {
		r.Report(text, args...)
		return
	}
	log.Info(text, args...)
}

// nameLog gives the log the name of the Publisher; p.mu must be held.
func (p *Publisher) nameLog() {
	log, ok := p.log.(Named)
	if !ok {
		return
	}
	name := p.options.Name
	if name == "" {
		if to, err := p.endpoint(); err == nil {
			name = to.Masked()
		}
	}
	log.SetName(name)
}
