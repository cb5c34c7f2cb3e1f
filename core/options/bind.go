package options

import (
	"net/netip"
	"strings"

	"luatrtmp/core/rtmperr"
)

// maxInterfaceName bounds the option bind. Linux has names of 15 bytes, other systems longer ones.
const maxInterfaceName = 64

// checkBind checks the option bind: a local address, or the name of an interface, which need not be
// there yet.
func checkBind(value string) error {
	if ip, err := netip.ParseAddr(value); err == nil && !ip.IsMulticast() {
		return nil
	}
	_, addressErr := netip.ParseAddr(value)
	_, withPortErr := netip.ParseAddrPort(value)
	if value == "" || len(value) > maxInterfaceName || addressErr == nil || withPortErr == nil ||
		strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || strings.ContainsRune("\x7f/[]\"'\\", r) }) {
		return rtmperr.New(rtmperr.ErrInvalid, "option \"bind\": expected an IP address of this machine, without a port, or the name of a network interface")
	}
	return nil
}
