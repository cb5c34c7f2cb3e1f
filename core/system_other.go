//go:build !linux

package core

import (
	"net"
	"time"
)

// roundTrip is not known on this system.
func roundTrip(net.Conn) time.Duration { return 0 }

// acknowledged is not known on this system.
func acknowledged(net.Conn) uint64 { return 0 }

// unacknowledged is not known on this system.
func unacknowledged(net.Conn) (bytes int, known bool) { return 0, false }

// limitSilence is not possible on this system: keepalive finds out.
func limitSilence(net.Conn, time.Duration) {}
