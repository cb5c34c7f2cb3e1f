package link

import (
	"errors"
	"os"
	"time"

	"luatrtmp/core/rtmperr"
	"luatrtmp/core/transport"
)

// This file has the backlog of a sender, and its end.

// batchBytes is how much is handed to the kernel at once when messages wait: enough to fill a system
// call, little enough that control messages do not wait behind it.
const batchBytes = 64 << 10

// beginDrain starts the goroutine that writes what waits, unless it runs; w.mu must be held.
func (w *Sender) beginDrain() {
	if !w.draining {
		w.draining = true
		go w.drain()
	}
}

// drain writes what waits, until nothing does or writing fails.
func (w *Sender) drain() {
	err := rtmperr.Guard(w.writeBacklog)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.draining = false
		w.broke(err)
	}
}

// writeBacklog begins with what is left of a message that the kernel has taken a part of.
func (w *Sender) writeBacklog() error {
	for {
		if err := w.writeRest(); err != nil {
			return err
		}
		w.settle()
		if more, err := w.next(); err != nil || !more {
			return err
		}
		for _, m := range w.batch {
			if err := w.encode(m.Header, m.ChunkSize, m.Payload); err != nil {
				return err
			}
		}
		w.rest = w.pieces
	}
}

// next makes what waits the batch. more is false when nothing does: then sending is the callers' again.
func (w *Sender) next() (more bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return false, w.err
	}
	w.batch = w.queue.Pop(w.batch, batchBytes)
	if len(w.batch) == 0 {
		w.wire.EndDeadline()
		w.queue.Trim()
		w.draining = false
		w.closeIfOver()
		return false, nil
	}
	return true, nil
}

// writeRest writes what is left of the batch. It fails when the network takes nothing for a whole
// timeout; as long as something moves it goes on, however slowly. The kernel takes no more until half
// of what it may hold is sent: meanwhile what the peer acknowledges shows the progress. A write that
// its deadline cuts short does not tell when it took its last byte, so that there are several deadlines
// within a timeout.
func (w *Sender) writeRest() error {
	const looks = 5
	began := time.Now() // or when something has moved
	var (
		acked uint64 // as of the latest look at it
		known bool   // there was one, and the system could tell
	)
	for len(w.rest) > 0 || w.wire.Holds() {
		n, err := w.wire.Write(&w.rest, time.Now().Add(w.timeout/looks))
		now := time.Now()
		w.counters.Wrote(n, now)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return rtmperr.New(rtmperr.ErrNetwork, "the connection broke while sending: %v", rtmperr.Reason(err))
		}
		moved := n > 0 || err == nil
		if !moved {
			before, compare := acked, known
			acked, known = transport.Acknowledged(w.conn)
			moved = compare && known && acked > before
		}
		switch {
		case moved:
			began = now
		case now.Sub(began) >= w.timeout:
			return rtmperr.New(rtmperr.ErrTimeout, "the network or the server took no data for %v", w.timeout)
		}
	}
	return nil
}

// settle counts the batch as sent and gives its buffers back.
func (w *Sender) settle() {
	w.forgetPieces()
	w.counters.Sent(w.batch)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.batch {
		w.queue.Release(e)
	}
	clear(w.batch)
	w.batch = w.batch[:0]
}

// Fail ends the connection.
func (w *Sender) Fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.end(err)
	}
}

// end ends the connection; w.mu must be held.
func (w *Sender) end(err error) {
	w.broke(err)
	w.conn.Close() // wakes drain, where it writes, and the reader
}

// broke ends writing, and returns why; w.mu must be held. The connection stays open: what the peer has
// said before may still be read.
func (w *Sender) broke(err error) error {
	if w.err == nil {
		w.err = err
	}
	w.closeIfOver()
	return w.err
}

// Done is closed when nothing is or will be written any more.
func (w *Sender) Done() <-chan struct{} { return w.done }

// Finish lets writing end when nothing waits any more.
func (w *Sender) Finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finishing = true
	w.closeIfOver()
}

// Abort lets writing end; the connection is closed.
func (w *Sender) Abort() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broke(rtmperr.New(rtmperr.ErrNetwork, "the connection is closed"))
}

// closeIfOver closes done if nothing is or will be written any more; w.mu must be held.
func (w *Sender) closeIfOver() {
	if !w.over && !w.draining && (w.err != nil || w.finishing) {
		w.over = true
		close(w.done)
	}
}

// Err returns why writing ended, nil when all was sent; valid after Done.
func (w *Sender) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Unsent returns how many frames have not been sent; valid after Done.
func (w *Sender) Unsent() (video, audio int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requeue()
	return w.queue.Frames()
}

// Discard drops what is left, and counts the frames of video in it: what the network took in part did
// not arrive whole. Done must be closed.
func (w *Sender) Discard() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requeue()
	w.queue.Discard()
	w.counters.Dropped(w.queue.TakeDropped())
}

// requeue puts back what was being written when writing ended; w.mu must be held.
func (w *Sender) requeue() {
	for _, m := range w.batch {
		w.queue.Requeue(m)
	}
	clear(w.batch)
	w.batch = w.batch[:0]
}
