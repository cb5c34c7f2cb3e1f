package message

import (
	"encoding/binary"
	"fmt"
)

// UserControl carries an event. RTMP 1.0, 6.2 and 7.1.7.
type UserControl struct {
	Event EventType

	// Data is what follows the event type. For the events listed here it has
	// at least the size that the specification gives.
	Data []byte
}

// NewUserControl returns an event whose data are 32-bit numbers: for
// SetBufferLength the message stream ID and milliseconds, for pings the
// timestamp, for all others the message stream ID.
func NewUserControl(event EventType, numbers ...uint32) *UserControl {
	m := &UserControl{Event: event}
	for _, n := range numbers {
		m.Data = binary.BigEndian.AppendUint32(m.Data, n)
	}
	return m
}

// StreamID is the message stream ID that the event is about, 0 if it has none.
func (m *UserControl) StreamID() uint32 {
	switch m.Event {
	case StreamBegin, StreamEOF, StreamDry, SetBufferLength, StreamIsRecorded:
		return m.number()
	default:
		return 0
	}
}

// Timestamp is that of a ping request or response, 0 for other events. The
// response to a request repeats it.
func (m *UserControl) Timestamp() uint32 {
	switch m.Event {
	case PingRequest, PingResponse:
		return m.number()
	default:
		return 0
	}
}

func (m *UserControl) number() uint32 {
	if len(m.Data) < 4 {
		return 0
	}
	return binary.BigEndian.Uint32(m.Data)
}

// Type implements Message.
func (*UserControl) Type() Type { return TypeUserControl }

// AppendBody implements Message. Data that is too short for the event is
// ErrBody.
func (m *UserControl) AppendBody(dst []byte) ([]byte, error) {
	if err := m.check(); err != nil {
		return dst, fmt.Errorf("%w: %w", ErrBody, err)
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(m.Event))
	return append(dst, m.Data...), nil
}

func (m *UserControl) unmarshal(body []byte) error {
	if err := checkSize(body, 2); err != nil {
		return err
	}
	m.Event = EventType(binary.BigEndian.Uint16(body))
	m.Data = body[2:]
	return m.check()
}

func (m *UserControl) check() error {
	if size := m.Event.size(); len(m.Data) < size {
		return fmt.Errorf("%s with %d bytes of data, at least %d are needed", m.Event, len(m.Data), size)
	}
	return nil
}
