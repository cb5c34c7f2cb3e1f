package core

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// secureConn is an encrypted connection. It has what the writer needs and *tls.Conn has not.
type secureConn struct {
	*tls.Conn
	under  *patientConn
	record [maxRecord]byte // where small pieces are gathered; used by the writer alone
}

// maxRecord is the most that one record of TLS carries. RFC 8446, 5.1.
const maxRecord = 16 << 10

// writeBuffers writes what is left, as net.Buffers.WriteTo does. Over TLS, where each Write makes a record with a header, a
// checksum and a system call of its own, small pieces are gathered first.
func writeBuffers(conn net.Conn, rest *net.Buffers) (int64, error) {
	c, ok := conn.(*secureConn)
	if !ok {
		return rest.WriteTo(conn)
	}
	var written int64
	for advance(rest, 0); len(*rest) > 0; {
		n, err := c.Write(c.gather(*rest))
		written += int64(n)
		advance(rest, n)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// gather returns what the next record begins with: a piece that fills it, without a copy, or several that are joined.
func (c *secureConn) gather(pieces net.Buffers) []byte {
	if len(pieces[0]) >= maxRecord {
		return pieces[0][:len(pieces[0])/maxRecord*maxRecord]
	}
	n := 0
	for _, p := range pieces {
		copied := copy(c.record[n:], p)
		if n += copied; copied < len(p) {
			break
		}
	}
	return c.record[:n]
}

// advance takes what is written out of pieces, and those that are empty.
func advance(pieces *net.Buffers, n int) {
	for len(*pieces) > 0 {
		first := &(*pieces)[0]
		if n < len(*first) {
			*first = (*first)[n:]
			return
		}
		n -= len(*first)
		*first = nil
		*pieces = (*pieces)[1:]
	}
}

// SyscallConn gives what asks the kernel the TCP connection under it.
func (c *secureConn) SyscallConn() (syscall.RawConn, error) {
	under, ok := c.under.Conn.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return under.SyscallConn()
}

// CloseWrite tells the peer that nothing follows, by TLS's close_notify and TCP's FIN, without waiting long for the network.
func (c *secureConn) CloseWrite() error {
	c.under.patience = min(c.under.patience, closeTimeout)
	if err := c.Conn.CloseWrite(); err != nil {
		return err
	}
	if half, ok := c.under.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close closes at once: that of *tls.Conn would wait for the network to take its close_notify.
func (c *secureConn) Close() error { return c.under.Close() }

// patientConn is under *tls.Conn, for which a write that was cut off by its deadline is the end. Its own gives up only when
// the kernel takes nothing for a whole time of patience; of the deadlines for writing nothing is left.
type patientConn struct {
	net.Conn
	patience time.Duration
}

func (c *patientConn) Write(p []byte) (int, error) {
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
