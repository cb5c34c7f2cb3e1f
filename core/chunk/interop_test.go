package chunk

import (
	"bytes"
	"io"
	"math/bits"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
	"github.com/stretchr/testify/require"
)

// interopMessages keep to what gortmplib handles: 1-byte ids and timestamps
// that do not wrap.
func interopMessages() []*Message {
	var messages []*Message
	for _, id := range []uint32{4, 6} {
		for _, timestamp := range []uint32{0, 20, 40, 60, 50, extendedMark - 1, extendedMark, extendedMark + 40, 5 * extendedMark} {
			for _, size := range []int{300, 300, 128, 129, 1} {
				messages = append(messages, message(id, timestamp, 9, 1, fill(byte(size), size)))
			}
		}
	}
	return messages
}

// What the Writer writes, an independent implementation reads.
func TestInteropWriter(t *testing.T) {
	messages := interopMessages()
	stream := bytes.Join(chunks(t, DefaultChunkSize, messages), nil)

	source := bytecounter.NewReader(bytes.NewReader(stream))
	r := rawmessage.NewReader(source, source, nil)
	for _, want := range messages {
		got, err := r.Read()
		require.NoError(t, err)
		require.Equal(t, want, fromInterop(got))
	}
}

// What an independent implementation writes, the Reader reads. Its extended
// timestamps on type 3 chunks are zeros.
func TestInteropReader(t *testing.T) {
	messages := interopMessages()
	var stream bytes.Buffer
	sink := bytecounter.NewWriter(&stream)
	w := rawmessage.NewWriter(sink, sink, false)
	for _, m := range messages {
		require.NoError(t, w.Write(&rawmessage.Message{
			ChunkStreamID:   byte(m.ChunkStreamID),
			Timestamp:       time.Duration(m.Timestamp) * time.Millisecond,
			Type:            m.Type,
			MessageStreamID: bits.ReverseBytes32(m.StreamID),
			Body:            m.Payload,
		}))
	}

	got, err := readAll(NewReader(&stream))
	require.Equal(t, io.EOF, err)
	require.Equal(t, messages, got)
}

// fromInterop turns the message stream ID round, which gortmplib takes for
// big-endian.
func fromInterop(m *rawmessage.Message) *Message {
	return message(uint32(m.ChunkStreamID), uint32(m.Timestamp/time.Millisecond),
		m.Type, bits.ReverseBytes32(m.MessageStreamID), m.Body)
}
