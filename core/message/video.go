package message

// Video carries video data, in the form of an FLV video tag. RTMP 1.0, 7.1.5.
type Video struct {
	Body []byte
}

// Type implements Message.
func (*Video) Type() Type { return TypeVideo }

// AppendBody implements Message. It does not fail.
func (m *Video) AppendBody(dst []byte) ([]byte, error) {
	return append(dst, m.Body...), nil
}

func (m *Video) unmarshal(body []byte) error {
	m.Body = body
	return nil
}
