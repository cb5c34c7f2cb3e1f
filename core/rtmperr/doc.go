// Package rtmperr has the kinds of failure of the publisher, a server's refusal with what to do
// about it, what the errors of each system's network mean, and the guard that turns a panic into an
// error. Everybody may use it; it keeps no state.
package rtmperr
