package main

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const (
	readSize = 1 << 20

	// slowRead is how much is read at once, and only when the timer goes off, of a stream whose name says slow: 0.3 GB/s. Nothing is
	// for the first slowStart, so that a backlog is there from then on.
	slowRead  = 64 << 10
	slowStart = 5 * time.Millisecond
)

// loop serves all connections with one thread.
type loop struct {
	epoll, listener int
	timer           int // when to look for less than lowWater; see look.go
	conns           map[int]*conn
	waits           map[*conn]bool // wake the sink only when lowWater waits
	busy            bool           // something was read since the timer went off
	buf             []byte
}

// conn is a connection of the loop.
type conn struct {
	fd   int
	most int   // to be read at once
	from int64 // when looking for less than lowWater begins, ns of CLOCK_MONOTONIC
	stream
	settled bool // it publishes, and the socket is set up for what is wanted
}

func serve(listener int) error {
	runtime.LockOSThread()
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return fmt.Errorf("epoll_create1: %w", err)
	}
	timer, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("timerfd_create: %w", err)
	}
	l := &loop{
		epoll: epoll, listener: listener, timer: timer, buf: make([]byte, readSize),
		conns: map[int]*conn{}, waits: map[*conn]bool{},
	}
	for _, fd := range []int{listener, timer} {
		if err := l.watch(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN); err != nil {
			return err
		}
	}
	events := make([]unix.EpollEvent, 256)
	for {
		n, err := unix.EpollWait(epoll, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("epoll_wait: %w", err)
		}
		for _, e := range events[:max(n, 0)] {
			switch fd := int(e.Fd); fd {
			case listener:
				l.accept()
			case timer:
				l.look()
			default:
				if c := l.conns[fd]; c != nil {
					l.busy = true
					l.read(c)
				}
			}
		}
	}
}

func (l *loop) watch(op, fd int, events uint32) error {
	if err := unix.EpollCtl(l.epoll, op, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}

func (l *loop) accept() {
	for {
		fd, _, err := unix.Accept4(l.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return // none waits; or there are too many, which the publisher will notice
		}
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		l.conns[fd] = &conn{fd: fd, most: readSize}
		if l.watch(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN) != nil {
			l.end(l.conns[fd], nil)
		}
	}
}

// read reads once: what is left makes the descriptor ready again.
func (l *loop) read(c *conn) {
	n, err := unix.Read(c.fd, l.buf[:c.most])
	switch {
	case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR):
		return
	case err != nil || n == 0:
		l.end(c, err)
		return
	}
	reply, err := c.feed(l.buf[:n])
	if err == nil && len(reply) > 0 {
		_, err = unix.Write(c.fd, reply) // short, on an empty socket
	}
	if err != nil {
		l.end(c, err)
		return
	}
	if c.publishing && !c.settled {
		l.settle(c)
	}
}

// settle sets the socket up for what the stream's name wants.
func (l *loop) settle(c *conn) {
	c.settled = true
	if c.wants == "latency" {
		return
	}
	if c.wants == "slow" && l.watch(unix.EPOLL_CTL_MOD, c.fd, 0) == nil {
		c.most, c.from = slowRead, now()+int64(slowStart)
	}
	l.waitForMuch(c)
}

func (l *loop) end(c *conn, err error) {
	delete(l.conns, c.fd)
	l.waitNoMore(c)
	unix.Close(c.fd)
	c.report(err)
}

// now is the time of CLOCK_MONOTONIC, which all processes share.
func now() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return t.Nano()
}
