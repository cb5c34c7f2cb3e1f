package core

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"luatrtmp/core/message"
)

// The kinds of failure; every error of this package wraps one of them. export.go gives each its RTMP_ERR_* number.
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

// kindError says what happened in words of its own, and wraps a kind of failure without repeating its text.
type kindError struct {
	kind error
	text string
}

func (e *kindError) Error() string { return e.text }
func (e *kindError) Unwrap() error { return e.kind }

// failure makes a kindError. It has more than a hundred callers: inlined into all of them it would be large.
//
//go:noinline
func failure(kind error, format string, args ...any) error {
	return &kindError{kind: kind, text: fmt.Sprintf(format, args...)}
}

// ServerError is a refusal by the server: an `_error` reply, or an onStatus of level "error".
type ServerError struct {
	Command     string // what was refused: "connect", "createStream", "publish"; "" when nothing was asked
	Code        string // e.g. "NetStream.Publish.BadName"; may be empty
	Description string // the server's own words, without what is secret; may be empty

	raw    string // code and description as they came, to find out what they mean
	advice string // what to do; "": what the code says, see hints.go
}

// maxServerText bounds what is passed on of a server's words, which may be as long as a message.
const maxServerText = 1 << 10

// maxRawText bounds what is looked at to find out what they mean.
const maxRawText = 4 << 10

// refusal makes a ServerError of what the server of a target says.
func (t *target) refusal(command string, info message.StatusInfo) error {
	raw := info.Code + " " + info.Description[:min(len(info.Description), maxRawText)]
	return &ServerError{
		Command:     command,
		Code:        t.shownCode(info.Code),
		Description: t.redact(info.Description),
		raw:         raw[:min(len(raw), maxRawText)],
	}
}

// knownCodes are those that servers send where something is accepted or refused, or ends. They are shown even if the stream is called so.
var knownCodes = []string{
	"NetConnection.Call.Failed", "NetConnection.Call.Prohibited",
	"NetConnection.Connect.AppShutdown", "NetConnection.Connect.Closed", "NetConnection.Connect.Failed",
	"NetConnection.Connect.InvalidApp", "NetConnection.Connect.Rejected", "NetConnection.Connect.Success",
	"NetStream.Connect.Closed", "NetStream.Connect.Failed", "NetStream.Connect.Rejected", "NetStream.Failed",
	"NetStream.Publish.BadAuth", "NetStream.Publish.BadName", "NetStream.Publish.Denied", "NetStream.Publish.Failed",
	"NetStream.Publish.Rejected", "NetStream.Publish.Start", "NetStream.Publish.Unauthorized",
}

// shownCode returns what may be shown of a server's code.
func (t *target) shownCode(code string) string {
	if slices.Contains(knownCodes, code) {
		return code
	}
	return t.redact(code)
}

// text returns code and description, for looking into.
func (e *ServerError) text() string {
	if e.raw != "" {
		return e.raw
	}
	return e.Code + " " + e.Description
}

// readable cuts a server's text to a bearable length and takes out what would upset a terminal.
func readable(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), maxServerText)], "")
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
	advice := e.advice
	if advice == "" {
		advice = hintFor(e.text())
	}
	if advice != "" {
		what += " (" + advice + ")"
	}
	return what
}

// Unwrap makes a ServerError an ErrRefused.
func (e *ServerError) Unwrap() error { return ErrRefused }

// errInternal is a mistake of this library: a panic caught before it could end the host.
var errInternal = errors.New("internal error")

// guard runs f and turns a panic into an error: nothing that happens on a goroutine of the library may end the host.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = failure(errInternal, "internal error, please report it: %v", r)
		}
	}()
	return f()
}
