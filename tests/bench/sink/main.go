// Command sink receives what the publishers of the bench send, as fast as one core can: one thread, epoll, large reads. It
// takes chunks of any size apart as it must to count, and keeps nothing of the media. The word before the first '-' of a
// stream's name says what is wanted of it:
//
//	fast     count messages and bytes
//	check    that, and a checksum over the bodies of all pictures and audio frames
//	slow     at most 64 KiB each 200 us: a backlog builds up, and stays
//	latency  fast, each picture read at once; its last 16 bytes are the time, in hexadecimal ns of CLOCK_MONOTONIC, when it was sent
//
// It prints {"listening": "ADDRESS", "secure": "ADDRESS"} and then one JSON line for each connection that ends.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "sink:", err)
		os.Exit(1)
	}
}

func run() error {
	raiseFileLimit()
	fd, address, err := listen()
	if err != nil {
		return err
	}
	secure, err := serveSecure()
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{"listening": address, "secure": secure}); err != nil {
		return err
	}
	return serve(fd)
}

// raiseFileLimit lets as many connections in as the system allows.
func raiseFileLimit() {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) == nil {
		l.Cur = l.Max
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &l)
	}
}

// listen opens a socket on a free port of this machine.
func listen() (fd int, address string, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, "", fmt.Errorf("socket: %w", err)
	}
	if err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, "", fmt.Errorf("bind: %w", err)
	}
	if err = unix.Listen(fd, 4096); err != nil {
		return 0, "", fmt.Errorf("listen: %w", err)
	}
	self, err := unix.Getsockname(fd)
	if err != nil {
		return 0, "", fmt.Errorf("getsockname: %w", err)
	}
	return fd, fmt.Sprintf("127.0.0.1:%d", self.(*unix.SockaddrInet4).Port), nil
}
