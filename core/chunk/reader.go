package chunk

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Reader puts messages together from the chunks of a peer. It is not safe for
// use by several goroutines.
type Reader struct {
	buf        *bufio.Reader
	streams    []*readStream
	chunkSize  uint32
	open       int32 // chunk streams with an unfinished message
	unfinished int32 // bytes set aside for the payloads of those, up to MaxUnfinishedSize
	err        error
}

// NewReader returns a Reader with the default chunk size. It has a buffer of
// its own and may read more from r than the messages it has returned.
func NewReader(r io.Reader) *Reader {
	return &Reader{buf: bufio.NewReaderSize(r, readBufferSize), chunkSize: DefaultChunkSize}
}

// SetChunkSize sets the greatest payload of the chunks that follow, in bytes,
// as the peer has announced it. A size outside 1 to MaxChunkSize is
// ErrChunkSize and changes nothing.
func (r *Reader) SetChunkSize(n uint32) error {
	if err := checkChunkSize(n); err != nil {
		return err
	}
	r.chunkSize = n
	return nil
}

// Abort discards what has been received of the message that is unfinished on a
// chunk stream, if there is one. RTMP 1.0, 5.4.2.
func (r *Reader) Abort(chunkStreamID uint32) {
	if s := r.stream(chunkStreamID); s != nil && s.open {
		r.take(s)
	}
}

// Read returns the next message that is complete. The message and its payload
// belong to the caller.
//
// The error is io.EOF at an end between two messages, wraps
// io.ErrUnexpectedEOF at one within a message, or wraps what the underlying
// reader or the sentinels of this package say. Every error is final, since the
// place in the stream is lost with it: further calls return it again.
func (r *Reader) Read() (*Message, error) {
	for r.err == nil {
		var m *Message
		if m, r.err = r.readChunk(); m != nil {
			return m, nil
		}
	}
	return nil, r.err
}

// readChunk reads one chunk, and returns the message if that completes it.
func (r *Reader) readChunk() (*Message, error) {
	format, id, read, err := r.readBasicHeader()
	if err != nil {
		if !read && r.open == 0 && errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, fmt.Errorf("chunk: read a basic header: %w", within(err))
	}

	s, err := r.streamFor(id, format)
	if err != nil {
		return nil, err
	}
	if err := r.readMessageHeader(s, format); err != nil {
		return nil, fmt.Errorf("chunk: chunk stream %d: read a message header: %w", id, within(err))
	}
	if !s.open {
		s.start(format)
		r.open++
	}
	if err := r.readPayload(s); err != nil {
		return nil, err
	}

	if uint32(len(s.payload)) < s.header.length {
		return nil, nil
	}
	return r.take(s), nil
}

// readMessageHeader reads a message header and its extended timestamp into the
// state of its chunk stream.
func (r *Reader) readMessageHeader(s *readStream, format uint8) error {
	if format == type3 {
		if s.header.extended {
			return r.skipRepeatedTimestamp(s.header.time)
		}
		return nil
	}

	b, err := r.next(headerSizes[format])
	if err != nil {
		return err
	}
	s.header.parse(format, b)

	if s.header.extended {
		if b, err = r.next(extendedBytes); err != nil {
			return err
		}
		s.header.time = binary.BigEndian.Uint32(b)
	}
	return nil
}

// readPayload reads what the current chunk holds of the payload.
func (r *Reader) readPayload(s *readStream) error {
	left := min(s.header.length-uint32(len(s.payload)), r.chunkSize)

	for left > 0 {
		if len(s.payload) == cap(s.payload) {
			if err := r.grow(s); err != nil {
				return err
			}
		}

		have := len(s.payload)
		part := min(int(left), cap(s.payload)-have)
		n, err := io.ReadFull(r.buf, s.payload[have:have+part])
		s.payload = s.payload[:have+n]
		left -= uint32(n)
		if err != nil {
			return fmt.Errorf("chunk: chunk stream %d: read a payload, %d of %d bytes are here: %w",
				s.id, len(s.payload), s.header.length, within(err))
		}
	}
	return nil
}

// grow gives a payload that fills its space up to twice as much.
func (r *Reader) grow(s *readStream) error {
	size := min(max(2*cap(s.payload), firstAllocation), int(s.header.length))
	more := int32(size - cap(s.payload))
	if r.unfinished+more > MaxUnfinishedSize {
		return fmt.Errorf("%w: chunk stream %d: %d of %d bytes are here, unfinished messages are limited to %d bytes together",
			ErrTooLarge, s.id, len(s.payload), s.header.length, MaxUnfinishedSize)
	}
	r.unfinished += more

	grown := make([]byte, len(s.payload), size)
	copy(grown, s.payload)
	s.payload = grown
	return nil
}

// take ends the open message of s and returns it as far as it has come.
func (r *Reader) take(s *readStream) *Message {
	m := &Message{
		Header: Header{
			ChunkStreamID: s.id,
			Timestamp:     s.timestamp,
			Type:          s.header.typeID,
			StreamID:      s.header.streamID,
		},
		Payload: s.payload,
	}

	r.open--
	r.unfinished -= int32(cap(s.payload))
	s.payload = nil
	s.open = false
	return m
}

// next takes n bytes, which stay valid until the next read.
func (r *Reader) next(n int) ([]byte, error) {
	b, err := r.buf.Peek(n)
	if err != nil {
		return nil, err
	}
	_, err = r.buf.Discard(n)
	return b, err
}

// within is err for a place where the stream may not end.
func within(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func checkChunkSize(n uint32) error {
	if n == 0 || n > MaxChunkSize {
		return fmt.Errorf("%w: %d is not within 1 to %d", ErrChunkSize, n, MaxChunkSize)
	}
	return nil
}
