package message

import (
	"encoding/binary"
	"fmt"

	"luatrtmp/core/chunk"
)

// SetChunkSize announces the greatest payload of the chunks that its sender
// sends from then on. RTMP 1.0, 5.4.1.
type SetChunkSize struct {
	// Size is in bytes, 1 to chunk.MaxChunkSize. No message is longer than
	// chunk.MaxMessageSize, so all sizes from there on mean the same.
	Size uint32
}

// Type implements Message.
func (*SetChunkSize) Type() Type { return TypeSetChunkSize }

// AppendBody implements Message. An invalid size is ErrBody and
// chunk.ErrChunkSize.
func (m *SetChunkSize) AppendBody(dst []byte) ([]byte, error) {
	if err := m.check(); err != nil {
		return dst, fmt.Errorf("%w: %w", ErrBody, err)
	}
	return binary.BigEndian.AppendUint32(dst, m.Size), nil
}

func (m *SetChunkSize) unmarshal(body []byte) error {
	if err := checkSize(body, 4); err != nil {
		return fmt.Errorf("%w: %w", chunk.ErrChunkSize, err)
	}
	m.Size = binary.BigEndian.Uint32(body)
	return m.check()
}

func (m *SetChunkSize) check() error {
	if m.Size == 0 || m.Size > chunk.MaxChunkSize {
		return fmt.Errorf("%w: %d is not within 1 to %d", chunk.ErrChunkSize, m.Size, chunk.MaxChunkSize)
	}
	return nil
}
