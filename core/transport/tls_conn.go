package transport

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// SecureConn is an encrypted connection. It has what the writer needs and *tls.Conn has not.
type SecureConn struct {
	*tls.Conn
	under *recordConn
}

// Encrypt returns the client's end of an encrypted connection. A write of the handshake gives up
// when the network takes nothing for the time of patience.
func Encrypt(conn net.Conn, config *tls.Config, patience time.Duration) *SecureConn {
	under := &recordConn{Conn: conn, patience: patience}
	return &SecureConn{Conn: tls.Client(under, config), under: under}
}

// closePatience bounds how long CloseWrite waits for the network.
const closePatience = 400 * time.Millisecond

// maxRecord is the most that one record of TLS carries. RFC 8446, 5.1.
const maxRecord = 16 << 10

// recordBuffers are where small pieces are gathered. They are shared: a record is encrypted into
// memory of its own before Write returns, and a connection that sends now and then needs none of
// its own.
var recordBuffers = sync.Pool{New: func() any { return new([maxRecord]byte) }}

// writeRecord encrypts what begins pieces, as much as a record carries, and takes it out of pieces.
// Each Write of TLS makes a record with a header, a checksum and a system call of its own: small
// pieces are gathered first.
func (c *SecureConn) writeRecord(pieces *net.Buffers) (int64, error) {
	if advance(pieces, 0); len(*pieces) == 0 {
		return 0, nil
	}
	record := recordBuffers.Get().(*[maxRecord]byte)
	n, err := c.Write(gather(record, *pieces))
	recordBuffers.Put(record)
	advance(pieces, n)
	return int64(n), err
}

// writeRecords is writeRecord for all of pieces.
func (c *SecureConn) writeRecords(pieces *net.Buffers) (written int64, err error) {
	for err == nil && len(*pieces) > 0 {
		var n int64
		n, err = c.writeRecord(pieces)
		written += n
	}
	return written, err
}

// gather returns what the next record begins with: a piece that fills it, without a copy, or
// several that are joined in record.
func gather(record *[maxRecord]byte, pieces net.Buffers) []byte {
	if len(pieces[0]) >= maxRecord {
		return pieces[0][:len(pieces[0])/maxRecord*maxRecord]
	}
	n := 0
	for _, p := range pieces {
		copied := copy(record[n:], p)
		if n += copied; copied < len(p) {
			break
		}
	}
	return record[:n]
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
func (c *SecureConn) SyscallConn() (syscall.RawConn, error) {
	under, ok := c.under.Conn.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return under.SyscallConn()
}

// CloseWrite tells the peer that nothing follows, by TLS's close_notify and TCP's FIN, without
// waiting long for the network.
func (c *SecureConn) CloseWrite() error {
	c.under.end(closePatience)
	if err := c.Conn.CloseWrite(); err != nil {
		return err
	}
	if half, ok := c.under.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close closes at once: that of *tls.Conn would wait for the network to take its close_notify.
func (c *SecureConn) Close() error { return c.under.Close() }
