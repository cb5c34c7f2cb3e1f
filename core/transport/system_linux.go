package transport

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tcpInfo returns what the kernel knows of a connection. tcp(7), TCP_INFO.
func tcpInfo(conn net.Conn) (info unix.TCPInfo) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return info
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return info
	}
	raw.Control(func(fd uintptr) {
		if got, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			info = *got
		}
	})
	return info
}

// RoundTrip returns the round-trip time that the kernel measures on a connection, 0 if it is not known.
func RoundTrip(conn net.Conn) time.Duration {
	return time.Duration(tcpInfo(conn).Rtt) * time.Microsecond
}

// Acknowledged returns how many bytes the peer's kernel has acknowledged, 0 if it is not known.
func Acknowledged(conn net.Conn) uint64 { return tcpInfo(conn).Bytes_acked }

// Unacknowledged returns how many bytes of a TCP connection the peer's kernel has not acknowledged, and whether that is known.
// tcp(7), SIOCOUTQ.
func Unacknowledged(conn net.Conn) (bytes int, known bool) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return 0, false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, false
	}
	raw.Control(func(fd uintptr) {
		n, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
		bytes, known = n, err == nil
	})
	return bytes, known
}

// limitSilence ends a connection whose peer's kernel acknowledges nothing for that long: the link is gone, whether or not
// there is more to send. RFC 5482.
func limitSilence(conn net.Conn, longest time.Duration) {
	if c, ok := conn.(syscall.Conn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			raw.Control(func(fd uintptr) {
				// where it is not known, keepalive finds out
				unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(longest.Milliseconds()))
			})
		}
	}
}
