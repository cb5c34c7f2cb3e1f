// Package chunk carries RTMP messages over the chunk stream.
//
// A message is cut into chunks of at most the chunk size, each with a header
// that leaves out what the chunks before it have said. Chunks of different
// chunk streams may be interleaved. RTMP 1.0, 5.3.
//
// The package neither opens connections nor interprets messages: the caller
// applies Set Chunk Size and Abort to the Reader.
//
// Its users are package link, which sends and receives with it, and message for whole messages. A
// message has at most 16,777,215 bytes, and a Reader keeps the chunk streams and the memory within
// bounds, whatever a server sends. There are no goroutines and no locks: one goroutine at a time uses a
// Reader or a Writer.
package chunk
