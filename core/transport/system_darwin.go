package transport

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

func connectionInfo(fd uintptr) (*unix.TCPConnectionInfo, error) {
	return unix.GetsockoptTCPConnectionInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_CONNECTION_INFO)
}

// roundTrip returns the smoothed round-trip time, which is counted in milliseconds. tcp(4),
// TCP_CONNECTION_INFO.
func roundTrip(fd uintptr) (rtt time.Duration, known bool) {
	info, err := connectionInfo(fd)
	if err != nil || info.Srtt == 0 {
		return 0, false
	}
	return time.Duration(info.Srtt) * time.Millisecond, true
}

// acknowledged is not known on this system: it counts what was sent.
func acknowledged(uintptr) (bytes uint64, known bool) { return 0, false }

// unacknowledged returns what the send buffer holds.
func unacknowledged(fd uintptr) (bytes int, known bool) {
	info, err := connectionInfo(fd)
	if err != nil {
		return 0, false
	}
	return int(info.Snd_sbbytes), true
}

// setSilence does what limitSilence says. tcp(4), TCP_RXT_CONNDROPTIME.
func setSilence(fd uintptr, longest time.Duration) {
	unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_RXT_CONNDROPTIME, int(longest.Seconds()))
}

// bindToDevice lets a dialer connect from the address of an interface: this system binds sockets to
// an interface apart for each family, and routes decide anyway.
func bindToDevice(d *net.Dialer, device *net.Interface, local netip.Addr) {
	bindToAddress(d, device, local)
}

// socket would write without waiting. TCP_NOTSENT_LOWAT of this system does not bound what a write
// takes, so what waits in the kernel could not be bounded: all that is sent goes through the
// sender's queue.
type socket struct{}

func socketOf(net.Conn) *socket { return nil }

func (*socket) offer(*net.Buffers) (int64, error) { return 0, errors.ErrUnsupported }
func (*socket) write(*net.Buffers) (int64, error) { return 0, errors.ErrUnsupported }
