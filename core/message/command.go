package message

import (
	"errors"
	"fmt"

	"luatrtmp/amf"
)

// Command is a call to the peer, or its answer: _result, _error or onStatus.
// RTMP 1.0, 7.1.1.
type Command struct {
	Name string

	// TransactionID tells which answer belongs to which call. 0 expects none.
	TransactionID float64

	// Object is the command object, amf.Null{} if there is none. nil is sent
	// as amf.Null{}.
	Object amf.Value

	// Arguments are what follows the command object.
	Arguments []amf.Value

	// AMF3 is set for message type 17 instead of 20.
	AMF3 bool
}

// Type implements Message.
func (m *Command) Type() Type {
	if m.AMF3 {
		return TypeCommandAMF3
	}
	return TypeCommandAMF0
}

// AppendBody implements Message. Values that AMF0 cannot express are ErrBody,
// with the error of package amf.
func (m *Command) AppendBody(dst []byte) ([]byte, error) {
	body := dst
	if m.AMF3 {
		body = append(body, amf0Follows)
	}

	body, err := amf.Append(body, m.Name, m.TransactionID, m.Object)
	if err == nil {
		body, err = amf.Append(body, m.Arguments...)
	}
	if err != nil {
		return dst, fmt.Errorf("%w: %s %.40q: %w", ErrBody, m.Type(), m.Name, err)
	}
	return body, nil
}

func (m *Command) unmarshal(body []byte) (err error) {
	if m.AMF3 {
		if body, err = skipFormat(body); err != nil {
			return err
		}
	}
	values, err := amf.Unmarshal(body)
	if err != nil {
		return err
	}
	if len(values) == 0 {
		return errors.New("the command name is missing")
	}

	name, ok := values[0].(string)
	if !ok {
		return fmt.Errorf("the command name is a %T, not a string", values[0])
	}
	m.Name = name
	m.setArguments(values[1:])
	return nil
}

// setArguments takes apart what follows the name.
//
// Servers leave out the transaction ID (some send onFCPublish so), or the
// command object, or send a transaction ID that is not a number. What cannot be
// a command object stands for a transaction ID, of 0; what can be one means that
// the ID is missing, and is 0 too.
func (m *Command) setArguments(values []amf.Value) {
	if len(values) > 0 {
		id, isNumber := values[0].(float64)
		m.TransactionID = id
		if isNumber || !isObject(values[0]) {
			values = values[1:]
		}
	}

	m.Object = amf.Null{}
	if len(values) > 0 {
		m.Object = values[0]
		values = values[1:]
	}
	if len(values) > 0 {
		m.Arguments = values
	}
}

// isObject reports whether v can be a command object.
func isObject(v amf.Value) bool {
	switch v.(type) {
	case amf.Object, amf.ECMAArray, amf.TypedObject, amf.Null, amf.Undefined:
		return true
	default:
		return false
	}
}
