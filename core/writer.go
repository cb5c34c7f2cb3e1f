package core

import (
	"net"
	"sync"
	"time"

	"luatrtmp/core/chunk"
	"luatrtmp/core/message"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
	"luatrtmp/core/stats"
	"luatrtmp/core/transport"
)

// writer owns the sending side of one connection. Any goroutine may call send; messages leave in the order of the calls,
// control messages first, each whole before the next begins.
//
// While nothing waits, send hands a message to the kernel itself, on the caller's thread, without waiting: to wake another
// thread for each frame costs many times what the frame costs. What the kernel does not take begins a backlog: it, and all that
// is sent until it is gone, is written by a goroutine that lives as long as the backlog does; see drain.go. Only under mu is
// decided who writes.
type writer struct {
	conn     net.Conn
	wire     wire          // of conn
	timeout  time.Duration // for a write without any progress
	counters *stats.Counters

	mu        sync.Mutex
	queue     *sendqueue.Queue
	draining  bool          // a goroutine writes; else nothing waits
	finishing bool          // nothing is accepted any more; done is closed when nothing waits
	err       error         // why writing ended; nothing is accepted any more
	over      bool          // done is closed
	done      chan struct{} // closed when nothing is or will be written any more
	tellOver  func()        // called then, under mu

	tellDropped func(frames uint32, bytes uint64) // called under mu when frames are dropped because too much waits

	// used by who writes: the goroutine while draining, else who holds mu
	encoder *chunk.Writer
	batch   []*sendqueue.Message // what is being written, if it waited
	pieces  net.Buffers          // the same, in chunks
	rest    net.Buffers          // what of pieces is not yet written
}

// wire is a connection that can be offered data without waiting for the network. One goroutine at a time uses it.
type wire interface {
	Immediate() bool
	Offer(pieces *net.Buffers) (int64, error)
	Write(pieces *net.Buffers, deadline time.Time) (int64, error)
	Holds() bool
	EndDeadline()
}

// newWriter returns a writer to conn.
func newWriter(conn net.Conn, o *options.Options, counters *stats.Counters) *writer {
	return &writer{
		conn:     conn,
		wire:     transport.NewWire(conn),
		timeout:  o.Timeout,
		counters: counters,
		queue:    sendqueue.New(o.QueueBytes, o.QueueMedia),
		encoder:  chunk.NewWriter(),
		done:     make(chan struct{}),
		tellOver: func() {}, tellDropped: func(uint32, uint64) {},
	}
}

// send sends or queues one message whose payload is the pieces joined; they are not kept. It never waits for the network.
// accepted is false when the message, a picture, had to be dropped for want of room.
func (w *writer) send(h chunk.Header, c sendqueue.Priority, pieces ...[]byte) (accepted bool, err error) {
	return w.sendTrack(h, c, 0, time.Now(), pieces)
}

// Send implements output.
func (w *writer) Send(h chunk.Header, c sendqueue.Priority, track uint8, now time.Time, body [][]byte) error {
	_, err := w.sendTrack(h, c, track, now, body)
	return err
}

// sendTrack is send for a message of a track: only a picture's matters. now: about now, see now.
func (w *writer) sendTrack(h chunk.Header, c sendqueue.Priority, track uint8, now time.Time, pieces [][]byte) (accepted bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.err != nil:
		return false, w.err
	case w.finishing:
		return false, rtmperr.New(rtmperr.ErrState, "the connection is being closed")
	case c == sendqueue.Control:
		return w.sendControl(h, now, pieces)
	case !w.queue.Accepts(c, track, sendqueue.Size(pieces)):
		w.counters.Dropped(w.queue.TakeDropped())
		return false, nil
	case w.canSendNow() && !w.queue.MustCopy(c, track):
		return w.sendNow(h, c, now, pieces)
	}
	return w.queueMedia(h, c, track, pieces)
}

func (w *writer) sendControl(h chunk.Header, now time.Time, pieces [][]byte) (bool, error) {
	if w.canSendNow() {
		return w.sendNow(h, sendqueue.Control, now, pieces)
	}
	if !w.queue.PushControl(h, pieces) {
		return false, rtmperr.New(rtmperr.ErrOverflow, "too many control messages wait for the network")
	}
	w.beginDrain()
	return true, nil
}

func (w *writer) queueMedia(h chunk.Header, c sendqueue.Priority, track uint8, pieces [][]byte) (bool, error) {
	accepted := w.queue.Push(h, c, track, pieces)
	if frames, bytes := w.queue.TakeDropped(); frames > 0 {
		w.counters.Dropped(frames, bytes)
		w.tellDropped(frames, bytes)
	}
	if !c.IsVideo() && w.queue.Overfull() {
		w.end(rtmperr.New(rtmperr.ErrOverflow, "the network is too slow even for the audio: %d bytes of it wait", w.queue.Bytes()))
		return false, w.err
	}
	if accepted {
		w.beginDrain()
	}
	return accepted, nil
}

// Cut implements output.
func (w *writer) Cut(track uint8) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue.AwaitKeyFrame(track)
}

// canSendNow reports whether a message may go to the kernel at once; w.mu is held.
func (w *writer) canSendNow() bool {
	return !w.draining && w.wire.Immediate()
}

// sendNow hands a message to the kernel. Of what that does not take a copy begins the backlog. That the connection breaks is not
// the caller's to know: whoever waits for done learns it, perhaps with what the peer said before; w.mu is held, and nothing waits.
func (w *writer) sendNow(h chunk.Header, c sendqueue.Priority, now time.Time, pieces [][]byte) (accepted bool, err error) {
	size := sendqueue.Size(pieces)
	n, err := w.offer(h, pieces)
	switch {
	case err != nil:
		w.forgetPieces()
		w.broke(err)
		if c.IsVideo() {
			w.counters.Dropped(1, uint64(size))
		}
		return false, nil
	case len(w.rest) > 0 || w.wire.Holds():
		w.keepRest(h, c, size)
		w.counters.Wrote(n, now)
		w.beginDrain()
	default:
		w.forgetPieces()
		w.counters.SentNow(n, now, &h, c, size)
	}
	return true, nil
}

func (w *writer) offer(h chunk.Header, pieces [][]byte) (int64, error) {
	if err := w.encode(h, pieces...); err != nil {
		return 0, err
	}
	w.rest = w.pieces
	n, err := w.wire.Offer(&w.rest)
	if err != nil {
		err = rtmperr.New(rtmperr.ErrNetwork, "the connection broke while sending: %v", rtmperr.Reason(err))
	}
	return n, err
}

// keepRest makes what is left of a message, which the caller's memory holds, the batch that is being written.
func (w *writer) keepRest(h chunk.Header, c sendqueue.Priority, size int) {
	e := w.queue.CopyOf(h, c, w.rest)
	e.Size = size
	w.forgetPieces()
	w.batch = append(w.batch[:0], e)
	w.pieces = append(w.pieces, e.Payload)
	w.rest = w.pieces
}

// encode appends the chunks of a message to pieces. A Set Chunk Size message holds for what follows it. RTMP 1.0, 5.4.1.
func (w *writer) encode(h chunk.Header, payload ...[]byte) (err error) {
	if w.pieces, err = w.encoder.AppendMessage(w.pieces, h, payload...); err != nil {
		return err
	}
	if h.Type != uint8(message.TypeSetChunkSize) {
		return nil
	}
	var body []byte
	for _, p := range payload {
		body = append(body, p...)
	}
	m, err := message.Unmarshal(message.TypeSetChunkSize, body)
	if err != nil {
		return err
	}
	return w.encoder.SetChunkSize(m.(*message.SetChunkSize).Size)
}

// forgetPieces lets go of what is written, or never will be.
func (w *writer) forgetPieces() {
	clear(w.pieces)
	w.pieces, w.rest = w.pieces[:0], nil
	w.encoder.Reset()
}

// sendMessage sends a control message; every caller can go on without it when the connection is gone.
func (w *writer) sendMessage(h chunk.Header, c sendqueue.Priority, m message.Message) error {
	body, err := m.AppendBody(nil)
	if err != nil {
		return err
	}
	h.Type = uint8(m.Type())
	_, err = w.send(h, c, body)
	return err
}

// Waiting implements output.
func (w *writer) Waiting() (span time.Duration, bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queue.Span(), w.queue.Bytes()
}

// Adopt implements output.
func (w *writer) Adopt(parked *sendqueue.Queue, streamID uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue.TakeOver(parked, streamID)
	w.beginDrain()
}

// roundTrip returns the connection's round-trip time, 0 where it is not known.
func (w *writer) roundTrip() time.Duration { return transport.RoundTrip(w.conn) }
