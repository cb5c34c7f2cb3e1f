package link

import (
	"net"
	"sync"
	"time"

	"luatrtmp/core/chunk"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
	"luatrtmp/core/stats"
	"luatrtmp/core/transport"
)

// Sender sends messages on one connection. Any goroutine may use it. Messages leave in the order of the
// calls, control messages first, each whole before the next begins.
//
// While nothing waits, a message is handed to the kernel on the caller's thread, without waiting: to
// wake another thread for each frame costs many times what the frame costs. What the kernel does not
// take begins a backlog: it, and all that is sent until it is gone, is written by a goroutine that
// lives as long as the backlog does; see backlog.go. Who writes is decided under mu only.
type Sender struct {
	conn     net.Conn
	wire     wire          // of conn
	timeout  time.Duration // for a write without any progress
	counters *stats.Counters

	tellDropped func(frames uint32, bytes uint64) // called under mu

	mu        sync.Mutex
	queue     *sendqueue.Queue
	draining  bool          // a goroutine writes; else nothing waits
	finishing bool          // nothing is accepted any more; done is closed when nothing waits
	err       error         // why writing ended; nothing is accepted any more
	over      bool          // done is closed
	done      chan struct{} // closed when nothing is or will be written any more

	// used by who writes: the goroutine while draining, else who holds mu
	encoder *chunk.Writer
	batch   []*sendqueue.Message // what is being written, if it waited
	pieces  net.Buffers          // the same, in chunks
	rest    net.Buffers          // what of pieces is not yet written
}

// wire is a connection that can be offered data without waiting for the network. One goroutine at a
// time uses it.
type wire interface {
	Immediate() bool
	Offer(pieces *net.Buffers) (int64, error)
	Write(pieces *net.Buffers, deadline time.Time) (int64, error)
	Holds() bool
	EndDeadline()
}

// SenderConfig is what a Sender needs to know.
type SenderConfig struct {
	Timeout  time.Duration // for a write without any progress
	MaxBytes int           // how much media may wait
	MaxMedia time.Duration // the same as media time
	Counters *stats.Counters

	// Dropped is called, with the sender's lock held, when frames are dropped because too much waits.
	Dropped func(frames uint32, bytes uint64)
}

// NewSender returns a sender to conn.
func NewSender(conn net.Conn, c SenderConfig) *Sender {
	return &Sender{
		conn:        conn,
		wire:        transport.NewWire(conn),
		timeout:     c.Timeout,
		counters:    c.Counters,
		tellDropped: c.Dropped,
		queue:       sendqueue.New(c.MaxBytes, c.MaxMedia),
		encoder:     chunk.NewWriter(),
		done:        make(chan struct{}),
	}
}

// outgoing is a message that is to be sent. Its payload is the pieces joined, which are not kept.
type outgoing struct {
	header    chunk.Header
	priority  sendqueue.Priority
	track     uint8     // of a frame of video
	chunkSize uint32    // of what follows, in a Set Chunk Size message; else 0
	now       time.Time // about now: the caller has looked at the clock
	pieces    [][]byte
}

func (m *outgoing) size() int { return sendqueue.Size(m.pieces) }

// send sends or queues one message whose payload is the pieces joined; they are not kept. It never
// waits for the network. accepted is false when the message, a frame of video, had to be dropped
// because too much waits.
func (w *Sender) send(h chunk.Header, p sendqueue.Priority, pieces ...[]byte) (accepted bool, err error) {
	return w.sendMedia(outgoing{header: h, priority: p, now: time.Now(), pieces: pieces})
}

// Send sends or queues a message of media for the muxer; see mux.Output.
func (w *Sender) Send(h chunk.Header, p sendqueue.Priority, track uint8, now time.Time, body [][]byte) error {
	_, err := w.sendMedia(outgoing{header: h, priority: p, track: track, now: now, pieces: body})
	return err
}

// SendMessage sends a control message, or a command that waits for the media before it: a header.
// Every caller can go on without it when the connection is gone.
func (w *Sender) SendMessage(streamID uint32, p sendqueue.Priority, m message.Message) error {
	body, err := m.AppendBody(nil)
	if err != nil {
		return err
	}
	_, err = w.send(headerOf(m.Type(), streamID), p, body)
	return err
}

// headerOf returns the header of a message without a time, on the chunk stream for its type.
func headerOf(t message.Type, streamID uint32) chunk.Header {
	return chunk.Header{ChunkStreamID: t.ChunkStream(), Type: uint8(t), StreamID: streamID}
}

// SetChunkSize tells the peer how large the chunks of all that follows are. RTMP 1.0, 5.4.1.
func (w *Sender) SetChunkSize(size uint32) error {
	m := &message.SetChunkSize{Size: size}
	body, err := m.AppendBody(nil)
	if err != nil {
		return err
	}
	_, err = w.sendMedia(outgoing{header: headerOf(m.Type(), 0), priority: sendqueue.Control, chunkSize: size, now: time.Now(), pieces: [][]byte{body}})
	return err
}

func (w *Sender) sendMedia(m outgoing) (accepted bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.err != nil:
		return false, w.err
	case w.finishing:
		return false, rtmperr.New(rtmperr.ErrState, "the connection is being closed")
	case m.priority == sendqueue.Control:
		return w.sendControl(&m)
	case !w.queue.Accepts(m.priority, m.track, m.size()):
		w.counters.Dropped(w.queue.TakeDropped())
		return false, nil
	case w.canSendNow() && !w.queue.MustCopy(m.priority, m.track):
		return w.sendNow(&m)
	}
	return w.queueMedia(&m)
}

func (w *Sender) sendControl(m *outgoing) (bool, error) {
	if w.canSendNow() {
		return w.sendNow(m)
	}
	if !w.queue.PushControl(m.header, m.chunkSize, m.pieces) {
		return false, rtmperr.New(rtmperr.ErrOverflow, "%d control messages wait for the network", sendqueue.MaxControl)
	}
	w.beginDrain()
	return true, nil
}

func (w *Sender) queueMedia(m *outgoing) (accepted bool, err error) {
	accepted = w.queue.Push(m.header, m.priority, m.track, m.pieces)
	if frames, bytes := w.queue.TakeDropped(); frames > 0 {
		w.counters.Dropped(frames, bytes)
		w.tellDropped(frames, bytes)
	}
	if !m.priority.IsVideo() && w.queue.Overfull() {
		w.end(rtmperr.New(rtmperr.ErrOverflow, "the network is too slow even for the audio: %d bytes of it wait", w.queue.Bytes()))
		return false, w.err
	}
	if accepted {
		w.beginDrain()
	}
	return accepted, nil
}

// Cut lets the next frames of a track pass only from a key frame on; see mux.Output.
func (w *Sender) Cut(track uint8) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue.AwaitKeyFrame(track)
}

// canSendNow reports whether a message may go to the kernel at once; w.mu must be held.
func (w *Sender) canSendNow() bool {
	return !w.draining && w.wire.Immediate()
}

// sendNow hands a message to the kernel. A copy of what the kernel does not take begins the backlog.
// The caller does not learn that the connection breaks: whoever waits for done does, perhaps with what
// the peer said before. w.mu must be held, and nothing waits.
func (w *Sender) sendNow(m *outgoing) (accepted bool, err error) {
	n, err := w.offer(m)
	switch {
	case err != nil:
		w.forgetPieces()
		w.broke(err)
		if m.priority.IsVideo() {
			w.counters.Dropped(1, uint64(m.size()))
		}
		return false, nil
	case len(w.rest) > 0 || w.wire.Holds():
		w.keepRest(m)
		w.counters.Wrote(n, m.now)
		w.beginDrain()
	default:
		w.forgetPieces()
		w.counters.SentNow(n, m.now, &m.header, m.priority, m.size())
	}
	return true, nil
}

func (w *Sender) offer(m *outgoing) (int64, error) {
	if err := w.encode(m.header, m.chunkSize, m.pieces...); err != nil {
		return 0, err
	}
	w.rest = w.pieces
	n, err := w.wire.Offer(&w.rest)
	if err != nil {
		err = rtmperr.New(rtmperr.ErrNetwork, "the connection broke while sending: %v", rtmperr.Reason(err))
	}
	return n, err
}

// keepRest makes what is left of a message, which lies in the caller's memory, the batch that is being
// written.
func (w *Sender) keepRest(m *outgoing) {
	kept := w.queue.CopyOf(m.header, m.priority, w.rest)
	kept.Size = m.size()
	w.forgetPieces()
	w.batch = append(w.batch[:0], kept)
	w.pieces = append(w.pieces, kept.Payload)
	w.rest = w.pieces
}

// encode appends the chunks of a message to pieces. chunkSize is the size of the chunks of what
// follows it, 0 if it stays the same.
func (w *Sender) encode(h chunk.Header, chunkSize uint32, payload ...[]byte) (err error) {
	if w.pieces, err = w.encoder.AppendMessage(w.pieces, h, payload...); err != nil || chunkSize == 0 {
		return err
	}
	return w.encoder.SetChunkSize(chunkSize)
}

// forgetPieces lets go of what is written, or never will be.
func (w *Sender) forgetPieces() {
	clear(w.pieces)
	w.pieces, w.rest = w.pieces[:0], nil
	w.encoder.Reset()
}

// Waiting returns the media that waits for the network.
func (w *Sender) Waiting() (span time.Duration, bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queue.Span(), w.queue.Bytes()
}

// Adopt queues what was parked, under another message stream ID; see mux.Output.
func (w *Sender) Adopt(parked *sendqueue.Queue, streamID uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue.TakeOver(parked, streamID)
	w.beginDrain()
}

// RoundTrip returns the connection's round-trip time, and whether it is known.
func (w *Sender) RoundTrip() (rtt time.Duration, known bool) { return transport.RoundTrip(w.conn) }

// Idle reports whether everything that was sent has left, or returns why writing ended.
func (w *Sender) Idle() (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.draining, w.err
}

// EndsInCut reports whether the latest frames of a track were dropped because too much waited.
func (w *Sender) EndsInCut() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queue.EndsInCut()
}
