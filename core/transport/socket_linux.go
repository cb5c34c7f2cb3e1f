package transport

import (
	"net"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socket writes to a TCP connection by the system call itself: a call that cannot wait need not be
// announced to Go's scheduler, which costs more than a small frame does. One goroutine at a time
// uses it. Close may come from any: the descriptor is held while it is used.
type socket struct {
	raw     syscall.RawConn
	attempt func(fd uintptr) bool // try, bound once
	notsent notsent

	// of the call that is under way
	pieces *net.Buffers
	wait   bool // until the kernel takes something
	n      int64
	err    error

	vectors []unix.Iovec
	message unix.Msghdr
}

// maxVectors is how many pieces the kernel takes in a call: UIO_MAXIOV, sendmsg(2).
const maxVectors = 1024

// coalesceLimit is up to how many bytes pieces are copied together: the kernel takes one buffer
// with less ado than a list of them, which is more than the copy costs.
const coalesceLimit = 4096

// coalesceBuffers are buffers for that. They are shared: a connection that sends now and then needs
// none of its own.
var coalesceBuffers = sync.Pool{New: func() any { return new([coalesceLimit]byte) }}

// socketOf returns the socket of a connection, nil when it is none of the system's.
func socketOf(conn net.Conn) *socket {
	c, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	s := &socket{raw: raw}
	s.attempt = s.try
	return s
}

// offer writes of pieces what the kernel takes at once, unless it already holds what it should, and
// leaves the rest in it.
func (s *socket) offer(pieces *net.Buffers) (int64, error) { return s.run(pieces, false) }

// write writes something of pieces, as soon as the kernel takes it, and leaves the rest in it. The
// connection's deadline bounds that.
func (s *socket) write(pieces *net.Buffers) (int64, error) { return s.run(pieces, true) }

func (s *socket) run(pieces *net.Buffers, wait bool) (int64, error) {
	s.pieces, s.wait, s.n, s.err = pieces, wait, 0, nil
	err := s.raw.Write(s.attempt)
	s.pieces = nil
	if err == nil {
		err = s.err
	}
	return s.n, err
}

// try makes calls until all is written or the kernel takes no more. false: it is to be tried again
// when there is room.
func (s *socket) try(fd uintptr) (done bool) {
	if !s.wait && !s.notsent.room(fd) {
		return true
	}
	s.notsent.setBound(fd, s.wait)
	for advance(s.pieces, 0); len(*s.pieces) > 0; {
		offered, n, errno := s.call(fd)
		switch {
		case errno == unix.EINTR:
		case errno == unix.EAGAIN:
			return s.n > 0 || !s.wait
		case errno != 0:
			s.err = os.NewSyscallError("send", errno)
			return true
		default:
			s.n += int64(n)
			s.notsent.upperBound += int64(n)
			advance(s.pieces, n)
			if n < offered {
				return true
			}
		}
	}
	return true
}

// call offers pieces to the kernel, as many as fit into a call, and returns how long they are and
// how much it took.
func (s *socket) call(fd uintptr) (offered, n int, errno syscall.Errno) {
	for _, p := range *s.pieces {
		offered += len(p)
	}
	if offered <= coalesceLimit {
		buffer := coalesceBuffers.Get().(*[coalesceLimit]byte)
		at := 0
		for _, p := range *s.pieces {
			at += copy(buffer[at:], p)
		}
		n, errno = sendBuffer(fd, buffer[:at])
		coalesceBuffers.Put(buffer)
		return offered, n, errno
	}
	offered = s.collect(*s.pieces)
	n, errno = s.send(fd)
	clear(s.vectors)
	return offered, n, errno
}

// sendBuffer is send for one buffer.
func sendBuffer(fd uintptr, p []byte) (n int, errno syscall.Errno) {
	r, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return int(r), errno
}

// collect describes pieces to the kernel, as many as fit into a call, and returns how long they
// are.
func (s *socket) collect(pieces net.Buffers) (size int) {
	s.vectors = s.vectors[:0]
	for _, p := range pieces[:min(len(pieces), maxVectors)] {
		if len(p) == 0 {
			continue
		}
		v := unix.Iovec{Base: unsafe.SliceData(p)}
		v.SetLen(len(p))
		s.vectors = append(s.vectors, v)
		size += len(p)
	}
	return size
}

// send makes one call, which neither waits nor raises SIGPIPE in the host.
func (s *socket) send(fd uintptr) (n int, errno syscall.Errno) {
	s.message.Iov = unsafe.SliceData(s.vectors)
	s.message.SetIovlen(len(s.vectors))
	r, _, errno := syscall.RawSyscall(unix.SYS_SENDMSG, fd, uintptr(unsafe.Pointer(&s.message)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	s.message.Iov = nil
	return int(r), errno
}
