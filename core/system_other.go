//go:build !linux

package core

import (
	"net"
	"time"
)

// roundTrip is not known on this system.
func roundTrip(net.Conn) time.Duration { return 0 }

// limitSilence is not possible on this system: keepalive finds out.
func limitSilence(net.Conn, time.Duration) {}

// threadID is not known on this system: an event must not end its Publisher here.
func threadID() int { return 0 }
