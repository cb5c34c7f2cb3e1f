package handshake

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

const (
	// Version is the protocol version that C0 and S0 carry. 5.2.2.
	Version = 3

	// Size is the length of each of C1, S1, C2 and S2 in bytes.
	Size = 1536
)

// headerSize is what stands in front of the random data of C1, S1, C2 and S2.
const headerSize = 8

// ErrVersion: C0 or S0 carries another version than Version. It comes wrapped with
// the one found.
var ErrVersion = errors.New("handshake: RTMP version not supported")

// Client performs the client's side on rw: it writes C0 and C1 in one write, reads
// S0 and S1, writes C2 and reads S2. It reads nothing behind S2.
//
// random fills C1, for example crypto/rand.Reader. The time and the version of C1 are
// zero: a server that finds a version there may insist on the digest handshake.
//
// echoed reports whether S2 brought back C1's random data. It should, but not every
// server takes the trouble, so that its absence is worth a line in a log and no more.
//
// The error is ErrVersion, or says which part failed and wraps the error of rw or of
// random; a connection that ends early gives io.ErrUnexpectedEOF.
func Client(rw io.ReadWriter, random io.Reader) (echoed bool, err error) {
	s := spaces.Get().(*space)
	defer spaces.Put(s)
	s[0] = Version
	c1 := s[1 : 1+Size]
	if err := fillPacket("C1", c1, random); err != nil {
		return false, err
	}
	sent := checksum(c1[headerSize:])
	if err := write(rw, "C0 and C1", s[:1+Size]); err != nil {
		return false, err
	}
	server := answer{from: rw, all: s}
	s1, err := server.first()
	if err != nil {
		return false, err
	}
	// C2 is S1 as it came. 5.2.4 puts the time at which S1 was read into bytes 4
	// to 7, but there are servers that compare all of it.
	if err := write(rw, "C2", s1); err != nil {
		return false, err
	}
	s2, err := server.second()
	if err != nil {
		return false, err
	}
	return checksum(s2[headerSize:]) == sent, nil
}

// checksum is what C1's random data is known again by: FNV-1a.
func checksum(b []byte) uint64 {
	sum := uint64(14695981039346656037)
	for _, c := range b {
		sum = (sum ^ uint64(c)) * 1099511628211
	}
	return sum
}

// space is where a client's handshake takes place: room for C0 and C1, and once they are
// sent for S0, S1 and S2. It is used again: many connections may begin at once, and each is
// done with it soon.
type space [1 + 2*Size]byte

var spaces = sync.Pool{New: func() any { return new(space) }}

// answer is what a server says: S0, S1 and S2, which mostly come in one piece. Room for
// more there is not: what follows them is not read.
type answer struct {
	from io.Reader
	all  *space
	have int
}

// first reads S0 and S1, and returns S1.
func (a *answer) first() ([]byte, error) {
	if err := a.read("S0", 0, 1); err != nil {
		return nil, err
	}
	if err := checkVersion("S0", a.all[0]); err != nil {
		return nil, err
	}
	return a.all[1 : 1+Size], a.read("S1", 1, 1+Size)
}

// second reads S2.
func (a *answer) second() ([]byte, error) {
	return a.all[1+Size:], a.read("S2", 1+Size, len(a.all))
}

// read waits until the part of that name is there, which lies from begin to end.
func (a *answer) read(part string, begin, end int) error {
	for a.have < end {
		n, err := a.from.Read(a.all[a.have:])
		a.have += n
		if err != nil && a.have < end {
			return cut(part, a.have-begin, end-begin, err)
		}
	}
	return nil
}

// newPacket makes C1 or S1. 5.2.3.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|                        time (4 bytes) = 0                     |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|                        zero (4 bytes)                         |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|                   random data (1528 bytes) ...                |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
func newPacket(part string, random io.Reader) ([]byte, error) {
	packet := make([]byte, Size)
	return packet, fillPacket(part, packet, random)
}

// fillPacket makes C1 or S1 of what may have been another one.
func fillPacket(part string, packet []byte, random io.Reader) error {
	clear(packet[:headerSize])
	if _, err := io.ReadFull(random, packet[headerSize:]); err != nil {
		return fmt.Errorf("handshake: random data of %s: %w", part, err)
	}
	return nil
}

// readPacket reads S1, or C2 or S2, which echo the other side's C1 or S1. 5.2.4.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|             time (4 bytes): that of the echoed packet         |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|             time2 (4 bytes): when that packet was read        |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|                   random echo (1528 bytes) ...                |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
func readPacket(r io.Reader, part string) ([]byte, error) {
	packet := make([]byte, Size)
	return packet, read(r, part, packet)
}

// readVersion reads C0 or S0. 5.2.2.
func readVersion(r io.Reader, part string) error {
	var b [1]byte
	if err := read(r, part, b[:]); err != nil {
		return err
	}
	return checkVersion(part, b[0])
}

func checkVersion(part string, version byte) error {
	switch {
	case version == Version:
		return nil
	case version == 'H':
		return fmt.Errorf("%w: %s is %d, the H of HTTP: the peer seems not to be an RTMP server", ErrVersion, part, version)
	case version == 21:
		return fmt.Errorf("%w: %s is %d, as in an alert of TLS: the peer may want rtmps", ErrVersion, part, version)
	case version >= 32:
		// 5.2.2 rules these out to tell RTMP from protocols of text.
		return fmt.Errorf("%w: %s is %d: the peer seems not to speak RTMP", ErrVersion, part, version)
	default:
		return fmt.Errorf("%w: %s is %d, not %d", ErrVersion, part, version, Version)
	}
}

// read fills b with the part of that name.
func read(r io.Reader, part string, b []byte) error {
	n, err := io.ReadFull(r, b)
	if err == nil {
		return nil
	}
	return cut(part, n, len(b), err)
}

// cut says how far a part came.
func cut(part string, n, of int, err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("handshake: read %d of the %d bytes of %s: %w", n, of, part, err)
}

func write(w io.Writer, part string, b []byte) error {
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("handshake: write %s: %w", part, err)
	}
	return nil
}
