package core

import (
	"golang.org/x/sys/unix"
)

// threadID returns the number of the system's thread that runs the caller. gettid(2).
func threadID() int { return unix.Gettid() }
