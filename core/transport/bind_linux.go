package transport

import (
	"errors"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// bindToDevice lets a dialer use an interface and no other, whatever the routes say. Kernels before 5.7 allow that to root only:
// there it connects from the address of the interface, which is not valid if there is none. socket(7), SO_BINDTODEVICE.
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
