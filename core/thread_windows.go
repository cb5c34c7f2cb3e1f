package core

import (
	"golang.org/x/sys/windows"
)

// threadID returns the number of the system's thread that runs the caller. GetCurrentThreadId.
func threadID() int { return int(windows.GetCurrentThreadId()) }
