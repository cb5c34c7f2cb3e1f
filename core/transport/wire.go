package transport

import (
	"net"
	"time"
)

// Wire is a connection as the writer needs it: it can be offered data without waiting for the
// network. One goroutine at a time uses it.
type Wire struct {
	conn   net.Conn
	secure *SecureConn // nil: not encrypted
	socket *socket     // of conn, or under secure; nil: this connection or this system has no way to write without waiting
}

// NewWire returns how the sender uses a connection.
func NewWire(conn net.Conn) *Wire {
	w := &Wire{conn: conn}
	if c, ok := conn.(*SecureConn); ok {
		w.secure = c
		w.socket = c.under.begin()
	} else {
		w.socket = socketOf(conn)
	}
	return w
}

// Immediate reports whether Offer is possible.
func (w *Wire) Immediate() bool { return w.socket != nil }

// Holds reports whether encrypted data waits for the kernel; nobody can take it back.
func (w *Wire) Holds() bool { return w.secure != nil && w.secure.under.holds() }

// Offer writes of pieces what the kernel takes at once, and leaves the rest in it. What is
// encrypted waits elsewhere: see Holds.
func (w *Wire) Offer(pieces *net.Buffers) (int64, error) {
	if w.secure != nil {
		return w.secure.writeRecords(pieces)
	}
	return w.socket.offer(pieces)
}

// Write writes something of pieces, or of what waits encrypted, as soon as the kernel takes it, and
// leaves the rest in it. os.ErrDeadlineExceeded: it has not taken all there is until the deadline.
func (w *Wire) Write(pieces *net.Buffers, deadline time.Time) (int64, error) {
	if err := w.conn.SetWriteDeadline(deadline); err != nil {
		return 0, err
	}
	switch {
	case w.Holds():
		return 0, w.secure.under.flush()
	case w.secure != nil:
		return w.secure.writeRecord(pieces)
	case w.socket != nil:
		return w.socket.write(pieces)
	}
	return pieces.WriteTo(w.conn)
}

// EndDeadline ends the time of Write's deadlines: an offer has none.
func (w *Wire) EndDeadline() { w.conn.SetWriteDeadline(time.Time{}) }
