package chunk

import (
	"bytes"
	"io"
	"math/rand/v2"
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

// However the bytes of messages are split into reads, the messages are the same.
func TestAnySplit(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		chunkSize := 1 + random.Uint32N(5000)
		var sent []*Message
		for range random.IntN(20) {
			size := random.IntN(1 << random.IntN(15))
			m := message(MinChunkStreamID+random.Uint32N(1<<random.IntN(17))%(MaxChunkStreamID-MinChunkStreamID), random.Uint32()>>random.IntN(32), byte(random.Uint32()),
				random.Uint32(), nil)
			if size > 0 {
				m.Payload = fill(byte(random.Uint32()), size)
			}
			sent = append(sent, m)
		}
		stream := bytes.Join(chunks(t, chunkSize, sent), nil)
		for range 5 {
			got, err := readAll(newReader(t, &splitReader{bytes.NewReader(stream), random}, chunkSize))
			require.Equal(t, io.EOF, err, "seed %d", seed)
			require.Equal(t, sent, got, "seed %d", seed)
		}
	}
}
