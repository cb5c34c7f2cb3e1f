package rtmperr

import (
	"errors"
	"net"
	"strings"
)

// AlertOf returns the words of the alert with which a peer ended TLS, false if err is none. RFC
// 8446, 6.
func AlertOf(err error) (string, bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" { // what crypto/tls calls it
		return "", false
	}
	return strings.TrimPrefix(op.Err.Error(), "tls: "), true
}

// AlertText says an alert of the peer in its own words, and what to do about it.
func AlertText(alert string) string {
	hint := ""
	switch alert {
	case "handshake failure":
		hint = "it and this library have no encryption in common, or it wants a client certificate, and this library has none"
	case "protocol version not supported":
		hint = "it knows neither TLS 1.2 nor TLS 1.3"
	case "unrecognized name":
		hint = "it does not know the host: check the one in the URL, or the option tls_server_name"
	case "certificate required", "bad certificate":
		hint = "it wants a client certificate, and this library has none"
	case "access denied":
		hint = "it does not let this client in"
	default:
		return alert
	}
	return alert + " (" + hint + ")"
}
