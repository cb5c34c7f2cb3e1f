package message

// Chunk stream IDs for the messages of a publisher.
//
// The specification reserves 2 for control messages (RTMP 1.0, 5.4) and leaves
// the choice of the others to the sender, up to 65599. In practice only 2 to 8
// may be used: nginx-rtmp closes a connection that uses 32 or more, and other
// publishers stay below 9. Audio, video and data have one each, so that the
// timestamps on a chunk stream grow and headers stay short.
const (
	ControlChunkStream = 2
	CommandChunkStream = 3
	AudioChunkStream   = 4
	DataChunkStream    = 5
	VideoChunkStream   = 6
)
