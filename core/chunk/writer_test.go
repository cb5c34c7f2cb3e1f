package chunk

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func newWriter(t testing.TB, chunkSize uint32) *Writer {
	w := NewWriter()
	require.NoError(t, w.SetChunkSize(chunkSize))
	return w
}

func TestWriter(t *testing.T) {
	for _, ca := range cases {
		if ca.readOnly {
			continue
		}
		t.Run(ca.name, func(t *testing.T) {
			w := newWriter(t, ca.chunkSize)
			var slices [][]byte
			for _, m := range ca.messages {
				var err error
				slices, err = w.AppendMessage(slices, m.Header, m.Payload)
				require.NoError(t, err)
			}
			require.Equal(t, ca.wire, bytes.Join(slices, nil))
		})
	}
}

// A payload in any pieces gives the same bytes, and none of it is copied.
func TestWriterPieces(t *testing.T) {
	payload := []byte{0, 1, 2, 3, 4, 5, 6}
	h := Header{ChunkStreamID: 6, Type: 9, StreamID: 1}
	want := wire("06 000000 000007 09 01000000 000102 C6 030405 C6 06")

	for first := range len(payload) + 1 {
		for second := first; second <= len(payload); second++ {
			w := newWriter(t, 3)
			slices, err := w.AppendMessage(nil, h, payload[:first], nil, payload[first:second], payload[second:], nil)
			require.NoError(t, err)
			require.Equal(t, want, bytes.Join(slices, nil))

			rest := payload
			for _, s := range slices {
				if len(rest) > 0 && &s[0] == &rest[0] {
					rest = rest[len(s):]
				}
			}
			require.Empty(t, rest, "slices that alias the payload")
		}
	}
}

func TestWriterErrors(t *testing.T) {
	w := NewWriter()
	for _, n := range []uint32{0, 0x80000000, 0xFFFFFFFF} {
		require.ErrorIs(t, w.SetChunkSize(n), ErrChunkSize)
	}
	require.EqualError(t, w.SetChunkSize(0), "chunk: invalid chunk size: 0 is not within 1 to 2147483647")

	dst, err := w.AppendMessage(nil, Header{ChunkStreamID: 3, Type: 9}, []byte{1})
	require.NoError(t, err)

	half := make([]byte, MaxMessageSize/2+1)
	for _, ca := range []struct {
		header  Header
		payload [][]byte
		err     error
		text    string
	}{
		{Header{ChunkStreamID: 0}, nil, ErrChunkStreamID, "chunk: invalid chunk stream id: 0 is not within 2 to 65599"},
		{Header{ChunkStreamID: 1}, nil, ErrChunkStreamID, "chunk: invalid chunk stream id: 1 is not within 2 to 65599"},
		{Header{ChunkStreamID: 65600}, nil, ErrChunkStreamID, "chunk: invalid chunk stream id: 65600 is not within 2 to 65599"},
		{Header{ChunkStreamID: 3}, [][]byte{half, half}, ErrTooLarge, "chunk: message too large: more than 16777215 bytes"},
	} {
		got, err := w.AppendMessage(dst, ca.header, ca.payload...)
		require.ErrorIs(t, err, ca.err)
		require.EqualError(t, err, ca.text)
		require.Equal(t, dst, got)
	}

	// What failed has left no trace.
	dst, err = w.AppendMessage(nil, Header{ChunkStreamID: 3, Type: 9}, []byte{2})
	require.NoError(t, err)
	require.Equal(t, wire("83 000000 02"), bytes.Join(dst, nil))

	dst, err = w.AppendMessage(nil, Header{ChunkStreamID: 3, Type: 9}, make([]byte, MaxMessageSize))
	require.NoError(t, err)
	require.NotEmpty(t, dst)
}

// Slices stay right when the scratch space moves under them.
func TestWriterScratchMoves(t *testing.T) {
	w := newWriter(t, 1)
	var slices [][]byte
	var want []byte
	for i := range uint32(300) {
		var err error
		slices, err = w.AppendMessage(slices, Header{ChunkStreamID: 2 + i, Timestamp: i, Type: 8}, []byte{1, 2})
		require.NoError(t, err)

		want = appendBasicHeader(want, type0, 2+i)
		want = appendMessageHeader(want, type0, messageHeader{time: i, length: 2, typeID: 8})
		want = append(want, 1)
		want = appendBasicHeader(want, type3, 2+i)
		want = append(want, 2)
	}
	require.Equal(t, want, bytes.Join(slices, nil))
}

func TestWriterReset(t *testing.T) {
	w := NewWriter()
	dst, err := w.AppendMessage(nil, Header{ChunkStreamID: 6, Type: 9, StreamID: 1}, []byte{1})
	require.NoError(t, err)
	require.Len(t, bytes.Join(dst, nil), 13)
	require.Len(t, w.scratch, 12)

	w.Reset()
	require.Empty(t, w.scratch)

	// The state of the chunk streams goes on.
	dst, err = w.AppendMessage(dst[:0], Header{ChunkStreamID: 6, Timestamp: 40, Type: 9, StreamID: 1}, []byte{2})
	require.NoError(t, err)
	require.Equal(t, wire("86 000028 02"), bytes.Join(dst, nil))
}

func TestWriterAllocates(t *testing.T) {
	w := newWriter(t, 1000)
	dst := make([][]byte, 0, 64)
	tag, frame := make([]byte, 5), make([]byte, 20000)
	timestamp := uint32(0xFFFFFF00)

	require.Zero(t, testing.AllocsPerRun(100, func() {
		for _, id := range []uint32{4, 6, 400} {
			var err error
			dst, err = w.AppendMessage(dst[:0], Header{ChunkStreamID: id, Timestamp: timestamp, Type: 9, StreamID: 1}, tag, frame)
			if err != nil {
				panic(err)
			}
		}
		timestamp += 40
		w.Reset()
	}))
}

func BenchmarkWriter(b *testing.B) {
	w := newWriter(b, 65536)
	dst := make([][]byte, 0, 16)
	tag, frame := make([]byte, 5), make([]byte, 20000)
	h := Header{ChunkStreamID: 6, Type: 9, StreamID: 1}
	b.ReportAllocs()
	for b.Loop() {
		h.Timestamp += 33
		dst, _ = w.AppendMessage(dst[:0], h, tag, frame)
		w.Reset()
	}
}
