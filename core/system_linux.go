package core

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// roundTrip returns the round-trip time that the kernel measures on a connection, 0 if it is not known.
func roundTrip(conn net.Conn) (rtt time.Duration) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return 0
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			rtt = time.Duration(info.Rtt) * time.Microsecond
		}
	})
	return rtt
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

// threadID tells which thread of the system runs the caller.
func threadID() int { return unix.Gettid() }
