package handshake

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
)

// The digest handshake is not in RTMP 1.0: Flash Player and Flash Media Server prove to each other that they are genuine
// with digests inside of what the specification calls random data. Some servers let in nobody else.
//
//   - C1 and S1 carry an HMAC-SHA256 over all the rest of the packet, keyed with a text. Where it lies follows from four of
//     the packet's own bytes, in one of two schemes.
//   - C2 and S2 end with an HMAC-SHA256 over all that precedes it. Its key is an HMAC-SHA256 of the other side's digest,
//     keyed with the same text followed by 32 fixed bytes.

// Scheme is where the digest lies in C1 and S1.
type Scheme int

// The schemes, in the order in which to try them.
const (
	DigestFirst  Scheme = iota // in the first half of the data, which the public key of RTMPE follows
	DigestSecond               // in the second half
)

const (
	digestSize = sha256.Size

	// digestSpace is how many places there are for a digest in its half of the packet.
	digestSpace = 728
)

// ErrDigest: C1 or C2 has no valid digest.
var ErrDigest = errors.New("handshake: no valid digest")

// playerVersion is what C1 says: Flash Player 9.0.124.2, the first that many servers take for one with digests.
var playerVersion = []byte{9, 0, 124, 2}

// serverVersion is what S1 says: any but zero.
var serverVersion = []byte{3, 5, 1, 1}

const (
	playerText = "Genuine Adobe Flash Player 001"
	serverText = "Genuine Adobe Flash Media Server 001"
	keyTail    = "\xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57" +
		"\x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae"
)

// at returns where the digest of a C1 or S1 lies. The sum of the four bytes in front of the place for digests, modulo the
// size of that place, says how far into it.
//
//	DigestFirst:   time 4 | version 4 | offset 4 | place for digests 760 | key 764
//	DigestSecond:  time 4 | version 4 | key 764  | offset 4 | place for digests 760
func (s Scheme) at(packet []byte) int {
	offset := headerSize
	if s == DigestSecond {
		offset += 764
	}
	sum := 0
	for _, b := range packet[offset : offset+4] {
		sum += int(b)
	}
	return offset + 4 + sum%digestSpace
}

// digest returns the digest that a C1 or S1 ought to have at a place.
func digest(text string, packet []byte, at int) []byte {
	h := hmac.New(sha256.New, []byte(text))
	h.Write(packet[:at])
	h.Write(packet[at+digestSize:])
	return h.Sum(nil)
}

var schemes = []Scheme{DigestFirst, DigestSecond}

// findDigest returns the digest of a C1 or S1, if it is of one of some schemes; nil: it has none.
func findDigest(text string, packet []byte, of []Scheme) []byte {
	for _, s := range of {
		at := s.at(packet)
		if found := packet[at : at+digestSize]; hmac.Equal(found, digest(text, packet, at)) {
			return found
		}
	}
	return nil
}

// proof returns the digest at the end of a C2 or S2, which answers the digest of the other side.
func proof(text string, packet, other []byte) []byte {
	key := hmac.New(sha256.New, []byte(text+keyTail))
	key.Write(other)
	h := hmac.New(sha256.New, key.Sum(nil))
	h.Write(packet[:Size-digestSize])
	return h.Sum(nil)
}

// newDigestPacket makes a C1 or S1, and returns its digest too.
func newDigestPacket(part, text string, version []byte, s Scheme, random io.Reader) (packet, own []byte, err error) {
	if packet, err = newPacket(part, random); err != nil {
		return nil, nil, err
	}
	copy(packet[4:], version)
	at := s.at(packet)
	own = digest(text, packet, at)
	copy(packet[at:], own)
	return packet, own, nil
}

// newProof makes a C2 or S2.
func newProof(part, text string, other []byte, random io.Reader) ([]byte, error) {
	packet := make([]byte, Size)
	if _, err := io.ReadFull(random, packet[:Size-digestSize]); err != nil {
		return nil, fmt.Errorf("handshake: random data of %s: %w", part, err)
	}
	copy(packet[Size-digestSize:], proof(text, packet, other))
	return packet, nil
}

// ClientDigest performs the client's side of the digest handshake on rw, as Client does that of the simple one. A server
// whose S1 has no digest in either scheme gets the echo of it that the simple handshake wants.
//
// genuine reports whether S2 has the digest that answers that of C1 or, failing that, echoes C1; see Client's echoed.
func ClientDigest(rw io.ReadWriter, random io.Reader, s Scheme) (genuine bool, err error) {
	c1, own, err := newDigestPacket("C1", playerText, playerVersion, s, random)
	if err != nil {
		return false, err
	}
	if err := write(rw, "C0 and C1", append([]byte{Version}, c1...)); err != nil {
		return false, err
	}
	server := answer{from: rw, all: new(space)}
	s1, err := server.first()
	if err != nil {
		return false, err
	}
	c2 := s1
	if theirs := findDigest(serverText, s1, schemes); theirs != nil {
		if c2, err = newProof("C2", playerText, theirs, random); err != nil {
			return false, err
		}
	}
	if err := write(rw, "C2", c2); err != nil {
		return false, err
	}
	s2, err := server.second()
	if err != nil {
		return false, err
	}
	return hmac.Equal(s2[Size-digestSize:], proof(serverText, s2, own)) || bytes.Equal(s2[headerSize:], c1[headerSize:]), nil
}
