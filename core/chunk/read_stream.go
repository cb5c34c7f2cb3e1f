package chunk

import "fmt"

// readStream is the state of a chunk stream that is read.
type readStream struct {
	id        uint32
	header    messageHeader // with the fields of the latest chunk that had them
	timestamp uint32        // of the open message, else of the message before
	open      bool          // a message has begun, and chunks of it are to come
	payload   []byte        // what has arrived of the open message
}

// start begins a message, whose header came with a chunk of the given type.
func (s *readStream) start(format uint8) {
	s.open = true
	if format == type0 {
		s.timestamp = s.header.time
		return
	}
	s.timestamp += s.header.time // modulo 2^32
}

// stream returns the state of a chunk stream, or nil if it was never used.
func (r *Reader) stream(id uint32) *readStream {
	for _, s := range r.streams {
		if s.id == id {
			return s
		}
	}
	return nil
}

// streamFor returns the state of the chunk stream on which a chunk of the given
// type came, and refuses types that may not come there.
//
// By the specification type 0 must start a chunk stream. Type 1 is let through
// as well, with message stream ID 0 and a delta that counts from 0: librtmp and
// what is built on it send ping requests so, on chunk stream 2.
func (r *Reader) streamFor(id uint32, format uint8) (*readStream, error) {
	s := r.stream(id)

	switch {
	case s != nil && s.open && format != type3:
		return nil, fmt.Errorf("%w: chunk stream %d: type %d chunk after %d of %d bytes of a message of type %d",
			ErrUnfinished, id, format, len(s.payload), s.header.length, s.header.typeID)
	case s != nil:
		return s, nil
	case format == type2 || format == type3:
		return nil, fmt.Errorf("%w: chunk stream %d starts with a type %d chunk", ErrNoHeader, id, format)
	case len(r.streams) == MaxChunkStreams:
		return nil, fmt.Errorf("%w: chunk stream %d comes after %d others", ErrTooManyStreams, id, MaxChunkStreams)
	}

	s = &readStream{id: id}
	r.streams = append(r.streams, s)
	return s, nil
}
