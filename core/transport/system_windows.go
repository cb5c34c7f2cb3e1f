package transport

import (
	"errors"
	"net"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// tcpInfo is TCP_INFO_v0 of mstcpip.h, which package windows does not have.
type tcpInfo struct {
	_   [20]byte
	rtt uint32 // smoothed, in microseconds
	_   [64]byte
}

// roundTrip returns the smoothed round-trip time. SIO_TCP_INFO, from Windows 10 version 1703 on.
func roundTrip(fd uintptr) (rtt time.Duration, known bool) {
	const sioTCPInfo = 0xD8000027
	var (
		version, got uint32
		info         tcpInfo
	)
	err := windows.WSAIoctl(windows.Handle(fd), sioTCPInfo, (*byte)(unsafe.Pointer(&version)), uint32(unsafe.Sizeof(version)),
		(*byte)(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)), &got, nil, 0)
	if err != nil || uintptr(got) < unsafe.Sizeof(info) || info.rtt == 0 {
		return 0, false
	}
	return time.Duration(info.rtt) * time.Microsecond, true
}

// acknowledged is not known on this system.
func acknowledged(uintptr) (bytes uint64, known bool) { return 0, false }

// unacknowledged is not known on this system.
func unacknowledged(uintptr) (bytes int, known bool) { return 0, false }

// setSilence does what limitSilence says. TCP_MAXRT.
func setSilence(fd uintptr, longest time.Duration) {
	windows.SetsockoptInt(windows.Handle(fd), windows.IPPROTO_TCP, windows.TCP_MAXRT, int(longest.Seconds()))
}

// bindToDevice lets a dialer connect from the address of an interface: this system has nothing
// else.
func bindToDevice(d *net.Dialer, device *net.Interface, local netip.Addr) {
	bindToAddress(d, device, local)
}

// socket would write without waiting. A socket of this system either waits or
// tells later: all that is sent goes through the sender's queue.
type socket struct{}

func socketOf(net.Conn) *socket { return nil }

func (*socket) offer(*net.Buffers) (int64, error) { return 0, errors.ErrUnsupported }
func (*socket) write(*net.Buffers) (int64, error) { return 0, errors.ErrUnsupported }
