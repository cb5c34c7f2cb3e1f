package core

import (
	"net/url"
	"strings"
	"time"
)

// reconnectRequest is the code of an onStatus by which a server asks to be left for another, or to be connected to anew.
// Enhanced RTMP v2, Reconnect Request.
const reconnectRequest = "NetConnection.Connect.ReconnectRequest"

const (
	// maxHops bounds how often a stream follows the requests of servers that send it from one to the next.
	maxHops = 5

	// stableTime without a further request, or without a failure, ends a series of them.
	stableTime = time.Minute
)

// hops counts a series of requests.
type hops struct {
	n    int
	last time.Time
}

// allow tells whether one more may be followed, and counts it.
func (h *hops) allow(now time.Time) bool {
	if now.Sub(h.last) >= stableTime {
		h.n = 0
	}
	if h.n >= maxHops {
		return false
	}
	h.n++
	h.last = now
	return true
}

// moved returns where a reconnect request sends a stream that is at t. tcURL is absolute, or relative to the present one
// (RFC 3986, 5.2), or empty for the same; its path is the application. The stream stays.
func (t *target) moved(tcURL string) (*target, error) {
	if tcURL == "" {
		return t, nil
	}
	if len(tcURL) > maxText {
		return nil, failure(ErrInvalid, "its tcUrl has %d bytes, at most %d are possible", len(tcURL), maxText)
	}
	resolved, err := url.Parse(tcURL)
	if err != nil {
		return nil, failure(ErrInvalid, "its tcUrl is no URL")
	}
	sameHost := !resolved.IsAbs() && resolved.Host == ""
	if !resolved.IsAbs() {
		base, err := url.Parse(t.place() + t.app)
		if err != nil {
			return nil, failure(ErrInvalid, "its tcUrl is relative, and cannot be joined with %s", t.masked())
		}
		resolved = base.ResolveReference(resolved)
	}
	app := strings.Trim(resolved.EscapedPath(), "/")
	if app == "" {
		app = t.app
	} else if resolved.RawQuery != "" {
		app += "?" + resolved.RawQuery
	}
	authority := resolved.Host
	if sameHost {
		authority = t.authority // with its zone
	}
	if resolved.User != nil {
		authority = resolved.User.String() + "@" + authority
	}
	next, err := parseURL(resolved.Scheme+"://"+authority+"/", &app, &t.stream)
	if err != nil {
		return nil, failure(ErrInvalid, "its tcUrl: %v", err)
	}
	next.known, next.fromServer = t.known, true
	if next.user == nil {
		next.user = t.user // a server that sends the stream elsewhere is trusted with it
	}
	return next, mayMove(t.scheme, next.scheme)
}

// mayMove: a stream that was encrypted stays so.
func mayMove(from, to string) error {
	if from == "rtmps" && to != "rtmps" {
		return failure(ErrInvalid, "it leads from %s to %s, and what was encrypted stays so", from, to)
	}
	return nil
}
