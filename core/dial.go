package core

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// dial resolves and connects; all addresses of a name are tried, IPv6 and IPv4 side by side (RFC 6555).
func dial(ctx context.Context, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := (&net.Dialer{Resolver: names}).DialContext(ctx, "tcp", address)
	if err == nil {
		limitUnsent(conn)
		return conn, nil
	}
	var dns *net.DNSError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, errEnded
	case isTimeout(err) || errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, failure(ErrTimeout, "no connection to %s within %v: check host, port and firewall", address, timeout)
	case errors.As(err, &dns):
		return nil, failure(ErrConnect, "the host name %q cannot be resolved (%s): check it and the network", dns.Name, dns.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil, failure(ErrConnect, "nothing listens at %s (connection refused): is the server running?", address)
	}
	return nil, failure(ErrConnect, "connecting to %s: %v", address, reason(err))
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func isNetwork(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe)
}

// reason strips addresses and operation names, which the messages around it give, from an error of package net.
func reason(err error) error {
	var sys syscall.Errno
	if errors.As(err, &sys) {
		return sys
	}
	return err
}
