package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// The sink is to disturb a publisher little, so it reads seldom and much: it wakes when lowWater waits. That alone would not do: a
// publisher whose kernel holds less than that waits for the sink, which waits for it, until a timer of TCP's ends that after 40 or
// 200 ms. So it also looks when it has read nothing for a while.
const (
	lowWater = 256 << 10

	// lookPeriod is that while, with one connection; it is longer for each further one, as each then gets less.
	lookPeriod = 200 * time.Microsecond
	lookMore   = 10 * time.Microsecond
)

// waitForMuch begins that for a connection.
func (l *loop) waitForMuch(c *conn) {
	_ = unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, lowWater)
	l.waits[c] = true
	l.setTimer()
}

// waitNoMore ends it.
func (l *loop) waitNoMore(c *conn) {
	if l.waits[c] {
		delete(l.waits, c)
		l.setTimer()
	}
}

func (l *loop) setTimer() {
	var every unix.ItimerSpec // zero: never
	if n := len(l.waits); n > 0 {
		every.Interval = unix.NsecToTimespec(int64(lookPeriod + time.Duration(n-1)*lookMore))
		every.Value = every.Interval
	}
	_ = unix.TimerfdSettime(l.timer, 0, &every, nil)
}

// look reads what waits, however little, unless something was read since it was called before.
func (l *loop) look() {
	var times [8]byte
	_, _ = unix.Read(l.timer, times[:])
	if l.busy {
		l.busy = false
		return
	}
	at := now()
	for c := range l.waits {
		if at >= c.from {
			l.read(c)
		}
	}
}
