package message

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/chunk"
)

func TestUnmarshal(t *testing.T) {
	for _, ca := range cases {
		t.Run(ca.name, func(t *testing.T) {
			m, err := Unmarshal(ca.typeID, ca.body)
			require.NoError(t, err)
			require.Equal(t, ca.message, m)
			require.Equal(t, ca.typeID, m.Type())
		})
	}
}

func TestAppendBody(t *testing.T) {
	for _, ca := range cases {
		if ca.decodeOnly {
			continue
		}
		t.Run(ca.name, func(t *testing.T) {
			got, err := ca.message.AppendBody([]byte("before"))
			require.NoError(t, err)
			require.Equal(t, append([]byte("before"), ca.body...), got)
		})
	}
}

func TestUnmarshalErrors(t *testing.T) {
	for _, ca := range []struct {
		typeID Type
		body   []byte
		text   string
	}{
		{1, body("000000"), "set chunk size of 3 bytes: chunk: invalid chunk size: at least 4 bytes are needed"},
		{1, body("00000000"), "set chunk size of 4 bytes: chunk: invalid chunk size: 0 is not within 1 to 2147483647"},
		{1, body("80000000"), "set chunk size of 4 bytes: chunk: invalid chunk size: 2147483648 is not within 1 to 2147483647"},
		{2, nil, "abort of 0 bytes: at least 4 bytes are needed"},
		{3, body("000000"), "acknowledgement of 3 bytes: at least 4 bytes are needed"},
		{4, body("00"), "user control of 1 bytes: at least 2 bytes are needed"},
		{4, body("0000 000000"), "user control of 5 bytes: stream begin with 3 bytes of data, at least 4 are needed"},
		{4, body("0003 00000001"), "user control of 6 bytes: set buffer length with 4 bytes of data, at least 8 are needed"},
		{4, body("0006"), "user control of 2 bytes: ping request with 0 bytes of data, at least 4 are needed"},
		{5, body("000000"), "window acknowledgement size of 3 bytes: at least 4 bytes are needed"},
		{6, body("00000000"), "set peer bandwidth of 4 bytes: at least 5 bytes are needed"},
		{15, nil, "AMF3 data of 0 bytes: the format byte is missing"},
		{17, body("03"), "AMF3 command of 1 bytes: the format byte is 3, only 0 is supported"},
		{20, nil, "AMF0 command of 0 bytes: the command name is missing"},
		{20, body("05"), "AMF0 command of 1 bytes: the command name is a amf.Null, not a string"},
	} {
		m, err := Unmarshal(ca.typeID, ca.body)
		require.Nil(t, m)
		require.ErrorIs(t, err, ErrBody)
		require.EqualError(t, err, "message: malformed body: "+ca.text)
	}

	for _, typeID := range []Type{TypeCommandAMF0, TypeDataAMF0} {
		_, err := Unmarshal(typeID, body("02 0005", "'x"))
		require.ErrorIs(t, err, ErrBody)
		require.ErrorIs(t, err, amf.ErrTruncated)
	}
}

func TestAppendBodyErrors(t *testing.T) {
	for _, ca := range []struct {
		message Message
		err     error
	}{
		{&SetChunkSize{}, chunk.ErrChunkSize},
		{&SetChunkSize{Size: 0x80000000}, chunk.ErrChunkSize},
		{&UserControl{Event: PingResponse, Data: []byte{1}}, ErrBody},
		{&Command{Name: "x", Arguments: []amf.Value{1}}, amf.ErrType},
		{&Data{Values: []amf.Value{1}, AMF3: true}, amf.ErrType},
	} {
		got, err := ca.message.AppendBody([]byte("before"))
		require.ErrorIs(t, err, ErrBody)
		require.ErrorIs(t, err, ca.err)
		require.Equal(t, []byte("before"), got)
	}
}

// A command without an object is sent with null in its place.
func TestCommandWithoutObject(t *testing.T) {
	got, err := (&Command{Name: "x", AMF3: true}).AppendBody(nil)
	require.NoError(t, err)
	require.Equal(t, body("00", "02 0001", "'x", "00 0000000000000000", "05"), got)
}

func TestUserControlFields(t *testing.T) {
	for _, ca := range []struct {
		message             *UserControl
		streamID, timestamp uint32
	}{
		{NewUserControl(StreamBegin, 1), 1, 0},
		{NewUserControl(SetBufferLength, 2, 3000), 2, 0},
		{NewUserControl(PingRequest, 77), 0, 77},
		{NewUserControl(PingResponse, 78), 0, 78},
		{NewUserControl(31, 79), 0, 0},
		{NewUserControl(StreamEOF), 0, 0},
	} {
		require.Equal(t, ca.streamID, ca.message.StreamID())
		require.Equal(t, ca.timestamp, ca.message.Timestamp())
	}
}

func TestNames(t *testing.T) {
	for typeID := range 256 {
		typeID := Type(typeID)
		if m := newOf(typeID); m != nil {
			require.Equal(t, typeID, m.Type())
			require.NotContains(t, typeID.String(), "message type")
		}
	}
	require.Equal(t, "AMF0 command", TypeCommandAMF0.String())
	require.Equal(t, "message type 7", Type(7).String())
	require.Equal(t, "ping request", PingRequest.String())
	require.Equal(t, "event type 5", EventType(5).String())
	require.Equal(t, "hard", LimitHard.String())
	require.Equal(t, "soft", LimitSoft.String())
	require.Equal(t, "dynamic", LimitDynamic.String())
	require.Equal(t, "limit type 3", LimitType(3).String())
}

// The IDs are distinct, few enough for every server, and each kind of message has its own.
func TestChunkStreams(t *testing.T) {
	seen := map[uint32]bool{}
	for _, id := range []uint32{
		ControlChunkStream, CommandChunkStream, AudioChunkStream, DataChunkStream, VideoChunkStream,
	} {
		require.False(t, seen[id])
		seen[id] = true
		require.GreaterOrEqual(t, id, uint32(2))
		require.LessOrEqual(t, id, uint32(8))
	}
	for kind, want := range map[Type]uint32{
		TypeSetChunkSize: 2, TypeAbort: 2, TypeAcknowledgement: 2, TypeUserControl: 2, TypeWindowAckSize: 2, TypeSetPeerBandwidth: 2,
		TypeCommandAMF0: 3, TypeCommandAMF3: 3, TypeAudio: 4, TypeDataAMF0: 5, TypeDataAMF3: 5, TypeVideo: 6,
	} {
		require.Equal(t, want, kind.ChunkStream(), kind)
	}
}
