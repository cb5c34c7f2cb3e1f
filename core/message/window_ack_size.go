package message

import "encoding/binary"

// WindowAckSize announces after how many bytes its sender expects an
// Acknowledgement. RTMP 1.0, 5.4.4.
type WindowAckSize struct {
	// Size of the window in bytes.
	Size uint32
}

// Type implements Message.
func (*WindowAckSize) Type() Type { return TypeWindowAckSize }

// AppendBody implements Message. It does not fail.
func (m *WindowAckSize) AppendBody(dst []byte) ([]byte, error) {
	return binary.BigEndian.AppendUint32(dst, m.Size), nil
}

func (m *WindowAckSize) unmarshal(body []byte) error {
	if err := checkSize(body, 4); err != nil {
		return err
	}
	m.Size = binary.BigEndian.Uint32(body)
	return nil
}
