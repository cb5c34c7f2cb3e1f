package handshake

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzClient: whatever a server sends, Client ends without a panic, and on success it has
// read up to the end of S2 and echoed S1.
func FuzzClient(f *testing.F) {
	for _, c := range cases {
		f.Add([]byte(c.server))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		r := bytes.NewReader(input)
		conn := &script{Reader: r}
		echoed, err := Client(conn, filler('c'))
		if err != nil {
			require.False(t, echoed)
			require.True(t, errors.Is(err, ErrVersion) || errors.Is(err, io.ErrUnexpectedEOF), err)
			return
		}
		const all = 1 + 2*Size
		require.Equal(t, len(input)-all, r.Len())
		require.Equal(t, []string{"\x03" + c1, string(input[1 : 1+Size])}, conn.writes)
		require.Equal(t, string(input[all-len(c1)+headerSize:all]) == c1[headerSize:], echoed)
	})
}

// FuzzServer: whatever a client sends, Server ends without a panic, and on success it has
// echoed C1.
func FuzzServer(f *testing.F) {
	f.Add([]byte("\x03" + c1 + packet(zeros, 's')))
	f.Add([]byte("\x03" + c1 + packet(zeros, 'x')))
	f.Add([]byte("\x03" + c1))
	f.Add([]byte("GET / HTTP/1.1\r\n"))
	f.Fuzz(func(t *testing.T, input []byte) {
		conn := &script{Reader: bytes.NewReader(input)}
		switch err := Server(conn, filler('s')); {
		case err == nil:
			require.Equal(t, []string{"\x03" + packet(zeros, 's'), string(input[1 : 1+Size])}, conn.writes)
		default:
			require.True(t, errors.Is(err, ErrVersion) || errors.Is(err, ErrEcho) ||
				errors.Is(err, io.ErrUnexpectedEOF), err)
		}
	})
}

// FuzzClientDigest: whatever a server sends, ClientDigest ends without a panic, and on success it has read up to the end of
// S2.
func FuzzClientDigest(f *testing.F) {
	for _, c := range cases {
		f.Add([]byte(c.server), 0)
	}
	signed, _, err := newDigestPacket("S1", serverText, serverVersion, DigestSecond, filler('s'))
	require.NoError(f, err)
	f.Add(append(append([]byte{Version}, signed...), s2...), 1)
	f.Fuzz(func(t *testing.T, input []byte, scheme int) {
		r := bytes.NewReader(input)
		conn := &script{Reader: r}
		genuine, err := ClientDigest(conn, filler('c'), schemes[scheme&1])
		if err != nil {
			require.False(t, genuine)
			require.True(t, errors.Is(err, ErrVersion) || errors.Is(err, io.ErrUnexpectedEOF), err)
			return
		}
		require.Equal(t, len(input)-1-2*Size, r.Len())
		require.Len(t, conn.writes, 2)
		require.Len(t, conn.writes[1], Size)
	})
}
