package message

import (
	"fmt"
	"io"

	"luatrtmp/core/chunk"
)

// Reader reads the messages of a peer. It is not safe for use by several
// goroutines.
type Reader struct {
	chunks chunk.Reader
	err    error
}

// NewReader returns a Reader with the default chunk size. It has a buffer of
// its own and may read more from r than the messages it has returned.
func NewReader(r io.Reader) *Reader {
	return &Reader{chunks: *chunk.NewReader(r)}
}

// Read returns the next message, which belongs to the caller. Set Chunk Size and
// Abort have then been applied already.
//
// An error that wraps ErrBody is about this one message, whose header comes with
// it; the next one can be read. All other errors are final: those of
// chunk.Reader.Read, and chunk.ErrChunkSize for a Set Chunk Size that cannot be
// applied, since nothing behind it could be told apart.
func (r *Reader) Read() (chunk.Header, Message, error) {
	if r.err != nil {
		return chunk.Header{}, nil, r.err
	}
	raw, err := r.chunks.Read()
	if err != nil {
		return chunk.Header{}, nil, err
	}

	if Type(raw.Type) == TypeSetChunkSize {
		m := &SetChunkSize{}
		if r.err = r.setChunkSize(m, raw.Payload); r.err != nil {
			return raw.Header, nil, r.err
		}
		return raw.Header, m, nil
	}

	m, err := Unmarshal(Type(raw.Type), raw.Payload)
	if err != nil {
		return raw.Header, nil, err
	}
	if m, ok := m.(*Abort); ok {
		r.chunks.Abort(m.ChunkStreamID)
	}
	return raw.Header, m, nil
}

// setChunkSize decodes and applies a Set Chunk Size. Its error is not ErrBody.
func (r *Reader) setChunkSize(m *SetChunkSize, body []byte) error {
	err := m.unmarshal(body)
	if err == nil {
		err = r.chunks.SetChunkSize(m.Size)
	}
	if err != nil {
		return fmt.Errorf("message: %s of %d bytes: %w", TypeSetChunkSize, len(body), err)
	}
	return nil
}
