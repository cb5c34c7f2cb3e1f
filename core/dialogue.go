package core

import (
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"luatrtmp/amf"
	"luatrtmp/core/chunk"
	"luatrtmp/core/message"
)

// dialogue is the conversation that begins and ends publishing. RTMP 1.0, 7.2; releaseStream, FCPublish and
// FCUnpublish are what every publisher sends and many servers want.
type dialogue struct {
	*connection
	encoder  *chunk.Writer // of the opening, and then the writer's
	opened   *openingSpace // nil: the opening is sent
	waitsFor string        // the command whose answer is awaited

	connectID       uint32 // transactions
	createID        uint32
	publishID       uint32
	lastTransaction uint32

	streamID uint32 // as createStream returned it; 0: not created
	ahead    bool   // all commands leave before the first answer comes; see ahead.go
}

// openingSpace is where an opening is made. It is used again.
type openingSpace struct {
	all     []byte
	body    []byte // of a message
	object  amf.Object
	command message.Command
}

var openingSpaces = sync.Pool{New: func() any {
	return &openingSpace{all: make([]byte, 0, 1024), body: make([]byte, 0, 512), object: make(amf.Object, 0, 8)} // mostly enough
}}

// forgetOpening lets go of the opening, which is sent or never will be.
func (d *dialogue) forgetOpening() {
	clear(d.opened.object)
	d.opened.command = message.Command{}
	openingSpaces.Put(d.opened)
	d.opened = nil
}

// opening returns what is sent together with C2: Set Chunk Size, `connect`, and what is sent ahead of its answer.
func (d *dialogue) opening() ([]byte, error) {
	d.opened = openingSpaces.Get().(*openingSpace)
	d.opened.all = d.opened.all[:0]
	size := &message.SetChunkSize{Size: d.o.ChunkSize}
	err := d.put(chunk.Header{ChunkStreamID: message.ControlChunkStream}, size)
	if err == nil {
		err = d.encoder.SetChunkSize(size.Size)
	}
	if err != nil {
		return nil, err
	}
	d.opened.object = append(append(d.opened.object[:0],
		amf.Property{Name: "app", Value: d.to.app + d.query},
		amf.Property{Name: "type", Value: "nonprivate"},
		amf.Property{Name: "flashVer", Value: d.o.FlashVer},
		amf.Property{Name: "tcUrl", Value: d.to.tcURL + d.query},
	), ownCapabilities()...)
	d.connectID, err = d.send(0, "connect", d.opened.object)
	if err == nil && d.ahead {
		if err = d.sendCreate(); err == nil {
			err = d.sendPublish(aheadStreamID)
		}
	}
	return d.opened.all, err
}

// put adds a message to the opening.
func (d *dialogue) put(h chunk.Header, m message.Message) error {
	body, err := m.AppendBody(d.opened.body[:0])
	if err != nil {
		return err
	}
	d.opened.body = body
	h.Type = uint8(m.Type())
	var few [4][]byte
	pieces, err := d.encoder.AppendMessage(few[:0], h, body)
	for _, p := range pieces {
		d.opened.all = append(d.opened.all, p...)
	}
	d.encoder.Reset()
	return err
}

// sendCreate sends what comes before publish.
func (d *dialogue) sendCreate() error {
	for _, name := range []string{"releaseStream", "FCPublish"} {
		if _, err := d.send(0, name, amf.Null{}, d.to.stream); err != nil {
			return err
		}
	}
	var err error
	d.createID, err = d.send(0, "createStream", amf.Null{})
	return err
}

func (d *dialogue) sendPublish(streamID uint32) error {
	var err error
	d.publishID, err = d.send(streamID, "publish", amf.Null{}, d.to.stream, "live")
	return err
}

// connect waits for the answer to `connect`.
func (d *dialogue) connect() error {
	answer, err := d.await("connect", d.result("connect", d.connectID))
	if err == nil && !d.o.AssumeV2 {
		d.out.terms.capabilities = capabilitiesOf(answer)
	}
	return err
}

// publish creates a message stream and publishes on it.
func (d *dialogue) publish() error {
	if !d.ahead {
		if err := d.sendCreate(); err != nil {
			return err
		}
	}
	created, err := d.await("createStream", d.result("createStream", d.createID))
	if err != nil {
		return err
	}
	if d.streamID, err = streamIDOf(created); err != nil {
		return err
	}
	if !d.ahead || d.streamID != aheadStreamID {
		if err := d.sendPublish(d.streamID); err != nil {
			return err
		}
	}
	_, err = d.await("publish", func(c *message.Command) (bool, error) {
		info := c.Info()
		switch {
		case c.Name == "_error" && c.TransactionID == float64(d.publishID), c.Name == "onStatus" && refuses(info):
			return true, d.to.refusal("publish", info)
		case c.Name == "onStatus" && info.Code == "NetStream.Publish.Start":
			return true, nil
		}
		return false, nil
	})
	return err
}

// unpublish tells the server that the stream ends, after all media that waits.
func (d *dialogue) unpublish() {
	h := chunk.Header{ChunkStreamID: message.CommandChunkStream}
	for _, c := range []*message.Command{
		d.command("FCUnpublish", amf.Null{}, d.to.stream),
		d.command("deleteStream", amf.Null{}, float64(d.streamID)),
	} {
		if err := d.out.sendMessage(h, classHeader, c); err != nil {
			d.p.log.Debug("no goodbye", "why", err)
			return
		}
	}
}

func (d *dialogue) command(name string, object amf.Value, arguments ...amf.Value) *message.Command {
	d.lastTransaction++
	if d.opened == nil {
		return &message.Command{Name: name, TransactionID: float64(d.lastTransaction), Object: object, Arguments: arguments}
	}
	d.opened.command = message.Command{Name: name, TransactionID: float64(d.lastTransaction), Object: object, Arguments: arguments}
	return &d.opened.command
}

// send sends a command on a message stream, or adds it to the opening, and returns its transaction ID. Why writing failed, await
// finds out: a server that hangs up may have said why.
func (d *dialogue) send(streamID uint32, name string, object amf.Value, arguments ...amf.Value) (transaction uint32, err error) {
	c := d.command(name, object, arguments...)
	h := chunk.Header{ChunkStreamID: message.CommandChunkStream, StreamID: streamID}
	if d.out == nil {
		return d.lastTransaction, d.put(h, c)
	}
	err = d.out.sendMessage(h, classControl, c)
	if err != nil && d.out.failure() != nil {
		err = nil
	}
	return d.lastTransaction, err
}

// result matches the answer to a command by its transaction ID. RTMP 1.0, 7.2.1.
func (d *dialogue) result(command string, id uint32) func(*message.Command) (bool, error) {
	return func(c *message.Command) (bool, error) {
		info := c.Info()
		switch {
		case c.Name == "onStatus" && refuses(info):
		case d.ahead && command == "connect" && c.TransactionID == float64(d.createID) && (c.Name == "_result" || c.Name == "_error"):
			return true, errOutOfOrder
		case c.TransactionID != float64(id):
			return false, nil
		case c.Name == "_result" && !refuses(info):
			return true, nil
		case c.Name != "_result" && c.Name != "_error":
			return false, nil
		}
		return true, d.to.refusal(command, info)
	}
}

// await reads commands until match is satisfied or fails; what does not match is none of the dialogue's business.
func (d *dialogue) await(step string, match func(*message.Command) (bool, error)) (*message.Command, error) {
	d.waitsFor = step
	if err := d.conn.SetReadDeadline(time.Now().Add(d.o.Timeout)); err != nil {
		return nil, d.whyUnread(err)
	}
	if d.polite.Err() != nil { // then interrupt may have been earlier
		return nil, errEnded
	}
	for {
		c, err := d.in.next()
		if err != nil {
			return nil, d.whyUnread(err)
		}
		if done, err := match(c); done {
			if d.polite.Err() != nil {
				return nil, errEnded
			}
			return c, err
		}
		if info := c.Info(); c.Name == "onStatus" && info.Code == reconnectRequest {
			d.moving = &info // when media can flow
		}
	}
}

// whyUnread says why no answer could be read.
func (d *dialogue) whyUnread(err error) error {
	step := d.waitsFor
	switch {
	case d.polite.Err() != nil:
		return errEnded
	case errors.Is(err, os.ErrDeadlineExceeded):
		return failure(ErrTimeout, "no answer to %s within %v: %s", step, d.o.Timeout, silenceHint(step))
	case errors.Is(err, net.ErrClosed): // the writer gave up, or the end is forced
		d.out.abort()
		<-d.out.done
		if err := d.out.failure(); err != nil {
			return err
		}
	case d.in.closedByPeer():
		return failure(ErrNetwork, "the server closed the connection instead of answering %s: %s", step, closedHint(step))
	}
	return d.in.failure("during " + step)
}

func closedHint(step string) string {
	switch step {
	case "connect":
		return "check the application, the part of the URL between host and stream"
	case "createStream":
		return "it may not allow publishing here; see its log"
	}
	return "check the stream key and its token; see the server's log"
}

func silenceHint(step string) string {
	switch step {
	case "connect":
		return "is it an RTMP server, and does it know the application?"
	case "createStream":
		return "the server may be overloaded"
	}
	return "the server may be waiting for another publisher of this stream to end"
}

// refuses tells a refusal from other status reports; some servers leave the level out.
func refuses(info message.StatusInfo) bool {
	if info.Level != "" {
		return info.Level == "error"
	}
	for _, end := range []string{".BadName", ".BadAuth", ".Failed", ".Rejected", ".Denied", ".Unauthorized", ".InvalidApp"} {
		if strings.HasSuffix(info.Code, end) {
			return true
		}
	}
	return false
}

// streamIDOf reads the message stream ID out of createStream's result. RTMP 1.0, 7.2.1.3.
func streamIDOf(c *message.Command) (uint32, error) {
	if len(c.Arguments) > 0 {
		if id, ok := c.Arguments[0].(float64); ok && id >= 0 && id <= 0xFFFFFFFF && id == float64(uint32(id)) {
			return uint32(id), nil
		}
	}
	return 0, failure(ErrRefused, "the server answered createStream without a message stream ID")
}
