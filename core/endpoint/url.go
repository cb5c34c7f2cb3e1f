package endpoint

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"luatrtmp/core/rtmperr"
)

const maxURLLength = 16 << 10 // tokens of several kB are in use; more is a mistake

// defaultPorts has the schemes that are understood.
var defaultPorts = map[string]string{"rtmp": "1935", "rtmps": "443"}

const urlForm = "expected rtmp://[user:password@]host[:port]/app/stream; " +
	"the options app and stream replace these parts of the URL, and may be empty"

// badURL returns an error about a URL. Its arguments must not be parts of the URL: a password, a stream key or a token can
// stand anywhere in a malformed one.
func badURL(format string, args ...any) error {
	return rtmperr.New(rtmperr.ErrInvalid, "URL: "+format+"; "+urlForm, args...)
}

// Endpoint is where to publish: a URL taken apart.
type Endpoint struct {
	Scheme    string // in lower case
	authority string // host[:port] as the URL has it
	Host      string // name or address; an IPv6 address without its brackets, with its zone
	Address   string // host:port to dial
	TCURL     string // what `connect` says: place and app, without the stream
	App       string
	Stream    string       // with its query, verbatim
	User      *Credentials // nil: the URL has none

	Known      *KnownSecrets // what must not be shown of it and of other addresses of the stream
	fromServer bool          // a server has given the address
}

// Credentials are what a server may ask for; see auth.go.
type Credentials struct{ Name, Password string }

// Parse takes rtmp://[user:password@]host[:port]/app/stream[?query] apart; splitPath says how the path is split. The
// application and the stream are taken verbatim, because stream keys may contain anything. User, password and host are
// percent-decoded (RFC 3986, 2.1). app and stream replace these parts of the URL unless they are nil.
//
// An error names the options app and stream, and repeats no part of the URL that can hold a secret.
func Parse(raw string, app, stream *string) (*Endpoint, error) {
	if len(raw) > maxURLLength {
		return nil, badURL("%d bytes, at most %d are possible", len(raw), maxURLLength)
	}
	if i := strings.IndexFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7F }); i >= 0 {
		return nil, badURL("blank or control character at byte %d", i)
	}
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || strings.ContainsAny(scheme, "/?@") {
		return nil, badURL("no scheme")
	}
	scheme = strings.ToLower(scheme)
	if err := checkScheme(scheme); err != nil {
		return nil, err
	}
	authority, path, _ := strings.Cut(rest, "/")
	e := &Endpoint{Scheme: scheme}
	if err := e.setAuthority(authority); err != nil {
		if !strings.Contains(authority, "@") && strings.Contains(path, "@") {
			// What looks like a host may be the beginning of a password.
			return nil, badURL("a '/' in a user name or password has to be written %%2F")
		}
		return nil, err
	}
	e.App, e.Stream = splitPath(path, app, stream)
	if e.App == "" && app == nil {
		return nil, badURL("application missing")
	}
	e.TCURL = e.place() + e.App
	return e, nil
}

// otherSchemes are schemes of addresses that people try. Others are not repeated: what stands before "://" in a malformed URL
// may be a key.
var otherSchemes = []string{"http", "https", "srt", "rtsp", "rtsps", "rtp", "udp", "tcp", "ws", "wss", "webrtc", "whip", "file", "hls"}

func checkScheme(scheme string) error {
	switch {
	case defaultPorts[scheme] != "":
		return nil
	case slices.Contains([]string{"rtmpt", "rtmpe", "rtmpte", "rtmpts"}, scheme):
		return badURL("%s:// is not supported; use rtmp:// or, encrypted, rtmps://", scheme)
	case slices.Contains(otherSchemes, scheme):
		return badURL("the scheme %s:// is not RTMP", scheme)
	}
	return badURL("the scheme is neither rtmp:// nor rtmps://")
}

// splitPath returns the application and the stream of a URL's path, or those that are given instead. The last '/' before the
// query splits them, and the query belongs to the stream. A path of one segment is the application:
//
//	cam                      cam, no stream                 MediaMTX, go2rtc
//	cam?user=u&pass=p        cam, ?user=u&pass=p
//	live2?backup=1/KEY       live2?backup=1, KEY            YouTube's second address; splitSegment has the rule
//	live2?backup=1           live2?backup=1 if the stream is given, as by those who have the address and the key apart
//	KEY                      stream KEY if the application is given
func splitPath(path string, app, stream *string) (string, string) {
	segments, query, hasQuery := strings.Cut(path, "?")
	if hasQuery {
		query = "?" + query
	}
	slash := strings.LastIndexByte(segments, '/')
	var fromApp, fromStream string
	switch {
	case slash >= 0:
		fromApp, fromStream = segments[:slash], segments[slash+1:]+query
	case app != nil:
		fromStream = path
	case stream != nil:
		fromApp = path
	default:
		fromApp, fromStream = splitSegment(segments, query)
	}
	if app != nil {
		fromApp = *app
	}
	if stream != nil {
		fromStream = *stream
	}
	return fromApp, fromStream
}

// splitSegment splits a path of one segment and its query, which begins with '?' unless it is empty. The last '/' of the query
// ends the application (YouTube: live2?backup=1/KEY; SRS: live?vhost=v/KEY), unless a '=' follows it: then the '/' is part of a
// value, and the whole query belongs to the stream.
func splitSegment(segment, query string) (app, stream string) {
	slash := strings.LastIndexByte(query, '/')
	if slash < 0 || strings.Contains(query[slash:], "=") {
		return segment, query
	}
	return segment + query[:slash], query[slash+1:]
}

// setAuthority sets what is between the scheme and the path. RFC 3986, 3.2.
func (e *Endpoint) setAuthority(authority string) error {
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, err := parseUser(authority[:i])
		if err != nil {
			return err
		}
		e.User, authority = user, authority[i+1:]
	}
	if strings.ContainsAny(authority, "?#\\") {
		if e.User != nil {
			return badURL("no host behind '@'")
		}
		return badURL("a host, or a user name or password, cannot contain '?', '#' or '\\'")
	}
	host, port, err := splitAuthority(authority)
	if err != nil {
		return err
	}
	if port == "" {
		port = defaultPorts[e.Scheme]
	}
	e.authority, e.Host, e.Address = authority, host, bracketed(host)+":"+port
	return nil
}

// place is scheme://host[:port]/, a default port left out.
func (e *Endpoint) place() string {
	colon, port := ":", e.Address[strings.LastIndexByte(e.Address, ':')+1:]
	if port == defaultPorts[e.Scheme] {
		colon, port = "", ""
	}
	return e.Scheme + "://" + bracketed(WithoutZone(e.Host)) + colon + port + "/"
}

// parseUser takes user[:password] apart.
func parseUser(info string) (*Credentials, error) {
	name, password, _ := strings.Cut(info, ":")
	name, err1 := url.PathUnescape(name)
	password, err2 := url.PathUnescape(password)
	switch {
	case err1 != nil || err2 != nil:
		return nil, badURL("user name and password are percent-encoded: a '%%' in them has to be written %%25")
	case name == "":
		return nil, badURL("no user name before the password")
	case strings.ContainsFunc(name+password, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return nil, badURL("a control character in the user name or the password")
	}
	return &Credentials{name, password}, nil
}

// splitAuthority takes host[:port] apart, and removes the brackets of an IPv6 address. port is empty if there is none.
func splitAuthority(authority string) (host, port string, err error) {
	host, port, colon := authority, "", false
	if strings.HasPrefix(authority, "[") {
		end := strings.IndexByte(authority, ']')
		if end >= 0 {
			host, err = parseIPv6(authority[1:end])
		}
		if end < 0 || err != nil {
			return "", "", badURL("no IPv6 address in the brackets")
		}
		port = authority[end+1:]
		if colon = strings.HasPrefix(port, ":"); port != "" && !colon {
			return "", "", badURL("something other than a port after the IPv6 address")
		}
		port = strings.TrimPrefix(port, ":")
	} else {
		host, port, colon = strings.Cut(authority, ":")
		if strings.Contains(port, ":") {
			return "", "", badURL("more than one colon in host and port; an IPv6 address needs brackets, as in [::1]")
		}
		if host, err = parseHost(host); err != nil {
			return "", "", err
		}
	}
	if host == "" {
		return "", "", badURL("no host")
	}
	if !colon {
		return host, "", nil
	}
	if port == "" {
		return "", "", badURL("a colon without a port after the host")
	}
	n, convErr := strconv.ParseUint(port, 10, 16)
	if convErr != nil || n == 0 {
		return "", "", badURL("the port is not a number from 1 to 65535")
	}
	return host, strconv.FormatUint(n, 10), nil
}

// parseHost decodes a name or an IPv4 address.
func parseHost(text string) (string, error) {
	host, err := url.PathUnescape(text)
	if err != nil || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || strings.ContainsRune("\x7f%/:@?#[]\\\"<>", r) }) {
		return "", badURL("the host has characters that no host has, or a wrong percent-encoding")
	}
	return host, nil
}

// parseIPv6 takes address[%zone]; RFC 6874 has the '%' encoded, as %25.
func parseIPv6(text string) (string, error) {
	address, zone, hasZone := strings.Cut(text, "%")
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Is4() {
		return "", rtmperr.New(rtmperr.ErrInvalid, "no IPv6 address")
	}
	if !hasZone {
		return address, nil
	}
	if rest, encoded := strings.CutPrefix(zone, "25"); encoded && rest != "" {
		zone = rest
	}
	zone, err = url.PathUnescape(zone)
	if err != nil || zone == "" || strings.ContainsFunc(zone, func(r rune) bool { return r <= ' ' || r == 0x7F || r == '%' || r == ']' }) {
		return "", rtmperr.New(rtmperr.ErrInvalid, "no zone of an IPv6 address")
	}
	return address + "%" + zone, nil
}

// WithoutZone: the zone of an address has a meaning on this machine only. RFC 6874, 4.
func WithoutZone(host string) string {
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
