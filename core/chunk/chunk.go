// Package chunk carries RTMP messages over the chunk stream.
//
// A message is cut into chunks of at most the chunk size, each with a header
// that leaves out what the chunks before it have said. Chunks of different
// chunk streams may be interleaved. RTMP 1.0, 5.3.
//
// The package neither opens connections nor interprets messages: the caller
// applies Set Chunk Size and Abort to the Reader.
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
