package rtmperr

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
)

// IsTimeout reports whether an error says that time is over.
func IsTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

// IsReset reports whether an error says that the peer, or its system, has ended the connection
// without reading everything.
func IsReset(err error) bool { return isOneOf(err, resets) }

// IsRefused reports whether an error says that nobody listens at the address.
func IsRefused(err error) bool { return isOneOf(err, refusals) }

// IsNoLocalAddress reports whether an error says that the address to connect from is none of this
// machine.
func IsNoLocalAddress(err error) bool { return isOneOf(err, noLocalAddress) }

// IsNetwork reports whether an error is of a connection, whatever it says.
func IsNetwork(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe)
}

// Reason strips addresses and operation names, which the messages around it give, from an error of
// package net.
func Reason(err error) error {
	var sys syscall.Errno
	if errors.As(err, &sys) {
		return sys
	}
	if alert, ok := AlertOf(err); ok {
		return errors.New("the peer ended TLS with this alert: " + AlertText(alert))
	}
	return err
}

func isOneOf(err error, all []syscall.Errno) bool {
	var sys syscall.Errno
	return errors.As(err, &sys) && slices.Contains(all, sys)
}
