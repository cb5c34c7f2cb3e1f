package thread

import (
	"golang.org/x/sys/unix"
)

// ID returns the number of the system's thread that runs the caller. gettid(2).
func ID() int { return unix.Gettid() }
