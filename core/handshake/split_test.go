package handshake

import (
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// splitReader returns what it reads in pieces of random size, some of them empty.
type splitReader struct {
	io.Reader
	random *rand.Rand
}

func (r *splitReader) Read(p []byte) (int, error) {
	return r.Reader.Read(p[:min(len(p), r.random.IntN(1<<r.random.IntN(12)))])
}

// However what a server says is split into reads, what comes of it is the same.
func TestAnySplit(t *testing.T) {
	signed, _, err := newDigestPacket("S1", serverText, serverVersion, DigestSecond, filler('s'))
	require.NoError(t, err)
	all := []string{"\x03" + string(signed) + s2}
	for _, c := range cases {
		all = append(all, c.server)
	}
	for name, client := range map[string]func(io.ReadWriter) (bool, error){
		"simple": func(conn io.ReadWriter) (bool, error) { return Client(conn, filler('c')) },
		"digest": func(conn io.ReadWriter) (bool, error) { return ClientDigest(conn, filler('c'), DigestSecond) },
	} {
		for i, server := range all {
			whole := &script{Reader: strings.NewReader(server)}
			answered, failed := client(whole)
			for seed := range uint64(50) {
				split := &script{Reader: &splitReader{strings.NewReader(server), rand.New(rand.NewPCG(seed, 1))}}
				again, err := client(split)
				require.Equal(t, answered, again, "%s, case %d, seed %d", name, i, seed)
				require.Equal(t, failed, err, "%s, case %d, seed %d", name, i, seed)
				require.Equal(t, whole.writes, split.writes, "%s, case %d, seed %d", name, i, seed)
			}
		}
	}
}
