package options

import (
	"slices"

	"luatrtmp/core/rtmperr"
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
		return rtmperr.New(rtmperr.ErrInvalid, "option %q: %q, expected %q, %q or %q", name, value, redirects[0], redirects[1], redirects[2])
	}
	*r = Redirect(i)
	return nil
}
