package handshake

import (
	"bytes"
	"errors"
	"io"
)

// ErrEcho: C2 is not the echo of S1.
var ErrEcho = errors.New("handshake: C2 does not echo S1")

// Server performs the server's side on rw, as the counterpart of Client in tests. It
// sends S2 only after it has C2, which 5.2.1 allows and which lets both sides meet on a
// net.Pipe, where a write waits for its reader. A client that waits for S2 before it
// sends C2 would wait for ever. random fills S1.
func Server(rw io.ReadWriter, random io.Reader) error {
	s1, err := newPacket("S1", random)
	if err != nil {
		return err
	}
	if err := readVersion(rw, "C0"); err != nil {
		return err
	}
	c1, err := readPacket(rw, "C1")
	if err != nil {
		return err
	}
	if err := write(rw, "S0 and S1", append([]byte{Version}, s1...)); err != nil {
		return err
	}
	c2, err := readPacket(rw, "C2")
	if err != nil {
		return err
	}
	if !bytes.Equal(c2[headerSize:], s1[headerSize:]) {
		return ErrEcho
	}
	return write(rw, "S2", c1)
}
