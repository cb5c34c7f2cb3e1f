package message

import "encoding/binary"

// Abort tells the receiver to discard the message of which it has part of the
// chunks. RTMP 1.0, 5.4.2.
type Abort struct {
	// ChunkStreamID is the chunk stream of that message.
	ChunkStreamID uint32
}

// Type implements Message.
func (*Abort) Type() Type { return TypeAbort }

// AppendBody implements Message. It does not fail.
func (m *Abort) AppendBody(dst []byte) ([]byte, error) {
	return binary.BigEndian.AppendUint32(dst, m.ChunkStreamID), nil
}

func (m *Abort) unmarshal(body []byte) error {
	if err := checkSize(body, 4); err != nil {
		return err
	}
	m.ChunkStreamID = binary.BigEndian.Uint32(body)
	return nil
}
