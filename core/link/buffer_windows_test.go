package link

import (
	"syscall"
)

// setReceiveBuffer sets the buffer of a socket that listens.
func setReceiveBuffer(fd uintptr, bytes int) error {
	return syscall.SetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, bytes)
}
