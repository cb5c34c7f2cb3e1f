package handshake

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestServer(t *testing.T) {
	for _, c := range []struct {
		name   string
		client string
		err    error
		text   string
		writes int
	}{
		{"echo", "\x03" + c1 + packet(zeros, 's'), nil, "", 2},
		{"no echo", "\x03" + c1 + packet(zeros, 'x'), ErrEcho, "handshake: C2 does not echo S1", 1},
		{"nothing", "", io.ErrUnexpectedEOF, "handshake: read 0 of the 1 bytes of C0: unexpected EOF", 0},
		{"version", "\x04", ErrVersion, "handshake: RTMP version not supported: C0 is 4, not 3", 0},
		{"no C1", "\x03", io.ErrUnexpectedEOF, "handshake: read 0 of the 1536 bytes of C1: unexpected EOF", 0},
		{"no C2", "\x03" + c1, io.ErrUnexpectedEOF, "handshake: read 0 of the 1536 bytes of C2: unexpected EOF", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := &script{Reader: strings.NewReader(c.client)}
			err := Server(conn, filler('s'))
			require.Equal(t, []string{"\x03" + packet(zeros, 's'), c1}[:c.writes], append([]string{}, conn.writes...))
			if c.err == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, c.err)
			require.EqualError(t, err, c.text)
		})
	}
}

func TestServerIOError(t *testing.T) {
	err := Server(&script{Reader: strings.NewReader("")}, iotest.ErrReader(errBroken))
	require.EqualError(t, err, "handshake: random data of S1: broken pipe")
	for n, part := range []string{"S0 and S1", "S2"} {
		conn := &breaking{strings.NewReader("\x03" + c1 + packet(zeros, 's')), n}
		err := Server(conn, filler('s'))
		require.ErrorIs(t, err, errBroken)
		require.EqualError(t, err, "handshake: write "+part+": broken pipe")
	}
}
