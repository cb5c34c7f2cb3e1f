package message

import (
	"errors"
	"fmt"
)

// The bodies of AMF3 commands and data begin with a format byte. Zero, which
// everyone uses, says that AMF0 values follow.
const amf0Follows = 0

// skipFormat returns what follows the format byte.
func skipFormat(body []byte) ([]byte, error) {
	if len(body) == 0 {
		return nil, errors.New("the format byte is missing")
	}
	if body[0] != amf0Follows {
		return nil, fmt.Errorf("the format byte is %d, only %d is supported", body[0], amf0Follows)
	}
	return body[1:], nil
}
