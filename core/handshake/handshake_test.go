package handshake

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
)

// filler is a source of random data that is not random.
type filler byte

func (f filler) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(f)
	}
	return len(b), nil
}

// packet returns a C1, S1, C2 or S2.
func packet(header string, fill byte) string {
	return header + strings.Repeat(string(fill), Size-headerSize)
}

const (
	zeros = "\x00\x00\x00\x00\x00\x00\x00\x00"
	times = "\x00\x00\x12\x34\x03\x05\x01\x01"
)

var (
	c1 = packet(zeros, 'c')
	s1 = packet(times, 's')
	s2 = packet(times, 'c')
)

// script is a connection on which the peer says what r says, whatever is written.
type script struct {
	io.Reader
	writes []string
}

func (s *script) Write(b []byte) (int, error) {
	s.writes = append(s.writes, string(b))
	return len(b), nil
}

// cases are what a server may send. They serve TestClient and the fuzz seeds.
var cases = []struct {
	name   string
	server string
	echoed bool
	err    error
	text   string
	writes []string // what the client writes
}{
	{"echo", "\x03" + s1 + s2, true, nil, "", []string{"\x03" + c1, s1}},
	{"echo with another header", "\x03" + s1 + packet("anything", 'c'), true, nil, "", []string{"\x03" + c1, s1}},
	{"no echo", "\x03" + s1 + packet(zeros, 'x'), false, nil, "", []string{"\x03" + c1, s1}},
	{"last byte not echoed", "\x03" + s1 + s2[:Size-1] + "x", false, nil, "", []string{"\x03" + c1, s1}},
	{
		"nothing", "", false, io.ErrUnexpectedEOF,
		"handshake: read 0 of the 1 bytes of S0: unexpected EOF",
		[]string{"\x03" + c1},
	},
	{
		"S0 only", "\x03", false, io.ErrUnexpectedEOF,
		"handshake: read 0 of the 1536 bytes of S1: unexpected EOF",
		[]string{"\x03" + c1},
	},
	{
		"S1 cut", "\x03" + s1[:Size-1], false, io.ErrUnexpectedEOF,
		"handshake: read 1535 of the 1536 bytes of S1: unexpected EOF",
		[]string{"\x03" + c1},
	},
	{
		"no S2", "\x03" + s1, false, io.ErrUnexpectedEOF,
		"handshake: read 0 of the 1536 bytes of S2: unexpected EOF",
		[]string{"\x03" + c1, s1},
	},
	{
		"S2 cut", "\x03" + s1 + s2[:100], false, io.ErrUnexpectedEOF,
		"handshake: read 100 of the 1536 bytes of S2: unexpected EOF",
		[]string{"\x03" + c1, s1},
	},
	{
		"RTMPE", "\x06" + s1 + s2, false, ErrVersion,
		"handshake: RTMP version not supported: S0 is 6, not 3",
		[]string{"\x03" + c1},
	},
	{
		"HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", false, ErrVersion,
		"handshake: RTMP version not supported: S0 is 72, the H of HTTP: the peer seems not to be an RTMP server",
		[]string{"\x03" + c1},
	},
	{
		"SSH", "SSH-2.0-OpenSSH_9.2\r\n", false, ErrVersion,
		"handshake: RTMP version not supported: S0 is 83: the peer seems not to speak RTMP",
		[]string{"\x03" + c1},
	},
	{
		"TLS", "\x15\x03\x01\x00\x02\x02\x16", false, ErrVersion,
		"handshake: RTMP version not supported: S0 is 21, as in an alert of TLS: the peer may want rtmps",
		[]string{"\x03" + c1},
	},
}

// readers cut what the peer sends in different ways.
var readers = []struct {
	name string
	wrap func(io.Reader) io.Reader
}{
	{"as much as asked for", func(r io.Reader) io.Reader { return r }},
	{"byte by byte", iotest.OneByteReader},
	{"in halves", iotest.HalfReader},
	{"EOF with the last byte", iotest.DataErrReader},
}

func TestClient(t *testing.T) {
	for _, c := range cases {
		for _, r := range readers {
			t.Run(c.name+"/"+r.name, func(t *testing.T) {
				conn := &script{Reader: r.wrap(strings.NewReader(c.server))}
				echoed, err := Client(conn, filler('c'))
				require.Equal(t, c.writes, conn.writes)
				require.Equal(t, c.echoed, echoed)
				if c.err == nil {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, c.err)
				require.EqualError(t, err, c.text)
			})
		}
	}
}

// What follows S2 belongs to the chunk stream, also if it comes in the same segment.
func TestClientLeavesTheChunkStream(t *testing.T) {
	const chunks = "\x02\x00\x00\x00\x00\x00\x04\x05\x00\x00\x00\x00\x00\x26\x25\xA0"
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			conn := &script{Reader: r.wrap(strings.NewReader("\x03" + s1 + s2 + chunks))}
			echoed, err := Client(conn, filler('c'))
			require.NoError(t, err)
			require.True(t, echoed)
			rest, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Equal(t, chunks, string(rest))
		})
	}
}

// The client writes C0 and C1 in one write and C2 in another, and nothing else. 5.2.1.
func TestClientWrites(t *testing.T) {
	conn := &script{Reader: strings.NewReader("\x03" + s1 + s2)}
	echoed, err := Client(conn, filler('c'))
	require.NoError(t, err)
	require.True(t, echoed)
	require.Equal(t, []string{"\x03" + c1, s1}, conn.writes)

	signed, _, err := newDigestPacket("S1", serverText, serverVersion, DigestSecond, filler('s'))
	require.NoError(t, err)
	for _, s1 := range []string{s1, string(signed)} {
		conn = &script{Reader: strings.NewReader("\x03" + s1 + s2)}
		_, err = ClientDigest(conn, filler('c'), DigestFirst)
		require.NoError(t, err)
		require.Len(t, conn.writes, 2)
		require.Len(t, conn.writes[1], Size)
	}
}

// The error of the connection, such as that of a deadline, is the one that comes back.
func TestClientReadError(t *testing.T) {
	for _, c := range []struct{ sent, text string }{
		{"", "handshake: read 0 of the 1 bytes of S0: timeout"},
		{"\x03", "handshake: read 0 of the 1536 bytes of S1: timeout"},
		{"\x03" + s1[:7], "handshake: read 7 of the 1536 bytes of S1: timeout"},
		{"\x03" + s1 + s2[:7], "handshake: read 7 of the 1536 bytes of S2: timeout"},
	} {
		r := io.MultiReader(strings.NewReader(c.sent), iotest.ErrReader(iotest.ErrTimeout))
		_, err := Client(&script{Reader: r}, filler('c'))
		require.ErrorIs(t, err, iotest.ErrTimeout)
		require.EqualError(t, err, c.text)
	}
}

var errBroken = errors.New("broken pipe")

// breaking fails from its n-th write on.
type breaking struct {
	io.Reader
	n int
}

func (b *breaking) Write(p []byte) (int, error) {
	if b.n--; b.n < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestClientWriteError(t *testing.T) {
	for n, part := range []string{"C0 and C1", "C2"} {
		_, err := Client(&breaking{strings.NewReader("\x03" + s1 + s2), n}, filler('c'))
		require.ErrorIs(t, err, errBroken)
		require.EqualError(t, err, "handshake: write "+part+": broken pipe")
	}
}

func TestClientWithoutRandomData(t *testing.T) {
	conn := &script{Reader: strings.NewReader("\x03" + s1 + s2)}
	_, err := Client(conn, iotest.ErrReader(errBroken))
	require.ErrorIs(t, err, errBroken)
	require.EqualError(t, err, "handshake: random data of C1: broken pipe")
	require.Empty(t, conn.writes)
}

// Over a pipe that buffers nothing, where S2 comes after C2.
func TestClientAndServer(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	deadline := time.Now().Add(10 * time.Second)
	require.NoError(t, client.SetDeadline(deadline))
	require.NoError(t, server.SetDeadline(deadline))

	served := make(chan error, 1)
	go func() { served <- Server(server, filler('s')) }()
	echoed, err := Client(client, filler('c'))
	require.NoError(t, err)
	require.True(t, echoed)
	require.NoError(t, <-served)
}
