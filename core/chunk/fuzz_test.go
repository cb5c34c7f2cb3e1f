package chunk

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzReader reads anything. It must not panic, must not occupy more than the
// input accounts for, and what it has read must survive being written.
func FuzzReader(f *testing.F) {
	for _, ca := range cases {
		f.Add(ca.chunkSize, ca.wire)
	}

	f.Fuzz(func(t *testing.T, chunkSize uint32, stream []byte) {
		r := NewReader(bytes.NewReader(stream))
		if r.SetChunkSize(chunkSize) != nil {
			return
		}

		messages, err := readAll(r)
		require.Error(t, err)
		require.LessOrEqual(t, int(r.unfinished), 2*len(stream)+MaxChunkStreams*firstAllocation)

		total := 0
		for _, m := range messages {
			total += len(m.Payload)
		}
		require.LessOrEqual(t, total, len(stream))

		requireRoundTrip(t, chunkSize, messages)
	})
}

// FuzzRoundTrip writes and reads messages that the input describes, 15 bytes
// each: chunk stream ID, timestamp, type, message stream ID, size.
func FuzzRoundTrip(f *testing.F) {
	for _, ca := range cases {
		var description []byte
		for _, m := range ca.messages {
			description = binary.BigEndian.AppendUint32(description, m.ChunkStreamID)
			description = binary.BigEndian.AppendUint32(description, m.Timestamp)
			description = append(description, m.Type)
			description = binary.BigEndian.AppendUint32(description, m.StreamID)
			description = binary.BigEndian.AppendUint16(description, uint16(len(m.Payload)))
		}
		f.Add(ca.chunkSize, description)
	}

	f.Fuzz(func(t *testing.T, chunkSize uint32, description []byte) {
		if checkChunkSize(chunkSize) != nil {
			return
		}

		var messages []*Message
		for b := description; len(b) >= 15 && len(messages) < MaxChunkStreams; b = b[15:] {
			const ids = MaxChunkStreamID - MinChunkStreamID + 1
			m := message(MinChunkStreamID+binary.BigEndian.Uint32(b)%ids,
				binary.BigEndian.Uint32(b[4:]), b[8], binary.BigEndian.Uint32(b[9:]), nil)
			if size := binary.BigEndian.Uint16(b[13:]) % 4096; size > 0 {
				m.Payload = fill(b[14], int(size))
			}
			messages = append(messages, m)
		}
		requireRoundTrip(t, chunkSize, messages)
	})
}

func requireRoundTrip(t *testing.T, chunkSize uint32, messages []*Message) {
	stream := bytes.Join(chunks(t, chunkSize, messages), nil)
	got, err := readAll(newReader(t, bytes.NewReader(stream), chunkSize))
	require.Equal(t, io.EOF, err)
	require.Equal(t, messages, got)
}
