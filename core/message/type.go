package message

import "fmt"

// Type is a message type ID.
type Type uint8

// Message type IDs. RTMP 1.0, 5.4 and 7.1.
const (
	TypeSetChunkSize     Type = 1
	TypeAbort            Type = 2
	TypeAcknowledgement  Type = 3
	TypeUserControl      Type = 4
	TypeWindowAckSize    Type = 5
	TypeSetPeerBandwidth Type = 6
	TypeAudio            Type = 8
	TypeVideo            Type = 9
	TypeDataAMF3         Type = 15
	TypeSharedObjectAMF3 Type = 16
	TypeCommandAMF3      Type = 17
	TypeDataAMF0         Type = 18
	TypeSharedObjectAMF0 Type = 19
	TypeCommandAMF0      Type = 20
	TypeAggregate        Type = 22
)

var typeNames = [...]string{
	TypeSetChunkSize:     "set chunk size",
	TypeAbort:            "abort",
	TypeAcknowledgement:  "acknowledgement",
	TypeUserControl:      "user control",
	TypeWindowAckSize:    "window acknowledgement size",
	TypeSetPeerBandwidth: "set peer bandwidth",
	TypeAudio:            "audio",
	TypeVideo:            "video",
	TypeDataAMF3:         "AMF3 data",
	TypeSharedObjectAMF3: "AMF3 shared object",
	TypeCommandAMF3:      "AMF3 command",
	TypeDataAMF0:         "AMF0 data",
	TypeSharedObjectAMF0: "AMF0 shared object",
	TypeCommandAMF0:      "AMF0 command",
	TypeAggregate:        "aggregate",
}

// String returns the name of the type in the specification's words.
func (t Type) String() string {
	if int(t) < len(typeNames) && typeNames[t] != "" {
		return typeNames[t]
	}
	return fmt.Sprintf("message type %d", uint8(t))
}

// ChunkStream returns the ID of the chunk stream on which a publisher sends messages of the type.
//
// The specification reserves 2 for control messages (RTMP 1.0, 5.4) and leaves the choice of the
// others to the sender, up to 65599. In practice only 2 to 8 may be used: nginx-rtmp closes a
// connection that uses 32 or more, and other publishers stay below 9. Audio, video and data have one
// each, so that the timestamps on a chunk stream grow and headers stay short.
func (t Type) ChunkStream() uint32 {
	switch t {
	case TypeAudio:
		return AudioChunkStream
	case TypeVideo, TypeAggregate:
		return VideoChunkStream
	case TypeDataAMF0, TypeDataAMF3, TypeSharedObjectAMF0, TypeSharedObjectAMF3:
		return DataChunkStream
	case TypeCommandAMF0, TypeCommandAMF3:
		return CommandChunkStream
	}
	return ControlChunkStream
}
