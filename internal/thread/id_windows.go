package thread

import (
	"golang.org/x/sys/windows"
)

// ID returns the number of the system's thread that runs the caller. GetCurrentThreadId.
func ID() int { return int(windows.GetCurrentThreadId()) }
