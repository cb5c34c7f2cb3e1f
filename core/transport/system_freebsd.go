package transport

import (
	"errors"
	"net"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tcpInfo is how struct tcp_info of netinet/tcp.h begins, which package unix does not have.
type tcpInfo struct {
	_   [68]byte
	rtt uint32 // smoothed, in microseconds
}

// roundTrip returns the smoothed round-trip time. tcp(4), TCP_INFO.
func roundTrip(fd uintptr) (rtt time.Duration, known bool) {
	var info tcpInfo
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.IPPROTO_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 || uintptr(size) < unsafe.Sizeof(info) || info.rtt == 0 {
		return 0, false
	}
	return time.Duration(info.rtt) * time.Microsecond, true
}

// acknowledged is not known on this system.
func acknowledged(uintptr) (bytes uint64, known bool) { return 0, false }

// unacknowledged returns what the send buffer holds. sys/filio.h, FIONWRITE.
func unacknowledged(fd uintptr) (bytes int, known bool) {
	const fionwrite = 0x40046677
	n, err := unix.IoctlGetInt(int(fd), fionwrite)
	return n, err == nil
}

// setSilence does nothing: keepalive finds out.
func setSilence(uintptr, time.Duration) {}

// bindToDevice lets a dialer connect from the address of an interface: this system has nothing
// else.
func bindToDevice(d *net.Dialer, device *net.Interface, local netip.Addr) {
	bindToAddress(d, device, local)
}

// socket would write without waiting. This system cannot tell what waits in the kernel: all that is
// sent goes through the sender's queue.
type socket struct{}

func socketOf(net.Conn) *socket { return nil }

func (*socket) offer(*net.Buffers) (int64, error) { return 0, errors.ErrUnsupported }
func (*socket) write(*net.Buffers) (int64, error) { return 0, errors.ErrUnsupported }
