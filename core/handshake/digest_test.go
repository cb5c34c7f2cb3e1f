package handshake

import (
	"crypto/rand"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
)

// Wherever the four bytes point, the digest lies inside of its half of the packet, and covers all the rest.
func TestDigestPlaces(t *testing.T) {
	for _, s := range schemes {
		for sum := range 4*255 + 1 {
			p := make([]byte, Size)
			from := headerSize + int(s)*764
			for i, rest := from, sum; rest > 0; i++ {
				p[i] = byte(min(rest, 255))
				rest -= int(p[i])
			}
			at := s.at(p)
			require.Equal(t, from+4+sum%728, at)
			require.LessOrEqual(t, at+digestSize, from+764)
		}
	}
}

func TestDigestOfOneBitMore(t *testing.T) {
	for _, s := range schemes {
		p, own, err := newDigestPacket("C1", playerText, playerVersion, s, rand.Reader)
		require.NoError(t, err)
		require.Equal(t, own, findDigest(playerText, p, schemes))
		require.Nil(t, findDigest(serverText, p, schemes), "the server's text makes other digests")
		require.Nil(t, findDigest(playerText, p, []Scheme{1 - s}))
		for _, i := range []int{0, 4, 7, 500, Size - 1} {
			p[i] ^= 1
			require.Nil(t, findDigest(playerText, p, schemes), i)
			p[i] ^= 1
		}
	}
}

// meet lets a client and a server meet on a pipe that buffers nothing.
func meet(t *testing.T, client func(io.ReadWriter) (bool, error), server func(io.ReadWriter) error) (bool, error, error) {
	a, b := net.Pipe()
	deadline := time.Now().Add(10 * time.Second)
	require.NoError(t, a.SetDeadline(deadline))
	require.NoError(t, b.SetDeadline(deadline))
	served := make(chan error, 1)
	go func() {
		served <- server(b)
		b.Close()
	}()
	good, err := client(a)
	a.Close()
	return good, err, <-served
}

func TestClientDigest(t *testing.T) {
	insisting := func(s Scheme, only ...Scheme) func(io.ReadWriter) error {
		return func(rw io.ReadWriter) error { return ServerDigest(rw, rand.Reader, s, only...) }
	}
	simple := func(rw io.ReadWriter) error { return Server(rw, rand.Reader) }
	for _, c := range []struct {
		name    string
		scheme  Scheme
		server  func(io.ReadWriter) error
		genuine bool
		client  error
		served  error
	}{
		{"first, first", DigestFirst, insisting(DigestFirst), true, nil, nil},
		{"first, second", DigestFirst, insisting(DigestSecond), true, nil, nil},
		{"second, first", DigestSecond, insisting(DigestFirst), true, nil, nil},
		{"second, second", DigestSecond, insisting(DigestSecond), true, nil, nil},
		{"a server that knows the second only", DigestSecond, insisting(DigestSecond, DigestSecond), true, nil, nil},
		{"a server that knows the first only", DigestSecond, insisting(DigestFirst, DigestFirst), false, io.ErrUnexpectedEOF, ErrDigest},
		{"a server without digests", DigestFirst, simple, true, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			genuine, err, served := meet(t, func(rw io.ReadWriter) (bool, error) { return ClientDigest(rw, rand.Reader, c.scheme) }, c.server)
			require.Equal(t, c.genuine, genuine)
			require.ErrorIs(t, err, c.client)
			require.ErrorIs(t, served, c.served)
		})
	}
}

func TestServerDigestWantsOne(t *testing.T) {
	_, err, served := meet(t, func(rw io.ReadWriter) (bool, error) { return Client(rw, rand.Reader) },
		func(rw io.ReadWriter) error { return ServerDigest(rw, rand.Reader, DigestFirst) })
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.ErrorContains(t, served, "no valid digest in C1")

	c1, _, err := newDigestPacket("C1", playerText, playerVersion, DigestFirst, filler('c'))
	require.NoError(t, err)
	conn := &script{Reader: strings.NewReader("\x03" + string(c1) + packet(zeros, 'x'))}
	require.ErrorContains(t, ServerDigest(conn, filler('s'), DigestFirst), "no valid digest in C2")
}

// A server that says whatever it likes is met as in the simple handshake.
func TestClientDigestOnAnything(t *testing.T) {
	for _, c := range cases {
		for _, r := range readers {
			t.Run(c.name+"/"+r.name, func(t *testing.T) {
				conn := &script{Reader: r.wrap(strings.NewReader(c.server))}
				genuine, err := ClientDigest(conn, filler('c'), DigestFirst)
				require.False(t, genuine)
				require.ErrorIs(t, err, c.err)
				if c.err != nil {
					require.EqualError(t, err, c.text)
				}
				require.Len(t, conn.writes, len(c.writes))
				if len(conn.writes) > 1 {
					require.Equal(t, s1, conn.writes[1], "no digest: an echo")
				}
			})
		}
	}
}

func TestDigestIOErrors(t *testing.T) {
	s1, _, err := newDigestPacket("S1", serverText, serverVersion, DigestSecond, filler('s'))
	require.NoError(t, err)
	server := "\x03" + string(s1)
	for n, part := range []string{"C0 and C1", "C2"} {
		_, err := ClientDigest(&breaking{strings.NewReader(server), n}, filler('c'), DigestFirst)
		require.EqualError(t, err, "handshake: write "+part+": broken pipe")
	}
	failing := iotest.ErrReader(errBroken)
	_, err = ClientDigest(&script{Reader: strings.NewReader(server)}, failing, DigestFirst)
	require.EqualError(t, err, "handshake: random data of C1: broken pipe")
	_, err = ClientDigest(&script{Reader: strings.NewReader(server)}, io.MultiReader(strings.NewReader(c1[headerSize:]), failing), DigestFirst)
	require.EqualError(t, err, "handshake: random data of C2: broken pipe")
	require.EqualError(t, ServerDigest(&script{Reader: strings.NewReader("")}, failing, DigestFirst),
		"handshake: random data of S1: broken pipe")
}
