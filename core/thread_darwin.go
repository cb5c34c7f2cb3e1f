package core

import (
	"golang.org/x/sys/unix"
)

// threadID returns the number of the system's thread that runs the caller, as pthread_threadid_np(3) gives it.
func threadID() int {
	id, _, _ := unix.Syscall(unix.SYS_THREAD_SELFID, 0, 0, 0)
	return int(id)
}
