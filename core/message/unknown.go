package message

// Unknown is a message of a type that this package has no struct for, such as a
// shared object or an aggregate.
type Unknown struct {
	TypeID Type
	Body   []byte
}

// Type implements Message.
func (m *Unknown) Type() Type { return m.TypeID }

// AppendBody implements Message. It does not fail.
func (m *Unknown) AppendBody(dst []byte) ([]byte, error) {
	return append(dst, m.Body...), nil
}
