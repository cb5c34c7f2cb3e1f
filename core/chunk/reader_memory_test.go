package chunk

import (
	"bytes"
	"io"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// announce begins messages of the greatest size on all chunk streams, with n
// bytes of payload each, which must be the chunk size.
func announce(n int) []byte {
	var b []byte
	for id := range uint32(MaxChunkStreams) {
		b = appendBasicHeader(b, type0, MinChunkStreamID+id)
		b = appendMessageHeader(b, type0, messageHeader{length: MaxMessageSize})
		b = append(b, make([]byte, n)...)
	}
	return b
}

func TestReaderAnnouncedLengthCostsNothing(t *testing.T) {
	source := bytes.NewReader(announce(1))

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := newReader(t, source, 1)
	_, err := r.Read()
	runtime.ReadMemStats(&after)

	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.EqualValues(t, MaxChunkStreams, r.open)
	require.LessOrEqual(t, int(r.unfinished), MaxChunkStreams*firstAllocation)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

func TestReaderUnfinishedSize(t *testing.T) {
	const each = MaxUnfinishedSize/MaxChunkStreams + 1

	r := newReader(t, bytes.NewReader(announce(each)), each)
	_, err := r.Read()
	require.ErrorIs(t, err, ErrTooLarge)
	require.ErrorContains(t, err, "of 16777215 bytes are here, unfinished messages are limited to 33554432 bytes together")
	require.LessOrEqual(t, int(r.unfinished), MaxUnfinishedSize)
}

// Two messages of the greatest size may be under way at once.
func TestReaderGreatestSize(t *testing.T) {
	const half = MaxMessageSize/2 + 1

	var b []byte
	for id := range uint32(2) {
		b = appendBasicHeader(b, type0, 4+id)
		b = appendMessageHeader(b, type0, messageHeader{length: MaxMessageSize})
		b = append(b, fill(byte(id), half)...)
	}
	for id := range uint32(2) {
		b = appendBasicHeader(b, type3, 4+id)
		b = append(b, fill(byte(id), MaxMessageSize-half)...)
	}

	r := newReader(t, bytes.NewReader(b), half)
	messages, err := readAll(r)
	require.Equal(t, io.EOF, err)
	require.Len(t, messages, 2)
	for i, m := range messages {
		require.True(t, bytes.Equal(fill(byte(i), MaxMessageSize), m.Payload))
		require.Equal(t, MaxMessageSize, cap(m.Payload))
	}
	require.Zero(t, int(r.unfinished))
}

// What comes in pieces, and what comes at once with what follows it, is the same.
func TestReaderPieces(t *testing.T) {
	var b []byte
	for range 3 {
		b = appendBasicHeader(b, type0, 5)
		b = append(appendMessageHeader(b, type0, messageHeader{length: 2}), 1, 2)
	}
	r := NewReader(bytes.NewReader(b[:len(b)-1]))
	_, err := r.Read()
	require.NoError(t, err)
	m, err := r.Read()
	require.NoError(t, err)
	require.Equal(t, []byte{1, 2}, m.Payload)
	_, err = r.Read()
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)

	one := &oneByOne{b: b}
	r = NewReader(one)
	for range 3 {
		m, err := r.Read()
		require.NoError(t, err)
		require.Equal(t, []byte{1, 2}, m.Payload)
	}
}

// oneByOne gives a byte at a time.
type oneByOne struct{ b []byte }

func (o *oneByOne) Read(p []byte) (int, error) {
	if len(o.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:1], o.b)
	o.b = o.b[n:]
	return n, nil
}
