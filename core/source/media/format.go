package media

import (
	"io"
)

// HeadSize is how much of a file its format is recognised by: some packets of a transport stream, or
// the parameter sets in front of a byte stream.
const HeadSize = 1024

// Format is a kind of media file.
type Format struct {
	Name string // in messages

	// Recognise reports whether a file is of this format. head is how it begins, behind a tag with metadata
	// if there is one: HeadSize bytes, or all of a shorter file. name is its name, for what the content
	// does not decide.
	Recognise func(name string, head []byte) bool

	// Open opens a file of this format. Only what is wrong with the media is an error of it.
	Open func(in *Input) (Reader, error)

	// TakesFPS says that the format has no times: Input.FPS is for it.
	TakesFPS bool
}

// Begins returns a Recognise of a format whose files begin with magic.
func Begins(magic string) func(name string, head []byte) bool {
	return func(_ string, head []byte) bool { return len(head) >= len(magic) && string(head[:len(magic)]) == magic }
}

// ReadHead reads HeadSize bytes from an offset on, or what there is.
func ReadHead(in *Input, offset int64) ([]byte, error) {
	head := make([]byte, max(min(HeadSize, in.Size-offset), 0))
	if _, err := in.ReadAt(head, offset); err != nil && err != io.EOF {
		return nil, err
	}
	return head, nil
}
