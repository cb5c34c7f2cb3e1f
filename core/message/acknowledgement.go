package message

import "encoding/binary"

// Acknowledgement says how much its sender has received. It is due each time a
// window's worth of bytes has come. RTMP 1.0, 5.4.3.
type Acknowledgement struct {
	// SequenceNumber is the number of bytes received since the connection was
	// made, modulo 2^32.
	SequenceNumber uint32
}

// Type implements Message.
func (*Acknowledgement) Type() Type { return TypeAcknowledgement }

// AppendBody implements Message. It does not fail.
func (m *Acknowledgement) AppendBody(dst []byte) ([]byte, error) {
	return binary.BigEndian.AppendUint32(dst, m.SequenceNumber), nil
}

func (m *Acknowledgement) unmarshal(body []byte) error {
	if err := checkSize(body, 4); err != nil {
		return err
	}
	m.SequenceNumber = binary.BigEndian.Uint32(body)
	return nil
}
