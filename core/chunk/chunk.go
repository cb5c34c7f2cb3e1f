package chunk

// Chunk stream IDs that a chunk can carry. RTMP 1.0, 5.3.1.1.
const (
	MinChunkStreamID = 2
	MaxChunkStreamID = 65599
)

// DefaultChunkSize is the chunk size of either direction until a Set Chunk
// Size message changes it. RTMP 1.0, 5.4.1.
const DefaultChunkSize = 128

// Header is what the chunk stream says about a message.
type Header struct {
	ChunkStreamID uint32 // MinChunkStreamID to MaxChunkStreamID
	Timestamp     uint32 // milliseconds, modulo 2^32
	Type          uint8  // message type ID
	StreamID      uint32 // message stream ID
}

// Message is a whole message.
type Message struct {
	Header
	Payload []byte
}
