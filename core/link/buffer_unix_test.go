//go:build unix

package link

import (
	"syscall"
)

// setReceiveBuffer sets the buffer of a socket that listens.
func setReceiveBuffer(fd uintptr, bytes int) error {
	return syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, bytes)
}
