package chunk

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// randomReader hands out what it reads in parts of random size.
type randomReader struct {
	source io.Reader
	rnd    *rand.Rand
}

func (r randomReader) Read(p []byte) (int, error) {
	return r.source.Read(p[:min(len(p), 1+r.rnd.IntN(300))])
}

func pick[T any](rnd *rand.Rand, from ...T) T {
	return from[rnd.IntN(len(from))]
}

// randomMessages returns n messages. Those of one chunk stream resemble one
// another, so that all types of headers occur.
func randomMessages(rnd *rand.Rand, n int, ids ...uint32) []*Message {
	base := pick(rnd, 0, 1000, extendedMark-50, extendedMark, ^uint32(0)-50, rnd.Uint32())

	var messages []*Message
	for range n {
		base += pick[uint32](rnd, 0, 20, 20, 20, 21, extendedMark-1, extendedMark, 1<<31, ^uint32(0))
		size := pick(rnd, 0, 1, 127, 128, 129, rnd.IntN(5000))
		var payload []byte
		if size > 0 {
			payload = fill(byte(rnd.Uint32()), size)
		}
		messages = append(messages,
			message(pick(rnd, ids...), base, pick[uint8](rnd, 8, 9), pick[uint32](rnd, 1, 1, 1, 0, 0xFEDCBA98), payload))
	}
	return messages
}

// chunks cuts messages into chunks, each in one piece.
func chunks(t testing.TB, chunkSize uint32, messages []*Message) [][]byte {
	w := newWriter(t, chunkSize)
	var all [][]byte
	for _, m := range messages {
		slices, err := w.AppendMessage(nil, m.Header, m.Payload)
		require.NoError(t, err)
		for len(slices) > 1 {
			all = append(all, append(slices[0], slices[1]...))
			slices = slices[2:]
		}
		all = append(all, bytes.Join(slices, nil)) // the header of an empty message
	}
	return all
}

func randomChunkSize(rnd *rand.Rand) uint32 {
	return pick(rnd, 1, 2, 127, 128, 129, 4096, 65536, MaxChunkSize, 1+rnd.Uint32N(3000))
}

func TestRoundTrip(t *testing.T) {
	for seed := range uint64(120) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		chunkSize := randomChunkSize(rnd)
		messages := randomMessages(rnd, 1+rnd.IntN(40), 2, 3, 4, 6, 63, 64, 319, 320, 65599)

		stream := bytes.Join(chunks(t, chunkSize, messages), nil)
		got, err := readAll(newReader(t, randomReader{bytes.NewReader(stream), rnd}, chunkSize))
		require.Equal(t, io.EOF, err, "seed %d", seed)
		require.Equal(t, messages, got, "seed %d", seed)
	}
}

// Chunks of several chunk streams may come in any order that keeps the order
// within each: each gives its own messages.
func TestRoundTripInterleaved(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		chunkSize := randomChunkSize(rnd)

		want := map[uint32][]*Message{}
		waiting := map[uint32][][]byte{}
		ids := []uint32{2, 3, 64, 400, 65599}
		for _, id := range ids {
			want[id] = randomMessages(rnd, 1+rnd.IntN(10), id)
			waiting[id] = chunks(t, chunkSize, want[id])
		}

		var stream []byte
		for len(ids) > 0 {
			i := rnd.IntN(len(ids))
			id := ids[i]
			stream = append(stream, waiting[id][0]...)
			if waiting[id] = waiting[id][1:]; len(waiting[id]) == 0 {
				ids = append(ids[:i], ids[i+1:]...)
			}
		}

		messages, err := readAll(newReader(t, randomReader{bytes.NewReader(stream), rnd}, chunkSize))
		require.Equal(t, io.EOF, err, "seed %d", seed)
		got := map[uint32][]*Message{}
		for _, m := range messages {
			got[m.ChunkStreamID] = append(got[m.ChunkStreamID], m)
		}
		require.Equal(t, want, got, "seed %d", seed)
	}
}
