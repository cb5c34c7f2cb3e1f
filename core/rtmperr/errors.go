package rtmperr

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// The kinds of failure. Every error of package core wraps one of them; export.go gives each its
// RTMP_ERR_* number.
var (
	ErrState     = errors.New("not possible in this state")
	ErrInvalid   = errors.New("invalid argument")
	ErrConnect   = errors.New("connecting failed")
	ErrHandshake = errors.New("handshake failed")
	ErrNetwork   = errors.New("connection lost")
	ErrTimeout   = errors.New("timed out")
	ErrRefused   = errors.New("refused by the server")
	ErrOverflow  = errors.New("over a limit")
)

// ErrEnded is what a call returns that was given up because the user has asked for the end. It is
// no failure, and of no kind.
var ErrEnded = errors.New("ended by the user")

// kindError says what happened in words of its own, and wraps a kind of failure without repeating
// its text.
type kindError struct {
	kind error
	text string
}

func (e *kindError) Error() string { return e.text }
func (e *kindError) Unwrap() error { return e.kind }

// New returns an error of a kind: it wraps the kind, and says what happened without repeating its
// text.
func New(kind error, format string, args ...any) error {
	return &kindError{kind: kind, text: fmt.Sprintf(format, args...)}
}

// ServerError is a refusal by the server: an `_error` reply, or an onStatus of level "error".
type ServerError struct {
	Command     string // what was refused: "connect", "createStream", "publish"; "" when nothing was asked
	Code        string // e.g. "NetStream.Publish.BadName"; may be empty
	Description string // the server's own words, without what is secret; may be empty

	Raw    string // code and description as they came, to find out what they mean
	Advice string // what to do; "": what the code says, see hints.go
}

// MaxServerText bounds what is passed on of a server's words, which may be as long as a message.
const MaxServerText = 1 << 10

// Text returns code and description, for looking into.
func (e *ServerError) Text() string {
	if e.Raw != "" {
		return e.Raw
	}
	return e.Code + " " + e.Description
}

// Readable cuts a server's text to a bearable length and takes out what would upset a terminal.
func Readable(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), MaxServerText)], "")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

func (e *ServerError) Error() string {
	what := "the server ended the stream"
	if e.Command != "" {
		what = "the server refused " + e.Command
	}
	switch {
	case e.Code != "" && e.Description != "":
		what += ": " + e.Code + ": " + e.Description
	case e.Code != "" || e.Description != "":
		what += ": " + e.Code + e.Description
	}
	advice := e.Advice
	if advice == "" {
		advice = hintFor(e.Text())
	}
	if advice != "" {
		what += " (" + advice + ")"
	}
	return what
}

// Unwrap makes a ServerError an ErrRefused.
func (e *ServerError) Unwrap() error { return ErrRefused }

// ErrInternal is a mistake of this library: a panic caught before it could end the host.
var ErrInternal = errors.New("internal error")

// Guard runs f and turns a panic into an error: nothing that happens on a goroutine of the library
// may end the host.
func Guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = New(ErrInternal, "internal error, please report it: %v", r)
		}
	}()
	return f()
}
