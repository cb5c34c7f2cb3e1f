package transport

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// maxKept is how much memory for encrypted data that waits is kept while none waits.
const maxKept = 512 << 10

// recordConn is under *tls.Conn, for which a write that was cut off by its deadline is the end. At
// first its own give up only when the kernel takes nothing for a whole time of patience; of the
// deadlines for writing nothing is left. From begin to end they do not wait: what the kernel does
// not take is kept, encrypted, for flush.
type recordConn struct {
	net.Conn
	patience time.Duration

	mu     sync.Mutex  // *tls.Conn answers the peer from within Read
	socket *socket     // nil: writes wait
	kept   []byte      // what the kernel did not take
	one    net.Buffers // scratch of pass
	left   net.Buffers
}

// begin lets writes no longer wait, and returns the socket; nil: they go on waiting, because the
// connection has none.
func (c *recordConn) begin() *socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.socket = socketOf(c.Conn)
	return c.socket
}

// end lets writes wait again, not longer than the patience given.
func (c *recordConn) end(patience time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.socket, c.patience = nil, min(c.patience, patience)
}

// holds reports whether something is kept.
func (c *recordConn) holds() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.kept) > 0
}

// Write writes a record. It keeps what does not leave at once, which the writer bounds by one
// message.
func (c *recordConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.socket == nil {
		return c.writePatiently(p)
	}
	left := p
	if len(c.kept) == 0 {
		n, err := c.pass(p, c.socket.offer)
		if err != nil {
			return n, err
		}
		left = p[n:]
	}
	c.kept = append(c.kept, left...)
	return len(p), nil
}

// flush writes something of what is kept, as soon as the kernel takes it. The connection's deadline
// bounds that.
func (c *recordConn) flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) == 0 {
		return nil
	}
	n, err := c.pass(c.kept, c.socket.write)
	c.kept = c.kept[:copy(c.kept, c.kept[n:])]
	if len(c.kept) == 0 && cap(c.kept) > maxKept {
		c.kept = nil
	}
	return err
}

// pass hands p to one of the socket's ways to write.
func (c *recordConn) pass(p []byte, write func(*net.Buffers) (int64, error)) (int, error) {
	c.one = append(c.one[:0], p)
	c.left = c.one
	n, err := write(&c.left)
	c.one[0] = nil
	return int(n), err
}

func (c *recordConn) writePatiently(p []byte) (int, error) {
	for n := 0; ; {
		if err := c.Conn.SetWriteDeadline(time.Now().Add(c.patience)); err != nil {
			return n, err
		}
		more, err := c.Conn.Write(p[n:])
		if n += more; n == len(p) || more == 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
}
