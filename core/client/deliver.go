package client

import (
	"context"
	"fmt"
	"strings"
	"time"

	"luatrtmp/core/link"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/transport"
)

// endLook is how often the end of a source looks whether the server has got everything.
const endLook = 10 * time.Millisecond

// endTimeouts is how many times the option timeout the server's kernel has for acknowledging the rest that the own kernel holds,
// however slowly it goes on.
const endTimeouts = 12

// Deliver waits at the end of a source until everything that was sent has left, and the server's kernel has acknowledged it. As
// long as bytes are acknowledged it waits, and at most the time of the option timeout without any progress. It returns nil when
// the server has got everything, rtmperr.ErrEnded when limit or hurry is over, and otherwise an error that says what is missing. before is
// how many frames had been dropped when the connection began.
//
// On systems that do not tell what is acknowledged it waits until everything has left.
func (c *Connection) Deliver(limit, hurry context.Context, before uint32) error {
	look := time.NewTicker(endLook)
	defer look.Stop()
	var (
		commands   = c.in.Commands()
		progressed = time.Now()
		least      = -1      // the least that was unacknowledged so far, once all has left
		left       time.Time // when everything had left
		closed     time.Time // when the server closed its direction
	)
	for {
		idle, err := c.Out.Idle()
		if err != nil {
			return c.undelivered(c.WhyBroken(), before)
		}
		if idle {
			if left.IsZero() {
				left = time.Now()
			}
			n, known := transport.Unacknowledged(c.conn)
			switch {
			case !known || n == 0:
				return c.lastDelivered(before)
			case time.Since(left) >= endTimeouts*c.o.Timeout:
				return c.undelivered(rtmperr.New(rtmperr.ErrTimeout, "the network or the server took the rest too slowly, in %v not all of it",
					endTimeouts*c.o.Timeout), before)
			case least < 0 || n < least:
				least, progressed = n, time.Now()
			case time.Since(progressed) >= c.o.Timeout:
				return c.undelivered(rtmperr.New(rtmperr.ErrTimeout, "the network or the server took no data for %v", c.o.Timeout), before)
			}
			if !closed.IsZero() && time.Since(closed) >= link.EndPatience {
				return c.undelivered(c.WhyClosed(), before)
			}
		}
		select {
		case m, ok := <-commands:
			switch {
			case ok:
				if err := c.Heard(m); err != nil {
					return c.undelivered(err, before)
				}
			case rtmperr.IsReset(c.in.Cause()): // a server that closes without having read everything resets the connection
				return c.undelivered(c.WhyClosed(), before)
			default:
				commands, closed = nil, time.Now()
			}
		case <-look.C:
		case <-hurry.Done():
			return rtmperr.ErrEnded
		case <-limit.Done():
			return rtmperr.ErrEnded
		}
	}
}

// lastDelivered returns an error if the last frames of the source were dropped because too much waited.
func (c *Connection) lastDelivered(before uint32) error {
	if !c.Out.EndsInCut() {
		return nil
	}
	return c.undelivered(rtmperr.New(rtmperr.ErrOverflow, "the network or the server was too slow for its last frames"), before)
}

// undelivered ends the connection, and returns an error that says what of a source the server has not got, and why.
func (c *Connection) undelivered(why error, before uint32) error {
	bytes, _ := transport.Unacknowledged(c.conn)
	c.conn.Close()
	c.Out.Abort()
	<-c.Out.Done()
	video, audio := c.Out.Unsent()
	c.Out.Discard()
	dropped := int(c.config.Counters.Snapshot().DroppedFrames-before) - video
	var missing []string
	for _, m := range []struct {
		count int
		text  string
	}{
		{video, "video frames not sent"},
		{audio, "audio frames not sent"},
		{dropped, "frames dropped before"},
		{bytes, "bytes not acknowledged"},
	} {
		if m.count > 0 {
			missing = append(missing, fmt.Sprintf("%d %s", m.count, m.text))
		}
	}
	what := ""
	if len(missing) > 0 {
		what = " (" + strings.Join(missing, ", ") + ")"
	}
	return rtmperr.New(why, "the source is at its end, but the server has not got all of it%s: %v", what, why)
}
