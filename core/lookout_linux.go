package core

import (
	"cmp"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// lookout waits for what the peers of all connections say: one goroutine instead of one for each connection, whose stack would be
// most of what an idle connection costs. It lives as long as there is a connection to look after.
type lookout struct {
	mu   sync.Mutex
	file *os.File // epoll(7)'s, which Go's own scheduler waits for as for a socket; nil: there is no connection
	raw  syscall.RawConn
	last uint64
	all  map[uint64]*watched
}

var lookouts lookout

// watched is a connection that is looked after.
type watched struct {
	id    uint64
	raw   syscall.RawConn
	said  func()
	known bool // to the system
}

// lookAfter lets said be called when the peer of a connection says something, or already has, or ends the connection: once after each
// call of next, from another goroutine. end must follow. nil: this is not possible.
func lookAfter(conn net.Conn, said func()) *watched {
	c, ok := conn.(*net.TCPConn) // of an encrypted one, the peer's words may be decrypted already
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	w := &watched{raw: raw, said: said}
	if lookouts.add(w) != nil {
		return nil
	}
	return w
}

// next asks for the next call of said; false: it will not come. One goroutine at a time calls it.
func (w *watched) next() bool {
	operation := unix.EPOLL_CTL_MOD
	if !w.known {
		operation = unix.EPOLL_CTL_ADD
	}
	w.known = w.control(operation, unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLONESHOT) == nil
	return w.known
}

// end ends it. said may be called once more.
func (w *watched) end() { lookouts.remove(w) }

// control tells the system what to look for. The connection may be closed: then the system has forgotten it.
func (w *watched) control(operation int, events uint32) error {
	epoll := lookouts.epollOf(w)
	if epoll == nil {
		return net.ErrClosed
	}
	event := unix.EpollEvent{Events: events, Fd: int32(w.id), Pad: int32(w.id >> 32)}
	var closed, refused error
	gone := w.raw.Control(func(fd uintptr) {
		closed = epoll.Control(func(epoll uintptr) {
			refused = unix.EpollCtl(int(epoll), operation, int(fd), &event)
		})
	})
	return cmp.Or(gone, closed, refused)
}

func (l *lookout) add(w *watched) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	l.last++
	w.id = l.last
	l.all[w.id] = w
	return nil
}

// epollOf returns what looks after a connection; nil: nothing does any more.
func (l *lookout) epollOf(w *watched) syscall.RawConn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all[w.id] != w {
		return nil
	}
	return l.raw
}

func (l *lookout) open() error {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // else Go's scheduler would not wait for it
		unix.Close(fd)
		return os.NewSyscallError("fcntl", err)
	}
	file := os.NewFile(uintptr(fd), "epoll")
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return err
	}
	l.file, l.raw, l.all = file, raw, map[uint64]*watched{}
	go l.run(raw)
	return nil
}

func (l *lookout) remove(w *watched) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all[w.id] != w {
		return
	}
	delete(l.all, w.id)
	if len(l.all) == 0 {
		l.file.Close()
		l.file, l.raw, l.all = nil, nil, nil
	}
}

// run tells who is looked after, until the file is closed.
func (l *lookout) run(epoll syscall.RawConn) {
	events := make([]unix.EpollEvent, 64)
	for {
		n := 0
		err := epoll.Read(func(fd uintptr) bool {
			n, _ = unix.EpollWait(int(fd), events, 0)
			return n > 0
		})
		if err != nil {
			return
		}
		for _, e := range events[:n] {
			l.tell(uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32)
		}
	}
}

func (l *lookout) tell(id uint64) {
	l.mu.Lock()
	w := l.all[id]
	l.mu.Unlock()
	if w != nil {
		w.said()
	}
}
