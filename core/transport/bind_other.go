//go:build !linux

package transport

import (
	"net"
	"net/netip"
	"syscall"

	"luatrtmp/core/rtmperr"
)

// bindToDevice lets a dialer connect from the address of an interface, which is not valid if there is none.
func bindToDevice(d *net.Dialer, device *net.Interface, local netip.Addr) {
	if local.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
		return
	}
	d.Control = func(string, string, syscall.RawConn) error {
		return rtmperr.New(rtmperr.ErrConnect, "the interface %q has no address of this family", device.Name)
	}
}
