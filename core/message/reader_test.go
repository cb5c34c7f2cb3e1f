package message

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
)

// stream is what a peer sends.
type stream struct {
	t      *testing.T
	writer *chunk.Writer
	bytes  []byte
}

func newStream(t *testing.T) *stream {
	return &stream{t: t, writer: chunk.NewWriter()}
}

func (s *stream) add(id uint32, typeID Type, body []byte) {
	slices, err := s.writer.AppendMessage(nil, chunk.Header{ChunkStreamID: id, Type: uint8(typeID)}, body)
	require.NoError(s.t, err)
	s.bytes = append(s.bytes, bytes.Join(slices, nil)...)
}

func TestReader(t *testing.T) {
	s := newStream(t)
	for _, ca := range cases {
		if ca.typeID != TypeSetChunkSize {
			s.add(CommandChunkStream, ca.typeID, ca.body)
		}
	}

	r := NewReader(bytes.NewReader(s.bytes))
	for _, ca := range cases {
		if ca.typeID == TypeSetChunkSize {
			continue
		}
		h, m, err := r.Read()
		require.NoError(t, err, ca.name)
		require.Equal(t, chunk.Header{ChunkStreamID: CommandChunkStream, Type: uint8(ca.typeID)}, h, ca.name)

		got, err := m.AppendBody(nil)
		require.NoError(t, err)
		want, err := ca.message.AppendBody(nil)
		require.NoError(t, err)
		require.Equal(t, want, got, ca.name)
	}

	for range 2 {
		_, _, err := r.Read()
		require.Equal(t, io.EOF, err)
	}
}

func TestReaderAppliesChunkSize(t *testing.T) {
	long := bytes.Repeat([]byte{7}, 1000)

	// From 0xFFFFFF on all sizes mean the same: no message is longer.
	for _, size := range []uint32{1, 127, 4096, 0xFFFFFF, 0x1000000, chunk.MaxChunkSize} {
		s := newStream(t)
		announcement, err := (&SetChunkSize{Size: size}).AppendBody(nil)
		require.NoError(t, err)
		s.add(ControlChunkStream, TypeSetChunkSize, announcement)
		require.NoError(t, s.writer.SetChunkSize(size))
		s.add(VideoChunkStream, TypeVideo, long)
		s.add(VideoChunkStream, TypeVideo, long)

		r := NewReader(bytes.NewReader(s.bytes))
		_, m, err := r.Read()
		require.NoError(t, err)
		require.Equal(t, &SetChunkSize{Size: size}, m)
		for range 2 {
			_, m, err = r.Read()
			require.NoError(t, err)
			require.Equal(t, &Video{Body: long}, m)
		}
	}
}

func TestReaderInvalidChunkSize(t *testing.T) {
	for _, announcement := range [][]byte{body("00000000"), body("80000000"), body("8000"), nil} {
		s := newStream(t)
		s.add(ControlChunkStream, TypeSetChunkSize, announcement)
		s.add(VideoChunkStream, TypeVideo, []byte{1})

		r := NewReader(bytes.NewReader(s.bytes))
		for range 2 {
			_, m, err := r.Read()
			require.Nil(t, m)
			require.ErrorIs(t, err, chunk.ErrChunkSize)
			require.NotErrorIs(t, err, ErrBody)
		}
	}
}

func TestReaderAppliesAbort(t *testing.T) {
	s := newStream(t)
	s.add(VideoChunkStream, TypeVideo, bytes.Repeat([]byte{1}, 200))
	s.bytes = s.bytes[:12+128] // the first chunk alone
	s.add(ControlChunkStream, TypeAbort, body("00000006"))
	s.add(VideoChunkStream, TypeVideo, []byte{2})

	r := NewReader(bytes.NewReader(s.bytes))
	_, m, err := r.Read()
	require.NoError(t, err)
	require.Equal(t, &Abort{ChunkStreamID: VideoChunkStream}, m)
	_, m, err = r.Read()
	require.NoError(t, err)
	require.Equal(t, &Video{Body: []byte{2}}, m)
}

// A body that cannot be decoded costs that message only.
func TestReaderGoesOn(t *testing.T) {
	s := newStream(t)
	s.add(CommandChunkStream, TypeCommandAMF0, body("02 0005", "'x"))
	s.add(ControlChunkStream, TypeAbort, body("00"))
	s.add(VideoChunkStream, TypeVideo, []byte{1})

	r := NewReader(bytes.NewReader(s.bytes))
	for _, typeID := range []Type{TypeCommandAMF0, TypeAbort} {
		h, m, err := r.Read()
		require.ErrorIs(t, err, ErrBody)
		require.Nil(t, m)
		require.Equal(t, typeID, Type(h.Type))
	}
	_, m, err := r.Read()
	require.NoError(t, err)
	require.Equal(t, &Video{Body: []byte{1}}, m)
}
