package thread

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// ID returns the number of the system's thread that runs the caller. thr_self(2).
func ID() int {
	var id int // a long
	unix.Syscall(unix.SYS_THR_SELF, uintptr(unsafe.Pointer(&id)), 0, 0)
	return id
}
