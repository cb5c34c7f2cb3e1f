package thread

import (
	"golang.org/x/sys/unix"
)

// ID returns the number of the system's thread that runs the caller, as pthread_threadid_np(3) gives it.
func ID() int {
	id, _, _ := unix.Syscall(unix.SYS_THREAD_SELFID, 0, 0, 0)
	return int(id)
}
