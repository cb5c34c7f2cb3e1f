package message

// Audio carries audio data, in the form of an FLV audio tag. RTMP 1.0, 7.1.4.
type Audio struct {
	Body []byte
}

// Type implements Message.
func (*Audio) Type() Type { return TypeAudio }

// AppendBody implements Message. It does not fail.
func (m *Audio) AppendBody(dst []byte) ([]byte, error) {
	return append(dst, m.Body...), nil
}

func (m *Audio) unmarshal(body []byte) error {
	m.Body = body
	return nil
}
