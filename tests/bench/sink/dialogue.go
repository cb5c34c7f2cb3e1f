package main

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"luatrtmp/amf"
	"luatrtmp/core/chunk"
	"luatrtmp/core/message"
)

const (
	streamID = 1

	// toldChunkSize is what most servers say, and what ffmpeg then takes for its own.
	toldChunkSize = 4096
)

// answers collects what is to be sent to the publisher.
type answers struct {
	out     *chunk.Writer
	waiting []byte
}

// raw adds bytes as they are.
func (a *answers) raw(b []byte) { a.waiting = append(a.waiting, b...) }

// take returns what has been collected.
func (a *answers) take() []byte {
	b := a.waiting
	a.waiting = nil
	return b
}

// send adds a message on a message stream.
func (a *answers) send(id, stream uint32, m message.Message) error {
	body, err := m.AppendBody(nil)
	if err != nil {
		return err
	}
	if a.out == nil {
		a.out = chunk.NewWriter()
	}
	pieces, err := a.out.AppendMessage(nil, chunk.Header{ChunkStreamID: id, Type: uint8(m.Type()), StreamID: stream}, body)
	for _, p := range pieces {
		a.raw(p)
	}
	a.out.Reset()
	return err
}

func (a *answers) command(stream uint32, name string, id float64, object amf.Value, arguments ...amf.Value) error {
	return a.send(message.CommandChunkStream, stream, &message.Command{Name: name, TransactionID: id, Object: object, Arguments: arguments})
}

// command answers a command. RTMP 1.0, 7.2.
func (s *stream) command(body []byte) error {
	m, err := message.Unmarshal(message.TypeCommandAMF0, body)
	if err != nil {
		return err
	}
	c := m.(*message.Command)
	switch c.Name {
	case "connect":
		if err := s.answers.send(message.ControlChunkStream, 0, &message.WindowAckSize{Size: 1 << 30}); err != nil {
			return err
		}
		if err := s.answers.send(message.ControlChunkStream, 0, &message.SetChunkSize{Size: toldChunkSize}); err != nil {
			return err
		}
		if err := s.answers.out.SetChunkSize(toldChunkSize); err != nil {
			return err
		}
		return s.answers.command(0, "_result", c.TransactionID, amf.Object{{Name: "fmsVer", Value: "FMS/3,0,1,123"}},
			status("NetConnection.Connect.Success"))
	case "createStream":
		return s.answers.command(0, "_result", c.TransactionID, amf.Null{}, float64(streamID))
	case "publish":
		return s.publish(c)
	}
	return nil
}

func (s *stream) publish(c *message.Command) error {
	if len(c.Arguments) == 0 {
		return fmt.Errorf("publish without a name")
	}
	s.name, _ = c.Arguments[0].(string)
	s.wants, _, _ = strings.Cut(s.name, "-")
	s.publishing, s.ordered = true, true
	return s.answers.command(streamID, "onStatus", 0, amf.Null{}, status("NetStream.Publish.Start"))
}

func status(code string) amf.Object {
	return amf.Object{{Name: "level", Value: "status"}, {Name: "code", Value: code}, {Name: "description", Value: "accepted"}}
}

// cpu is the processor time of this process, in ns.
func cpu() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t)
	return t.Nano()
}
