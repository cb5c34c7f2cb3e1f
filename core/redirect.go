package core

import (
	"time"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
)

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

	told   time.Time // when it was last logged that one is not followed
	untold int       // how many were not followed since then
}

// tell reports whether it is to be logged that a request is not followed: once in a while, because a server may send any number
// of them. untold is how many there were since it was logged last.
func (h *hops) tell(now time.Time) (untold int, tell bool) {
	if !h.told.IsZero() && now.Sub(h.told) < stableTime {
		h.untold++
		return 0, false
	}
	untold = h.untold
	h.told, h.untold = now, 0
	return untold, true
}

// allow reports whether one more may be followed, and counts it.
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

// whereto returns where a reconnect request sends a stream that is at one target, and whose user's URL leads to home.
func whereto(at *endpoint.Endpoint, tcURL string, home *endpoint.Endpoint, o *options.Options) (*endpoint.Endpoint, error) {
	if o.Redirect == options.RedirectOff {
		return nil, rtmperr.New(rtmperr.ErrInvalid, "the option redirect is \"off\"")
	}
	return at.Moved(tcURL, home, endpoint.MoveRule{SameHost: o.Redirect == options.RedirectSame, Insecure: o.TLS.Insecure})
}
