package message

import (
	"errors"
	"fmt"
)

// ErrBody is a message body that does not have the form of its type. It arrives
// wrapped, with the type and the size. Reading may go on after it.
var ErrBody = errors.New("message: malformed body")

// checkSize refuses a body that is shorter than the fields it must hold.
func checkSize(body []byte, size int) error {
	if len(body) < size {
		return fmt.Errorf("at least %d bytes are needed", size)
	}
	return nil
}
