package transport

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// roundTrip returns what tcp(7), TCP_INFO, says of the round-trip time. A connection of which
// nothing was measured yet has 0.
func roundTrip(fd uintptr) (rtt time.Duration, known bool) {
	info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil || info.Rtt == 0 {
		return 0, false
	}
	return time.Duration(info.Rtt) * time.Microsecond, true
}

// acknowledged returns what tcp(7), TCP_INFO, says of it. Kernels before 4.1 do not count it: at
// least the SYN is acknowledged.
func acknowledged(fd uintptr) (bytes uint64, known bool) {
	info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil || info.Bytes_acked == 0 {
		return 0, false
	}
	return info.Bytes_acked, true
}

// unacknowledged asks for what waits in the send queue. tcp(7), SIOCOUTQ.
func unacknowledged(fd uintptr) (bytes int, known bool) {
	n, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
	return n, err == nil
}

// setSilence does what limitSilence says. RFC 5482.
func setSilence(fd uintptr, longest time.Duration) {
	unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(longest.Milliseconds()))
}

// bindToDevice lets a dialer use an interface and no other, whatever the routes say. Kernels before
// 5.7 allow that to root only: there it connects from the address of the interface, which is not
// valid if there is none. socket(7), SO_BINDTODEVICE.
func bindToDevice(d *net.Dialer, device *net.Interface, local netip.Addr) {
	d.Control = func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = unix.BindToDevice(int(fd), device.Name)
			if !errors.Is(failed, unix.EPERM) || !local.IsValid() {
				return
			}
			if local.Is4() {
				failed = unix.Bind(int(fd), &unix.SockaddrInet4{Addr: local.As4()})
			} else {
				failed = unix.Bind(int(fd), &unix.SockaddrInet6{Addr: local.As16(), ZoneId: uint32(device.Index)})
			}
		})
		return errors.Join(err, failed)
	}
}
