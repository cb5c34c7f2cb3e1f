package rtmperr

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// The system's numbers for what IsReset, IsRefused and IsNoLocalAddress tell apart. Package syscall
// has numbers of its own invention under the names of Unix, which no call to Winsock returns.
var (
	resets         = []syscall.Errno{windows.WSAECONNRESET, windows.WSAECONNABORTED, windows.WSAESHUTDOWN}
	refusals       = []syscall.Errno{windows.WSAECONNREFUSED}
	noLocalAddress = []syscall.Errno{windows.WSAEADDRNOTAVAIL}
)
