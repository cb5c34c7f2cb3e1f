package endpoint

import (
	"net/netip"
	"net/url"
	"strings"

	"luatrtmp/core/rtmperr"
)

// maxTCURL bounds the address that a server may name, in bytes.
const maxTCURL = 8 << 10

// MoveRule says where a server may send a stream.
type MoveRule struct {
	SameHost bool // to the host of the user's URL only
	Insecure bool // certificates are not checked: they prove nothing
}

// moved returns where a reconnect request sends a stream that is at t. tcURL is absolute, or relative to the present one
// (RFC 3986, 5.2), or empty for the same; its path is the application. The stream stays, and on the same host user and password do,
// unless tcURL has others. home is where the user's URL leads: its user and password go to another host only if that proves by a
// certificate who it is.
func (e *Endpoint) Moved(tcURL string, home *Endpoint, rule MoveRule) (*Endpoint, error) {
	if tcURL == "" {
		return e, nil
	}
	if len(tcURL) > maxTCURL {
		return nil, rtmperr.New(rtmperr.ErrInvalid, "its tcUrl has %d bytes, at most %d are possible", len(tcURL), maxTCURL)
	}
	resolved, err := url.Parse(tcURL)
	if err != nil {
		return nil, rtmperr.New(rtmperr.ErrInvalid, "its tcUrl is no URL")
	}
	stays := !resolved.IsAbs() && resolved.Host == ""
	if !resolved.IsAbs() {
		base, err := url.Parse(e.place() + e.App)
		if err != nil {
			return nil, rtmperr.New(rtmperr.ErrInvalid, "its tcUrl is relative, and cannot be joined with %s", e.Masked())
		}
		resolved = base.ResolveReference(resolved)
	}
	app := strings.Trim(resolved.EscapedPath(), "/")
	if app == "" {
		app = e.App
	} else if resolved.RawQuery != "" {
		app += "?" + resolved.RawQuery
	}
	authority := resolved.Host
	if stays {
		authority = e.authority // with its zone
	}
	if resolved.User != nil {
		authority = resolved.User.String() + "@" + authority
	}
	next, err := Parse(resolved.Scheme+"://"+authority+"/", &app, &e.Stream)
	if err != nil {
		return nil, rtmperr.New(rtmperr.ErrInvalid, "its tcUrl: %s", strings.TrimSuffix(err.Error(), "; "+urlForm))
	}
	next.Known, next.fromServer = e.Known, true
	same := sameHost(next.Host, home.Host)
	if rule.SameHost && !same {
		return nil, rtmperr.New(rtmperr.ErrInvalid, "it leads to another host, and the option redirect is \"same\"")
	}
	switch {
	case next.User != nil:
	case e.User != nil && sameHost(next.Host, e.Host): // also those that only a server has named
		next.User = e.User
	case same || next.Scheme == "rtmps" && !rule.Insecure:
		next.User = home.User
	}
	return next, mayMove(e.Scheme, next.Scheme)
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
		return rtmperr.New(rtmperr.ErrInvalid, "it leads from %s to %s, and what was encrypted stays so", from, to)
	}
	return nil
}
