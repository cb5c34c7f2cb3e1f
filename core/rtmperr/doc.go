// Package rtmperr has the kinds of failure of the publisher, a server's refusal with what to do about it, and
// the guard that turns a panic into an error.
package rtmperr
