//go:build !linux

package transport

import (
	"net"
)

// socket is not known on this system: all that is sent goes through the writer's queue.
type socket struct{}

func socketOf(net.Conn) *socket { return nil }

func (*socket) offer(pieces *net.Buffers) (int64, error) { return 0, nil }
func (*socket) write(pieces *net.Buffers) (int64, error) { return 0, nil }
