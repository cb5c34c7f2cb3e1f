package media

import (
	"fmt"
	"io"
	"slices"
)

// Input is the bytes of a file. All readers know its size beforehand and check every length against it.
type Input struct {
	io.ReaderAt
	Size    int64                 // the largest that is known: a file may grow
	Stat    func() (int64, error) // asks for the size; nil if it does not change
	OnClose func() error          // closes the file; nil if there is nothing to close

	FPS float64 // frames per second that the caller asks for; 0 if the media says it

	Warn   func(text string) // is told of what is wrong with a file that is read all the same; may be nil
	warned []string          // the texts of the warnings so far
}

// maxWarnings bounds the warnings about one file.
const maxWarnings = 16

// Warnf warns of a fault that the reader gets over. A fault that comes again, as in each round of a loop, is not repeated.
func (in *Input) Warnf(format string, args ...any) {
	if in.Warn == nil || len(in.warned) >= maxWarnings {
		return
	}
	text := fmt.Sprintf(format, args...)
	if slices.Contains(in.warned, text) {
		return
	}
	in.warned = append(in.warned, text)
	in.Warn(text)
}

// Close closes the input once.
func (in *Input) Close() error {
	if in.OnClose == nil {
		return nil
	}
	f := in.OnClose
	in.OnClose = nil
	return f()
}

// Section returns a reader of everything from offset on.
func (in *Input) Section(offset int64) *io.SectionReader {
	return io.NewSectionReader(in, offset, max(in.Size-offset, 0))
}

// ReadAt reads as io.ReaderAt has it. Where a file has become shorter than it was, the error wraps ErrTruncated.
func (in *Input) ReadAt(b []byte, offset int64) (int, error) {
	n, err := in.ReaderAt.ReadAt(b, offset)
	switch {
	case n == len(b):
		return n, nil
	case err == io.EOF && offset+int64(n) < in.Size:
		return n, fmt.Errorf("%w: it has no more than %d bytes at offset %d, but it had %d in all", ErrTruncated, n, offset, in.Size)
	}
	return n, err
}

// Left returns how many bytes follow an offset. Near the end it asks the file, which may have grown.
func (in *Input) Left(offset int64) int64 {
	if in.Stat != nil && in.Size-offset < ReadSize {
		if size, err := in.Stat(); err == nil {
			in.Size = max(in.Size, size)
		}
	}
	return max(in.Size-offset, 0)
}
