package message

// Chunk stream IDs for the messages of a publisher; see Type.ChunkStream.
const (
	ControlChunkStream = 2
	CommandChunkStream = 3
	AudioChunkStream   = 4
	DataChunkStream    = 5
	VideoChunkStream   = 6
)
