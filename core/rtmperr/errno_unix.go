//go:build linux || darwin || freebsd

package rtmperr

import (
	"syscall"
)

// The system's numbers for what IsReset, IsRefused and IsNoLocalAddress tell apart.
var (
	resets         = []syscall.Errno{syscall.ECONNRESET, syscall.EPIPE}
	refusals       = []syscall.Errno{syscall.ECONNREFUSED}
	noLocalAddress = []syscall.Errno{syscall.EADDRNOTAVAIL}
)
