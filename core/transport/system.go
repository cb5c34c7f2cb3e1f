package transport

import (
	"net"
	"net/netip"
	"syscall"
	"time"

	"luatrtmp/core/rtmperr"
)

// What a system knows of a connection and of its sockets stands in a file for each: system_linux.go
// and so on. A system without one does not compile. What it cannot tell is reported as not known,
// never as 0.

// RoundTrip returns the round-trip time that the kernel measures on a connection, and whether that
// is known.
func RoundTrip(conn net.Conn) (rtt time.Duration, known bool) {
	control(conn, func(fd uintptr) { rtt, known = roundTrip(fd) })
	return rtt, known
}

// Acknowledged returns how many bytes the peer's kernel has acknowledged, and whether that is
// known.
func Acknowledged(conn net.Conn) (bytes uint64, known bool) {
	control(conn, func(fd uintptr) { bytes, known = acknowledged(fd) })
	return bytes, known
}

// Unacknowledged returns how many bytes that the kernel has taken the peer's kernel has not
// acknowledged, and whether that is known.
func Unacknowledged(conn net.Conn) (bytes int, known bool) {
	control(conn, func(fd uintptr) { bytes, known = unacknowledged(fd) })
	return bytes, known
}

// limitSilence ends a connection whose peer's kernel acknowledges nothing for that long: the link
// is gone, whether or not there is more to send. Where the system cannot do that, keepalive finds
// out.
func limitSilence(conn net.Conn, longest time.Duration) {
	control(conn, func(fd uintptr) { setSilence(fd, longest) })
}

// control calls f with the socket of a connection, unless that has none.
func control(conn net.Conn, f func(fd uintptr)) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := c.SyscallConn(); err == nil {
		raw.Control(f)
	}
}

// bindToAddress lets a dialer connect from the address of an interface, which is not valid if there
// is none: for systems that cannot bind a socket to the interface itself.
func bindToAddress(d *net.Dialer, device *net.Interface, local netip.Addr) {
	if local.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
		return
	}
	d.Control = func(string, string, syscall.RawConn) error {
		return rtmperr.New(rtmperr.ErrConnect, "the interface %q has no address of this family", device.Name)
	}
}
