package chunk

// MaxMessageSize is the longest payload in bytes: what the 24-bit message
// length can say. RTMP 1.0, 5.3.1.2.1.
const MaxMessageSize = 0xFFFFFF

// MaxChunkSize is the largest chunk size that Set Chunk Size can announce: its
// top bit must be zero. RTMP 1.0, 5.4.1.
const MaxChunkSize = 0x7FFFFFFF

// MaxChunkStreams is how many chunk stream IDs a Reader follows. Peers use
// fewer than ten; the state of each one is kept until the Reader goes.
const MaxChunkStreams = 64

// MaxUnfinishedSize is how many bytes a Reader sets aside for messages of which
// chunks are still to come, over all chunk streams: room for two messages of
// the greatest size, and a bound on what a hostile peer can occupy.
const MaxUnfinishedSize = 32 << 20

// readBufferSize is the Reader's own buffer. It is small because many
// connections may be idle, and what servers send to a publisher is short; a
// longer payload is read past the buffer, straight into its place.
const readBufferSize = 1024

// firstAllocation is what the first bytes of a payload are given; from there
// the space doubles as data arrives, so an announced length costs nothing.
const firstAllocation = 2048
