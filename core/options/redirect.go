package options

// Redirect says where a server's request to reconnect may lead.
type Redirect uint8

const (
	RedirectAny  Redirect = iota // to any host
	RedirectSame                 // to the host of the URL, at any port
	RedirectOff                  // such requests are not followed
)
