package core

import (
	"net"
	"time"
)

// wire is a connection as the writer needs it: it can be offered data without waiting for the network. One goroutine at a time
// uses it.
type wire struct {
	conn   net.Conn
	secure *secureConn // nil: not encrypted
	socket *socket     // of conn, or under secure; nil: this connection or this system has no way to write without waiting
}

func newWire(conn net.Conn) *wire {
	w := &wire{conn: conn}
	if c, ok := conn.(*secureConn); ok {
		w.secure = c
		w.socket = c.under.begin()
	} else {
		w.socket = socketOf(conn)
	}
	return w
}

// immediate reports whether offer is possible.
func (w *wire) immediate() bool { return w.socket != nil }

// holds reports whether encrypted data waits for the kernel; nobody can take it back.
func (w *wire) holds() bool { return w.secure != nil && w.secure.under.holds() }

// offer writes of pieces what the kernel takes at once, and leaves the rest in it. What is encrypted waits elsewhere: see holds.
func (w *wire) offer(pieces *net.Buffers) (int64, error) {
	if w.secure != nil {
		return w.secure.writeRecords(pieces)
	}
	return w.socket.offer(pieces)
}

// write writes something of pieces, or of what waits encrypted, as soon as the kernel takes it, and leaves the rest in it.
// os.ErrDeadlineExceeded: it has not taken all there is until the deadline.
func (w *wire) write(pieces *net.Buffers, deadline time.Time) (int64, error) {
	if err := w.conn.SetWriteDeadline(deadline); err != nil {
		return 0, err
	}
	switch {
	case w.holds():
		return 0, w.secure.under.flush()
	case w.secure != nil:
		return w.secure.writeRecord(pieces)
	case w.socket != nil:
		return w.socket.write(pieces)
	}
	return pieces.WriteTo(w.conn)
}

// endDeadline ends the time of write's deadlines: an offer has none.
func (w *wire) endDeadline() { w.conn.SetWriteDeadline(time.Time{}) }
