package core

import (
	"net"
	"strconv"
	"strings"
)

const (
	defaultPort  = "1935"
	maxURLLength = 16 << 10 // tokens of several kB are in use; more is a mistake
)

// target is where to publish: a URL taken apart.
type target struct {
	scheme  string // in lower case
	address string // host:port to dial
	tcURL   string // scheme://host[:port]/app, without the stream; a default port is left out
	app     string
	stream  string // with its query, verbatim
}

// parseURL takes rtmp://host[:port]/app/stream[?query] apart. The last '/' before the query splits app from stream;
// the query goes with the stream, and both are taken verbatim: stream keys may contain anything. app and stream, when
// not empty, override the split.
func parseURL(raw, app, stream string) (*target, error) {
	const form = "expected rtmp://host[:port]/app/stream"
	if len(raw) > maxURLLength {
		return nil, failure(ErrInvalid, "URL: %d bytes, at most %d are possible", len(raw), maxURLLength)
	}
	if i := strings.IndexFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7F }); i >= 0 {
		return nil, failure(ErrInvalid, "URL: blank or control character at byte %d; %s", i, form)
	}
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return nil, failure(ErrInvalid, "URL: no scheme; %s", form)
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "rtmp":
	case "rtmps", "rtmpt", "rtmpe", "rtmpte", "rtmpts":
		return nil, failure(ErrInvalid, "URL: %s:// is not supported by this version; use rtmp://", scheme)
	default:
		return nil, failure(ErrInvalid, "URL: scheme %q; %s", scheme, form)
	}
	authority, path, _ := strings.Cut(rest, "/")
	if strings.ContainsAny(authority, "?#\\") {
		return nil, failure(ErrInvalid, "URL: %q is no host; %s", authority, form)
	}
	if strings.Contains(authority, "@") {
		return nil, failure(ErrInvalid, "URL: user and password are not supported by this version; %s", form)
	}
	host, port, err := splitAuthority(authority)
	if err != nil {
		return nil, err
	}
	path, query, hasQuery := strings.Cut(path, "?")
	urlApp, urlStream := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		urlApp, urlStream = path[:i], path[i+1:]
	}
	if hasQuery {
		urlStream += "?" + query
	}
	if app == "" {
		app = urlApp
	}
	if stream == "" {
		stream = urlStream
	}
	if app == "" || stream == "" || strings.HasPrefix(stream, "?") {
		return nil, failure(ErrInvalid, "URL: application or stream missing; %s", form)
	}
	t := &target{scheme: scheme, address: net.JoinHostPort(host, port), app: app, stream: stream}
	t.tcURL = scheme + "://" + authority + "/" + app
	if port == defaultPort {
		t.tcURL = scheme + "://" + strings.TrimSuffix(authority, ":"+defaultPort) + "/" + app
	}
	return t, nil
}

// splitAuthority takes host[:port] apart, brackets of an IPv6 address removed.
func splitAuthority(authority string) (host, port string, err error) {
	host, port = authority, ""
	if strings.HasPrefix(authority, "[") {
		end := strings.IndexByte(authority, ']')
		if end < 0 || net.ParseIP(strings.SplitN(authority[1:end], "%", 2)[0]) == nil {
			return "", "", failure(ErrInvalid, "URL: %q is no IPv6 address in brackets", authority)
		}
		host, port = authority[1:end], authority[end+1:]
		if port != "" && port[0] != ':' {
			return "", "", failure(ErrInvalid, "URL: %q after the IPv6 address, expected a port", port)
		}
		port = strings.TrimPrefix(port, ":")
	} else if i := strings.IndexByte(authority, ':'); i >= 0 {
		host, port = authority[:i], authority[i+1:]
		if strings.Contains(port, ":") {
			return "", "", failure(ErrInvalid, "URL: %q: an IPv6 address needs brackets: [%s]", authority, authority)
		}
	}
	if host == "" {
		return "", "", failure(ErrInvalid, "URL: no host; expected rtmp://host[:port]/app/stream")
	}
	if port == "" {
		if strings.HasSuffix(authority, ":") {
			return "", "", failure(ErrInvalid, "URL: a colon without a port after host %q", host)
		}
		return host, defaultPort, nil
	}
	if n, convErr := strconv.ParseUint(port, 10, 16); convErr != nil || n == 0 {
		return "", "", failure(ErrInvalid, "URL: port %q, expected 1 to 65535", port)
	}
	return host, port, nil
}

// masked is the target for people: without the stream key.
func (t *target) masked() string {
	return t.tcURL + "/..."
}
