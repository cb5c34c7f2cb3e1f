package chunk

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// readAll reads until an error.
func readAll(r *Reader) ([]*Message, error) {
	var messages []*Message
	for {
		m, err := r.Read()
		if err != nil {
			return messages, err
		}
		messages = append(messages, m)
	}
}

func newReader(t testing.TB, r io.Reader, chunkSize uint32) *Reader {
	reader := NewReader(r)
	require.NoError(t, reader.SetChunkSize(chunkSize))
	return reader
}

func TestReader(t *testing.T) {
	for _, ca := range cases {
		t.Run(ca.name, func(t *testing.T) {
			for name, source := range map[string]io.Reader{
				"whole":          bytes.NewReader(ca.wire),
				"byte by byte":   iotest.OneByteReader(bytes.NewReader(ca.wire)),
				"data with EOF":  iotest.DataErrReader(bytes.NewReader(ca.wire)),
				"half of a read": iotest.HalfReader(bytes.NewReader(ca.wire)),
			} {
				messages, err := readAll(newReader(t, source, ca.chunkSize))
				require.Equal(t, io.EOF, err, name)
				require.Equal(t, ca.messages, messages, name)
			}
		})
	}
}

// A stream that is cut anywhere gives whole messages only, and then one of the
// two ends.
func TestReaderCut(t *testing.T) {
	for _, ca := range cases {
		t.Run(ca.name, func(t *testing.T) {
			for n := range min(len(ca.wire), 200) {
				r := newReader(t, bytes.NewReader(ca.wire[:n]), ca.chunkSize)
				messages, err := readAll(r)
				require.Equal(t, ca.messages[:len(messages)], append([]*Message{}, messages...))
				if err != io.EOF {
					require.ErrorIs(t, err, io.ErrUnexpectedEOF)
					require.NotErrorIs(t, err, io.EOF)
				}

				_, again := r.Read()
				require.Equal(t, err, again)
			}
		})
	}
}

func TestReaderErrors(t *testing.T) {
	broken := errors.New("broken")

	many := []byte{}
	for id := range uint32(MaxChunkStreams + 1) {
		many = appendBasicHeader(many, type0, MinChunkStreamID+id)
		many = append(many, make([]byte, type0Size)...)
	}

	for _, ca := range []struct {
		name string
		wire []byte
		err  error
		text string
	}{
		{"nothing", nil, io.EOF, "EOF"},
		{
			"end in the basic header", wire("00"), io.ErrUnexpectedEOF,
			"chunk: read a basic header: unexpected EOF",
		},
		{
			"end in the message header", wire("03 0000"), io.ErrUnexpectedEOF,
			"chunk: chunk stream 3: read a message header: unexpected EOF",
		},
		{
			"end in the extended timestamp", wire("03 FFFFFF 000001 09 00000000 00"), io.ErrUnexpectedEOF,
			"chunk: chunk stream 3: read a message header: unexpected EOF",
		},
		{
			"end in the payload", wire("03 000000 000003 09 00000000 0101"), io.ErrUnexpectedEOF,
			"chunk: chunk stream 3: read a payload, 2 of 3 bytes are here: unexpected EOF",
		},
		{
			"end between two chunks of a message", wire("03 000000 000081 09 00000000", fill(1, 128)), io.ErrUnexpectedEOF,
			"chunk: read a basic header: unexpected EOF",
		},
		{
			"type 2 first", wire("83 000000"), ErrNoHeader,
			"chunk: no header to refer to: chunk stream 3 starts with a type 2 chunk",
		},
		{
			"type 3 first", wire("C3"), ErrNoHeader,
			"chunk: no header to refer to: chunk stream 3 starts with a type 3 chunk",
		},
		{
			"new message in an unfinished one", wire("03 000000 000081 09 00000000", fill(1, 128), "43"), ErrUnfinished,
			"chunk: new message inside an unfinished one: chunk stream 3: type 1 chunk after 128 of 129 bytes of a message of type 9",
		},
		{
			"too many chunk streams", many, ErrTooManyStreams,
			"chunk: too many chunk streams: chunk stream 66 comes after 64 others",
		},
	} {
		t.Run(ca.name, func(t *testing.T) {
			_, err := readAll(NewReader(bytes.NewReader(ca.wire)))
			require.ErrorIs(t, err, ca.err)
			require.EqualError(t, err, ca.text)
			if ca.err != io.EOF && ca.err != io.ErrUnexpectedEOF {
				return
			}

			// Other errors of the source are passed on from the same places.
			_, err = readAll(NewReader(io.MultiReader(bytes.NewReader(ca.wire), iotest.ErrReader(broken))))
			require.ErrorIs(t, err, broken)
		})
	}

	t.Run("broken in a repeated timestamp", func(t *testing.T) {
		head := wire("06 FFFFFF 000081 09 01000000 01020304", fill(1, 128), "C6 0102")
		_, err := readAll(NewReader(io.MultiReader(bytes.NewReader(head), iotest.ErrReader(broken))))
		require.ErrorIs(t, err, broken)
	})
}

func TestReaderChunkSize(t *testing.T) {
	r := NewReader(bytes.NewReader(wire(
		"03 000000 000081 09 00000000", fill(1, 128), "C3 01",
		"04 000000 000081 09 00000000", fill(2, 128),
		"05 000000 000001 09 00000000 03",
		"C4 02",
		"03 000000 00012C 09 00000000", fill(4, 300),
	)))
	for _, n := range []uint32{0, 0x80000000, 0xFFFFFFFF} {
		require.ErrorIs(t, r.SetChunkSize(n), ErrChunkSize)
	}

	m, err := r.Read()
	require.NoError(t, err)
	require.Len(t, m.Payload, 129)

	m, err = r.Read()
	require.NoError(t, err)
	require.Len(t, m.Payload, 1)

	// A new size holds for the chunks to come of a message that has begun.
	require.NoError(t, r.SetChunkSize(MaxChunkSize))
	messages, err := readAll(r)
	require.Equal(t, io.EOF, err)
	require.Len(t, messages, 2)
	require.Equal(t, fill(2, 129), messages[0].Payload)
	require.Equal(t, fill(4, 300), messages[1].Payload)
}

func TestReaderAbort(t *testing.T) {
	r := newReader(t, bytes.NewReader(wire(
		"04 000064 000005 08 01000000 0101",
		"02 000000 000000 03 00000000",
		"84 00000A 0202 C4 0202 C4 02",
	)), 2)

	m, err := r.Read()
	require.NoError(t, err)
	require.Equal(t, uint32(2), m.ChunkStreamID)
	require.NotZero(t, int(r.unfinished))

	r.Abort(2) // nothing open there
	r.Abort(9) // unknown
	r.Abort(4)
	require.Zero(t, int(r.unfinished))
	require.Zero(t, r.open)

	// The header of what was discarded still counts for what follows.
	m, err = r.Read()
	require.NoError(t, err)
	require.Equal(t, message(4, 110, 8, 1, fill(2, 5)), m)
	_, err = r.Read()
	require.Equal(t, io.EOF, err)
}

// Payloads belong to the caller: later reads do not change them.
func TestReaderPayloadIsOwned(t *testing.T) {
	r := NewReader(bytes.NewReader(wire(
		"03 000000 000002 09 00000000 0101",
		"83 000000 0202",
	)))
	first, err := r.Read()
	require.NoError(t, err)
	second, err := r.Read()
	require.NoError(t, err)
	require.Equal(t, fill(1, 2), first.Payload)
	require.Equal(t, fill(2, 2), second.Payload)
}
