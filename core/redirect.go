package core

import (
	"net/netip"
	"net/url"
	"slices"
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

// Redirect says where a server's request to reconnect may lead.
type Redirect uint8

const (
	RedirectAny  Redirect = iota // to any host
	RedirectSame                 // to the host of the URL, at any port
	RedirectOff                  // such requests are not followed
)

// redirects are the words for Redirect in the option of that name.
var redirects = []string{RedirectAny: "any", RedirectSame: "same", RedirectOff: "off"}

func (r *Redirect) set(name, value string) error {
	i := slices.Index(redirects, value)
	if i < 0 {
		return failure(ErrInvalid, "option %q: %q, expected %q, %q or %q", name, value, redirects[0], redirects[1], redirects[2])
	}
	*r = Redirect(i)
	return nil
}

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

// moved returns where a reconnect request sends a stream that is at t. tcURL is absolute, or relative to the present one
// (RFC 3986, 5.2), or empty for the same; its path is the application. The stream stays, and on the same host user and password do,
// unless tcURL has others. home is where the user's URL leads: its user and password go to another host only if that proves by a
// certificate who it is.
func (t *target) moved(tcURL string, home *target, o *Options) (*target, error) {
	if o.Redirect == RedirectOff {
		return nil, failure(ErrInvalid, "the option redirect is \"off\"")
	}
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
	stays := !resolved.IsAbs() && resolved.Host == ""
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
	if stays {
		authority = t.authority // with its zone
	}
	if resolved.User != nil {
		authority = resolved.User.String() + "@" + authority
	}
	next, err := parseURL(resolved.Scheme+"://"+authority+"/", &app, &t.stream)
	if err != nil {
		return nil, failure(ErrInvalid, "its tcUrl: %s", strings.TrimSuffix(err.Error(), "; "+urlForm))
	}
	next.known, next.fromServer = t.known, true
	same := sameHost(next.host, home.host)
	if o.Redirect == RedirectSame && !same {
		return nil, failure(ErrInvalid, "it leads to another host, and the option redirect is \"same\"")
	}
	switch {
	case next.user != nil:
	case t.user != nil && sameHost(next.host, t.host): // also those that only a server has named
		next.user = t.user
	case same || next.scheme == "rtmps" && !o.TLS.Insecure:
		next.user = home.user
	}
	return next, mayMove(t.scheme, next.scheme)
}

// sameHost reports whether two hosts, names or addresses, are the same.
func sameHost(a, b string) bool {
	one, err1 := netip.ParseAddr(a)
	other, err2 := netip.ParseAddr(b)
	if err1 == nil && err2 == nil {
		return one == other
	}
	return strings.EqualFold(strings.TrimSuffix(a, "."), strings.TrimSuffix(b, "."))
}

// mayMove: a stream that was encrypted stays so.
func mayMove(from, to string) error {
	if from == "rtmps" && to != "rtmps" {
		return failure(ErrInvalid, "it leads from %s to %s, and what was encrypted stays so", from, to)
	}
	return nil
}
