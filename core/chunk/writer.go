package chunk

import "fmt"

// Writer cuts messages into chunks with the shortest headers that are right. It
// writes nothing itself: it hands out what to write. It is not safe for use by
// several goroutines.
type Writer struct {
	chunkSize uint32
	streams   []writeStream // a few: searched one by one
	scratch   []byte        // the headers that were handed out since Reset
}

// writeStream is the state of a chunk stream that is written.
type writeStream struct {
	id        uint32
	used      bool
	format    uint8         // of the latest header other than type 3
	header    messageHeader // the latest one other than type 3
	timestamp uint32        // of the latest message
}

// NewWriter returns a Writer with the default chunk size.
func NewWriter() *Writer {
	return &Writer{chunkSize: DefaultChunkSize}
}

// SetChunkSize sets the greatest payload of the chunks of the messages that
// follow, in bytes. The peer must have been told by a Set Chunk Size message
// before them. A size outside 1 to MaxChunkSize is ErrChunkSize and changes
// nothing.
func (w *Writer) SetChunkSize(n uint32) error {
	if err := checkChunkSize(n); err != nil {
		return err
	}
	w.chunkSize = n
	return nil
}

// Reset says that everything AppendMessage returned has been written or copied.
// The headers among it are no longer valid.
func (w *Writer) Reset() {
	w.scratch = w.scratch[:0]
}

// AppendMessage appends to dst the slices which, written one after the other,
// carry a message whose payload is the pieces joined.
//
// Nothing of the payload is copied: the slices alias it. Those with chunk
// headers are the Writer's, valid until Reset, and must not be changed. All
// that is returned must be written, in the order of the calls, because later
// headers refer to earlier ones.
//
// The error is ErrChunkStreamID, or ErrTooLarge for a payload over
// MaxMessageSize; then dst is returned as it was and nothing has changed.
func (w *Writer) AppendMessage(dst [][]byte, h Header, payload ...[]byte) ([][]byte, error) {
	if h.ChunkStreamID < MinChunkStreamID || h.ChunkStreamID > MaxChunkStreamID {
		return dst, fmt.Errorf("%w: %d is not within %d to %d",
			ErrChunkStreamID, h.ChunkStreamID, MinChunkStreamID, MaxChunkStreamID)
	}

	left := 0
	for _, piece := range payload {
		left += len(piece)
		if left > MaxMessageSize {
			return dst, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, MaxMessageSize)
		}
	}

	format, header := w.stream(h.ChunkStreamID).next(h, uint32(left))
	dst = w.appendHeader(dst, format, h.ChunkStreamID, header)

	var continuation []byte // one for all further chunks: they are the same
	piece, used := 0, 0
	for room := int(w.chunkSize); left > 0; {
		if room == 0 {
			if continuation == nil {
				dst = w.appendHeader(dst, type3, h.ChunkStreamID, header)
				continuation = dst[len(dst)-1]
			} else {
				dst = append(dst, continuation)
			}
			room = int(w.chunkSize)
		}

		part := payload[piece][used:]
		part = part[:min(len(part), room)]
		if len(part) == 0 {
			piece, used = piece+1, 0
			continue
		}
		dst = append(dst, part)
		used += len(part)
		room -= len(part)
		left -= len(part)
	}
	return dst, nil
}

// appendHeader writes a chunk header into the scratch space and appends it. If
// the space has to move, the slices from before keep the old one.
func (w *Writer) appendHeader(dst [][]byte, format uint8, id uint32, h messageHeader) [][]byte {
	start := len(w.scratch)
	w.scratch = appendBasicHeader(w.scratch, format, id)
	w.scratch = appendMessageHeader(w.scratch, format, h)
	end := len(w.scratch)
	return append(dst, w.scratch[start:end:end])
}

// stream returns the state of a chunk stream, valid until the next call.
func (w *Writer) stream(id uint32) *writeStream {
	for i := range w.streams {
		if w.streams[i].id == id {
			return &w.streams[i]
		}
	}
	w.streams = append(w.streams, writeStream{id: id})
	return &w.streams[len(w.streams)-1]
}

// next chooses the type of a message's first chunk, and remembers the message.
func (s *writeStream) next(h Header, length uint32) (format uint8, header messageHeader) {
	delta := h.Timestamp - s.timestamp // modulo 2^32
	backwards := int32(delta) < 0      // further than half way round

	header = messageHeader{
		time:     delta,
		length:   length,
		typeID:   h.Type,
		streamID: h.StreamID,
	}
	if !s.used || h.StreamID != s.header.streamID || backwards {
		header.time = h.Timestamp
		format = type0
	} else if length != s.header.length || h.Type != s.header.typeID {
		format = type1
	} else {
		format = type2
	}
	header.extended = header.time >= extendedMark

	s.timestamp = h.Timestamp
	if format == type2 && canStart(s.header, s.format, header) {
		return type3, header
	}
	s.used, s.format, s.header = true, format, header
	return format, header
}
