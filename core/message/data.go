package message

import (
	"fmt"

	"luatrtmp/amf"
)

// Data carries metadata: usually the name of a handler, like @setDataFrame or
// onMetaData, and its arguments. RTMP 1.0, 7.1.2.
type Data struct {
	Values []amf.Value

	// AMF3 is set for message type 15 instead of 18.
	AMF3 bool
}

// Type implements Message.
func (m *Data) Type() Type {
	if m.AMF3 {
		return TypeDataAMF3
	}
	return TypeDataAMF0
}

// AppendBody implements Message. Values that AMF0 cannot express are ErrBody,
// with the error of package amf.
func (m *Data) AppendBody(dst []byte) ([]byte, error) {
	body := dst
	if m.AMF3 {
		body = append(body, amf0Follows)
	}
	body, err := amf.Append(body, m.Values...)
	if err != nil {
		return dst, fmt.Errorf("%w: %s: %w", ErrBody, m.Type(), err)
	}
	return body, nil
}

func (m *Data) unmarshal(body []byte) (err error) {
	if m.AMF3 {
		if body, err = skipFormat(body); err != nil {
			return err
		}
	}
	m.Values, err = amf.Unmarshal(body)
	return err
}
