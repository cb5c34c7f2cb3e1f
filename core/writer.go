package core

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"luatrtmp/core/chunk"
	"luatrtmp/core/message"
)

const (
	// maxControl bounds the control messages that wait. They answer the peer; a peer that asks without reading our
	// answers gets no more of them.
	maxControl = 128

	// batchBytes is how much is handed to the kernel at once when messages wait: enough to fill a system call, little
	// enough that control messages do not wait behind it.
	batchBytes = 64 << 10
)

// writer owns the sending side of one connection. Any goroutine may call send; messages leave in the order of the
// calls, control messages first, each whole before the next begins.
//
// send is the seam between callers and the network. It holds mu while it decides what becomes of a message, and only
// under mu is known whether something waits: that is where a message can be written from the caller's own thread
// when nothing does, without changing the callers, the queue or the order.
type writer struct {
	conn     net.Conn      // nil: media is parked here, see relay.go
	timeout  time.Duration // for a write without any progress
	counters *counters
	terms    terms // of the connection; they do not change once media flows

	mu        sync.Mutex
	wake      *sync.Cond
	control   []*entry
	media     queue
	finishing bool  // nothing is accepted any more; run returns when nothing waits
	err       error // why run ended; nothing is accepted any more

	// used by run alone
	encoder *chunk.Writer
	batch   []*entry
	pieces  net.Buffers
	rest    net.Buffers // what of pieces is not yet written
}

func newWriter(conn net.Conn, o *Options, counters *counters) *writer {
	w := &writer{
		conn:     conn,
		timeout:  o.Timeout,
		counters: counters,
		terms:    termsOf(o),
		media:    newQueue(o.QueueBytes, o.QueueMedia),
		encoder:  chunk.NewWriter(),
	}
	w.wake = sync.NewCond(&w.mu)
	return w
}

// send queues one message whose payload is the pieces joined; they are copied. It never blocks on the network.
// accepted is false when the message, a picture, had to be dropped for want of room.
func (w *writer) send(h chunk.Header, c class, pieces ...[]byte) (accepted bool, err error) {
	return w.sendTrack(h, c, 0, pieces)
}

// sendTrack is send for a message of a track: only a picture's matters.
func (w *writer) sendTrack(h chunk.Header, c class, track uint8, pieces [][]byte) (accepted bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.err != nil:
		return false, w.err
	case w.finishing:
		return false, failure(ErrState, "the connection is being closed")
	}
	if c == classControl {
		accepted, err = w.queueControl(h, pieces)
	} else {
		accepted, err = w.queueMedia(h, c, track, pieces)
	}
	if accepted {
		w.wake.Signal()
	}
	return accepted, err
}

func (w *writer) queueControl(h chunk.Header, pieces [][]byte) (bool, error) {
	if len(w.control) >= maxControl {
		return false, failure(ErrOverflow, "%d control messages wait for the network", len(w.control))
	}
	w.control = append(w.control, w.media.fill(h, classControl, pieces))
	return true, nil
}

func (w *writer) queueMedia(h chunk.Header, c class, track uint8, pieces [][]byte) (bool, error) {
	accepted := w.media.pushTrack(h, c, track, pieces)
	w.counters.dropped(w.media.takeDropped())
	if !c.video() && w.media.bytes > w.media.maxBytes && w.media.findVideo(0) < 0 {
		w.end(failure(ErrOverflow, "the network is too slow even for the audio: %d bytes of it wait", w.media.bytes))
		return false, w.err
	}
	return accepted, nil
}

// fail ends the connection.
func (w *writer) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.end(err)
	}
}

// end ends the connection; w.mu is held.
func (w *writer) end(err error) {
	w.err = err
	w.wake.Signal()
	if w.conn != nil {
		w.conn.Close() // wakes run, where it writes, and the reader
	}
}

// sendMessage queues a control message; every caller can go on without it when the connection is gone.
func (w *writer) sendMessage(h chunk.Header, c class, m message.Message) error {
	body, err := m.AppendBody(nil)
	if err != nil {
		return err
	}
	h.Type = uint8(m.Type())
	_, err = w.send(h, c, body)
	return err
}

// finish lets run send what waits, and then return.
func (w *writer) finish() {
	w.mu.Lock()
	w.finishing = true
	w.wake.Signal()
	w.mu.Unlock()
}

// abort lets run return; the connection is closed.
func (w *writer) abort() {
	w.mu.Lock()
	if w.err == nil {
		w.err = failure(ErrNetwork, "the connection is closed")
	}
	w.wake.Signal()
	w.mu.Unlock()
}

// discard drops what run has left, and counts the pictures in it: what the network took in part did not arrive whole. run has
// ended, or there is no connection.
func (w *writer) discard() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.media.entries = append(w.media.entries, w.batch...)
	w.batch = w.batch[:0]
	w.media.discard()
	w.counters.dropped(w.media.takeDropped())
}

// waiting returns the media that waits for the network.
func (w *writer) waiting() (span time.Duration, bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.media.span(), w.media.bytes
}

// run writes what is queued, until finish (nil) or a failure. The caller closes the connection.
func (w *writer) run() error {
	for {
		if err := w.next(); err != nil || len(w.batch) == 0 {
			return err
		}
		if err := w.write(); err != nil {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.err == nil {
				w.err = err
			}
			return w.err
		}
		w.settle()
	}
}

// next waits for messages and makes them the batch; an empty batch means that all is sent and finish was called.
func (w *writer) next() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.err == nil && !w.finishing && len(w.control) == 0 && len(w.media.entries) == 0 {
		w.wake.Wait()
	}
	if w.err != nil {
		return w.err
	}
	w.batch = append(w.batch[:0], w.control...)
	clear(w.control)
	w.control = w.control[:0]
	w.batch = w.media.pop(w.batch, batchBytes)
	return nil
}

// write sends the batch in as few system calls as the kernel allows.
func (w *writer) write() error {
	pieces := w.pieces[:0]
	for _, e := range w.batch {
		var err error
		if pieces, err = w.encoder.AppendMessage(pieces, e.header, e.payload); err != nil {
			return err
		}
		if e.header.Type == uint8(message.TypeSetChunkSize) {
			if err = w.applyChunkSize(e.payload); err != nil {
				return err
			}
		}
	}
	w.pieces = pieces
	w.rest = pieces
	err := w.writeRest()
	clear(w.pieces)
	w.encoder.Reset()
	return err
}

// applyChunkSize: what follows a Set Chunk Size message is cut by the new size. RTMP 1.0, 5.4.1.
func (w *writer) applyChunkSize(payload []byte) error {
	m, err := message.Unmarshal(message.TypeSetChunkSize, payload)
	if err != nil {
		return err
	}
	return w.encoder.SetChunkSize(m.(*message.SetChunkSize).Size)
}

// writeRest fails when the kernel takes nothing for a whole timeout; as long as something moves it goes on, however
// slowly. A write that is cut short by its deadline does not tell when it took its last byte: several deadlines within a
// timeout make out that time.
func (w *writer) writeRest() error {
	const looks = 5
	began := time.Now() // or when the kernel has taken something
	for len(w.rest) > 0 {
		if err := w.conn.SetWriteDeadline(time.Now().Add(w.timeout / looks)); err != nil {
			return failure(ErrNetwork, "the connection broke while sending: %v", reason(err))
		}
		n, err := writeBuffers(w.conn, &w.rest)
		now := time.Now()
		w.counters.wrote(n, now)
		switch {
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return failure(ErrNetwork, "the connection broke while sending: %v", reason(err))
		case n > 0:
			began = now
		case now.Sub(began) >= w.timeout:
			return failure(ErrTimeout, "the network or the server took no data for %v", w.timeout)
		}
	}
	return nil
}

// settle counts the batch as sent and gives its buffers back.
func (w *writer) settle() {
	w.counters.sent(w.batch)
	w.mu.Lock()
	for _, e := range w.batch {
		w.media.give(e)
	}
	w.mu.Unlock()
	clear(w.batch)
	w.batch = w.batch[:0]
}
