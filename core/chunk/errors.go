package chunk

import "errors"

// Errors of this package, to be compared with errors.Is. What they come wrapped
// in adds the numbers.
var (
	// ErrChunkSize is a chunk size outside 1 to MaxChunkSize.
	ErrChunkSize = errors.New("chunk: invalid chunk size")

	// ErrChunkStreamID is a chunk stream ID that no basic header can carry.
	ErrChunkStreamID = errors.New("chunk: invalid chunk stream id")

	// ErrTooLarge is a message over MaxMessageSize, or unfinished messages
	// over MaxUnfinishedSize together.
	ErrTooLarge = errors.New("chunk: message too large")

	// ErrTooManyStreams is a peer that uses more than MaxChunkStreams.
	ErrTooManyStreams = errors.New("chunk: too many chunk streams")

	// ErrNoHeader is a chunk that refers to a header which was never received.
	ErrNoHeader = errors.New("chunk: no header to refer to")

	// ErrUnfinished is the header of a new message on a chunk stream whose
	// message before is not complete.
	ErrUnfinished = errors.New("chunk: new message inside an unfinished one")
)
