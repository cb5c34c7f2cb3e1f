package transport

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notsentLimit keeps media out of the kernel's send buffer, which would take megabytes: what waits
// there can neither be measured nor dropped. Enough is left to keep the network busy while the
// writer wakes up.
const notsentLimit = 128 << 10

// notsent bounds what the kernel holds of a connection that it has not sent. A message is begun
// only while that is less than notsentLimit, but then handed over whole: the rest of a large frame
// would have to be copied, and another thread woken for it. Who writes from a backlog waits for the
// network anyway; there the kernel itself keeps to the limit.
type notsent struct {
	upperBound int64 // what may be unsent: what was, when the kernel was asked, and all that was written since
	limited    bool  // the kernel takes no more than notsentLimit
}

// room reports whether a message may be begun. The kernel is asked only when as much has been
// written as it may hold.
func (u *notsent) room(fd uintptr) bool {
	if u.upperBound >= notsentLimit {
		most, known := waitingIn(fd)
		if !known {
			most = 0 // then the queue's limits hold for what the kernel does not take
		}
		u.upperBound = most
	}
	return u.upperBound < notsentLimit
}

// waitingIn asks the kernel what it has not sent. Kernels before 4.6 do not know.
func waitingIn(fd uintptr) (bytes int64, known bool) {
	const size = unsafe.Offsetof(unix.TCPInfo{}.Notsent_bytes) + unsafe.Sizeof(unix.TCPInfo{}.Notsent_bytes)
	var (
		info unix.TCPInfo
		have = uint32(size)
	)
	_, _, errno := syscall.RawSyscall6(unix.SYS_GETSOCKOPT, fd, unix.IPPROTO_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&have)), 0)
	if errno != 0 || have < uint32(size) {
		return 0, false
	}
	return int64(info.Notsent_bytes), true
}

// setBound lets the kernel keep to the limit, or not. tcp(7), TCP_NOTSENT_LOWAT: it also tells when
// there is room again.
func (u *notsent) setBound(fd uintptr, on bool) {
	if u.limited == on {
		return
	}
	u.limited = on
	value := int32(0) // the system's
	if on {
		value = notsentLimit
	}
	syscall.RawSyscall6(unix.SYS_SETSOCKOPT, fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT,
		uintptr(unsafe.Pointer(&value)), unsafe.Sizeof(value), 0)
}
