package core

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

const maxURLLength = 16 << 10 // tokens of several kB are in use; more is a mistake

// defaultPorts has the schemes that are understood.
var defaultPorts = map[string]string{"rtmp": "1935", "rtmps": "443"}

const urlForm = "expected rtmp://[user:password@]host[:port]/app/stream"

// target is where to publish: a URL taken apart.
type target struct {
	scheme    string // in lower case
	authority string // host[:port] as the URL has it
	host      string // name or address; an IPv6 address without its brackets, with its zone
	address   string // host:port to dial
	tcURL     string // what `connect` says: place and app, without the stream
	app       string
	stream    string       // with its query, verbatim
	user      *credentials // nil: the URL has none
}

// credentials are what a server may ask for; see auth.go.
type credentials struct{ name, password string }

// parseURL takes rtmp://[user:password@]host[:port]/app/stream[?query] apart. The last '/' before the query splits app from
// stream; the query goes with the stream, and both are taken verbatim: stream keys may contain anything. User, password and
// host are percent-decoded (RFC 3986, 2.1). app and stream, when not empty, override the split.
//
// Its errors repeat nothing of what may be secret.
func parseURL(raw, app, stream string) (*target, error) {
	if len(raw) > maxURLLength {
		return nil, failure(ErrInvalid, "URL: %d bytes, at most %d are possible", len(raw), maxURLLength)
	}
	if i := strings.IndexFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7F }); i >= 0 {
		return nil, failure(ErrInvalid, "URL: blank or control character at byte %d; %s", i, urlForm)
	}
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || strings.ContainsAny(scheme, "/?@") {
		return nil, failure(ErrInvalid, "URL: no scheme; %s", urlForm)
	}
	scheme = strings.ToLower(scheme)
	if err := checkScheme(scheme); err != nil {
		return nil, err
	}
	authority, path, _ := strings.Cut(rest, "/")
	t := &target{scheme: scheme, app: app, stream: stream}
	if err := t.setAuthority(authority); err != nil {
		if !strings.Contains(authority, "@") && strings.Contains(path, "@") {
			// what looks like a host may be the beginning of a password
			return nil, failure(ErrInvalid, "URL: a '/' in a user name or password has to be written %%2F; %s", urlForm)
		}
		return nil, err
	}
	t.split(path)
	if t.app == "" || t.stream == "" || strings.HasPrefix(t.stream, "?") {
		return nil, failure(ErrInvalid, "URL: application or stream missing; %s", urlForm)
	}
	t.tcURL = t.place() + t.app
	return t, nil
}

func checkScheme(scheme string) error {
	if defaultPorts[scheme] != "" {
		return nil
	}
	switch scheme {
	case "rtmpt", "rtmpe", "rtmpte", "rtmpts":
		return failure(ErrInvalid, "URL: %s:// is not supported; use rtmp:// or, encrypted, rtmps://", scheme)
	}
	return failure(ErrInvalid, "URL: scheme %q; %s", readable(scheme[:min(len(scheme), 20)]), urlForm)
}

// split sets app and stream, as far as they are not given, from the path.
func (t *target) split(path string) {
	path, query, hasQuery := strings.Cut(path, "?")
	app, stream := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		app, stream = path[:i], path[i+1:]
	}
	if hasQuery {
		stream += "?" + query
	}
	if t.app == "" {
		t.app = app
	}
	if t.stream == "" {
		t.stream = stream
	}
}

// setAuthority sets what is between the scheme and the path. RFC 3986, 3.2.
func (t *target) setAuthority(authority string) error {
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, err := parseUser(authority[:i])
		if err != nil {
			return err
		}
		t.user, authority = user, authority[i+1:]
	}
	if strings.ContainsAny(authority, "?#\\") {
		if t.user != nil {
			return failure(ErrInvalid, "URL: no host behind '@'; %s", urlForm)
		}
		return failure(ErrInvalid, "URL: a host, or a user name or password, cannot contain '?', '#' or '\\'; %s", urlForm)
	}
	host, port, err := splitAuthority(authority)
	if err != nil {
		return err
	}
	if port == "" {
		port = defaultPorts[t.scheme]
	}
	t.authority, t.host, t.address = authority, host, net.JoinHostPort(host, port)
	return nil
}

// place is scheme://host[:port]/, a default port left out.
func (t *target) place() string {
	colon, port := ":", t.address[strings.LastIndexByte(t.address, ':')+1:]
	if port == defaultPorts[t.scheme] {
		colon, port = "", ""
	}
	return t.scheme + "://" + bracketed(withoutZone(t.host)) + colon + port + "/"
}

// parseUser takes user[:password] apart.
func parseUser(info string) (*credentials, error) {
	name, password, _ := strings.Cut(info, ":")
	name, err1 := url.PathUnescape(name)
	password, err2 := url.PathUnescape(password)
	switch {
	case err1 != nil || err2 != nil:
		return nil, failure(ErrInvalid, "URL: user name and password are percent-encoded: a '%%' in them has to be written %%25")
	case name == "":
		return nil, failure(ErrInvalid, "URL: no user name before the password; %s", urlForm)
	case strings.ContainsFunc(name+password, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return nil, failure(ErrInvalid, "URL: a control character in the user name or the password")
	}
	return &credentials{name, password}, nil
}

// splitAuthority takes host[:port] apart, brackets of an IPv6 address removed; port "": there is none.
func splitAuthority(authority string) (host, port string, err error) {
	host, port, colon := authority, "", false
	if strings.HasPrefix(authority, "[") {
		end := strings.IndexByte(authority, ']')
		if end >= 0 {
			host, err = parseIPv6(authority[1:end])
		}
		if end < 0 || err != nil {
			return "", "", failure(ErrInvalid, "URL: %q is no IPv6 address in brackets", authority)
		}
		port = authority[end+1:]
		if colon = strings.HasPrefix(port, ":"); port != "" && !colon {
			return "", "", failure(ErrInvalid, "URL: %q after the IPv6 address, expected a port", port)
		}
		port = strings.TrimPrefix(port, ":")
	} else {
		host, port, colon = strings.Cut(authority, ":")
		if strings.Contains(port, ":") {
			return "", "", failure(ErrInvalid, "URL: %q: an IPv6 address needs brackets: [%s]", authority, authority)
		}
		if host, err = parseHost(host); err != nil {
			return "", "", err
		}
	}
	if host == "" {
		return "", "", failure(ErrInvalid, "URL: no host; %s", urlForm)
	}
	if !colon {
		return host, "", nil
	}
	if port == "" {
		return "", "", failure(ErrInvalid, "URL: a colon without a port after host %q", host)
	}
	n, convErr := strconv.ParseUint(port, 10, 16)
	if convErr != nil || n == 0 {
		return "", "", failure(ErrInvalid, "URL: port %q, expected 1 to 65535", port)
	}
	return host, strconv.FormatUint(n, 10), nil
}

// parseHost decodes a name or an IPv4 address.
func parseHost(text string) (string, error) {
	host, err := url.PathUnescape(text)
	if err != nil || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || strings.ContainsRune("\x7f%/:@?#[]\\\"<>", r) }) {
		return "", failure(ErrInvalid, "URL: %q is no host; %s", text, urlForm)
	}
	return host, nil
}

// parseIPv6 takes address[%zone]; RFC 6874 has the '%' encoded, as %25.
func parseIPv6(text string) (string, error) {
	address, zone, hasZone := strings.Cut(text, "%")
	ip := net.ParseIP(address)
	if ip == nil || !strings.Contains(address, ":") {
		return "", failure(ErrInvalid, "no IPv6 address")
	}
	if !hasZone {
		return address, nil
	}
	if rest, encoded := strings.CutPrefix(zone, "25"); encoded && rest != "" {
		zone = rest
	}
	zone, err := url.PathUnescape(zone)
	if err != nil || zone == "" || strings.ContainsFunc(zone, func(r rune) bool { return r <= ' ' || r == 0x7F || r == '%' || r == ']' }) {
		return "", failure(ErrInvalid, "no zone of an IPv6 address")
	}
	return address + "%" + zone, nil
}

// withoutZone: the zone of an address has a meaning on this machine only. RFC 6874, 4.
func withoutZone(host string) string {
	if !strings.Contains(host, ":") {
		return host
	}
	host, _, _ = strings.Cut(host, "%")
	return host
}

func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// masked is the target for people: without user, password, stream key, and what may be a token in the application.
func (t *target) masked() string {
	app, _, hasQuery := strings.Cut(t.app, "?")
	if hasQuery {
		app += "?..."
	}
	return t.place() + app + "/..."
}
