//go:build !linux

package transport

import (
	"net"
	"time"
)

// RoundTrip is not known on this system.
func RoundTrip(net.Conn) time.Duration { return 0 }

// Acknowledged is not known on this system.
func Acknowledged(net.Conn) uint64 { return 0 }

// Unacknowledged is not known on this system.
func Unacknowledged(net.Conn) (bytes int, known bool) { return 0, false }

// limitSilence is not possible on this system: keepalive finds out.
func limitSilence(net.Conn, time.Duration) {}
