package message

import "fmt"

// Message is the content of an RTMP message.
type Message interface {
	// Type is the message type ID under which the message is sent.
	Type() Type

	// AppendBody appends the message's body to dst and returns the longer
	// slice. On an error, which wraps ErrBody, it returns dst as it was.
	AppendBody(dst []byte) ([]byte, error)
}

// decodable is a Message that can be filled from a body.
type decodable interface {
	Message
	unmarshal(body []byte) error
}

// newOf returns an empty message of a type, or nil for a type that has no
// struct of its own.
func newOf(t Type) decodable {
	switch t {
	case TypeSetChunkSize:
		return &SetChunkSize{}
	case TypeAbort:
		return &Abort{}
	case TypeAcknowledgement:
		return &Acknowledgement{}
	case TypeUserControl:
		return &UserControl{}
	case TypeWindowAckSize:
		return &WindowAckSize{}
	case TypeSetPeerBandwidth:
		return &SetPeerBandwidth{}
	case TypeAudio:
		return &Audio{}
	case TypeVideo:
		return &Video{}
	case TypeDataAMF3:
		return &Data{AMF3: true}
	case TypeDataAMF0:
		return &Data{}
	case TypeCommandAMF3:
		return &Command{AMF3: true}
	case TypeCommandAMF0:
		return &Command{}
	default:
		return nil
	}
}

// Unmarshal decodes the body of a message of type t. A type that is not known
// gives *Unknown and no error. Bytes behind a control message that is complete
// are ignored.
//
// Audio, Video, UserControl and Unknown keep the body instead of a copy: the
// caller must not change it afterwards. Errors wrap ErrBody.
func Unmarshal(t Type, body []byte) (Message, error) {
	m := newOf(t)
	if m == nil {
		return &Unknown{TypeID: t, Body: body}, nil
	}
	if err := m.unmarshal(body); err != nil {
		return nil, fmt.Errorf("%w: %s of %d bytes: %w", ErrBody, t, len(body), err)
	}
	return m, nil
}
