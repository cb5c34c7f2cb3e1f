package main

import (
	"bytes"

	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

// checkChunkSize keeps most messages in one chunk on the way through the checker.
const checkChunkSize = 65536

// checker reads raw messages with gortmplib's own message parser. The recording takes the raw bytes, which the parsed
// form does not keep; the parsed form reports whether gortmplib, and a server built on it, would take the message.
type checker struct {
	buf bytes.Buffer
	w   *rawmessage.Writer
	r   *message.Reader
}

func newChecker() (*checker, error) {
	c := &checker{}
	c.w = rawmessage.NewWriter(&c.buf, nil, false)
	c.r = message.NewReader(&c.buf, nil, nil)

	if err := message.NewWriter(&c.buf, nil, false).Write(&message.SetChunkSize{Value: checkChunkSize}); err != nil {
		return nil, err
	}
	if _, err := c.r.Read(); err != nil {
		return nil, err
	}
	c.w.SetChunkSize(checkChunkSize)

	return c, nil
}

// decode returns the parsed form of a message, or gortmplib's objection. Messages that gortmplib would take as orders
// to its reader (Set Chunk Size and its like) are parsed in a reader of their own. The result is nil for user control
// events that gortmplib does not know: the specification wants them ignored.
func (c *checker) decode(raw *rawmessage.Message) (message.Message, error) {
	// The timestamp plays no part in the parsing.
	plain := &rawmessage.Message{
		ChunkStreamID: raw.ChunkStreamID, Type: raw.Type, MessageStreamID: raw.MessageStreamID, Body: raw.Body,
	}

	switch message.Type(raw.Type) {
	case message.TypeAudio, message.TypeVideo, message.TypeDataAMF0, message.TypeCommandAMF0:
		if err := c.w.Write(plain); err != nil {
			return nil, err
		}
		return c.r.Read()
	}

	var buf bytes.Buffer
	if err := rawmessage.NewWriter(&buf, nil, false).Write(plain); err != nil {
		return nil, err
	}

	m, err := message.NewReader(&buf, nil, nil).Read()
	if err != nil && message.Type(raw.Type) == message.TypeUserControl {
		return nil, nil
	}

	return m, err
}
