package handshake

import (
	"bytes"
	"crypto/hmac"
	"errors"
	"fmt"
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

// ServerDigest performs the server's side on rw, as the counterpart of ClientDigest in tests, and insists on digests: it
// returns ErrDigest for a C1 or a C2 without. only, when given, are the schemes that it takes in C1. s is that of S1.
func ServerDigest(rw io.ReadWriter, random io.Reader, s Scheme, only ...Scheme) error {
	if len(only) == 0 {
		only = schemes
	}
	s1, own, err := newDigestPacket("S1", serverText, serverVersion, s, random)
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
	theirs := findDigest(playerText, c1, only)
	if theirs == nil {
		return fmt.Errorf("%w in C1", ErrDigest)
	}
	s2, err := newProof("S2", serverText, theirs, random)
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
	if !hmac.Equal(c2[Size-digestSize:], proof(playerText, c2, own)) {
		return fmt.Errorf("%w in C2", ErrDigest)
	}
	return write(rw, "S2", s2)
}
