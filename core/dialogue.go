package core

import (
	"strings"
	"time"

	"luatrtmp/amf"
	"luatrtmp/core/chunk"
	"luatrtmp/core/message"
)

// dialogue is the conversation that begins and ends publishing. RTMP 1.0, 7.2; releaseStream, FCPublish and
// FCUnpublish are what every publisher sends and many servers want.
type dialogue struct {
	*connection
	lastTransaction float64
	streamID        uint32 // as createStream returned it; 0: not created
}

// connect sends Set Chunk Size and `connect`, and waits for the answer.
func (d *dialogue) connect() error {
	size := &message.SetChunkSize{Size: d.o.ChunkSize}
	if err := d.out.sendMessage(chunk.Header{ChunkStreamID: message.ControlChunkStream}, classControl, size); err != nil {
		return err
	}
	id, err := d.send(0, "connect", append(amf.Object{
		{Name: "app", Value: d.to.app + d.auth.query},
		{Name: "type", Value: "nonprivate"},
		{Name: "flashVer", Value: d.o.FlashVer},
		{Name: "tcUrl", Value: d.to.tcURL + d.auth.query},
	}, ownCapabilities()...))
	if err != nil {
		return err
	}
	answer, err := d.await("connect", d.result("connect", id))
	if err == nil && !d.o.AssumeV2 {
		d.out.terms.capabilities = capabilitiesOf(answer)
	}
	return err
}

// publish creates a message stream and publishes on it.
func (d *dialogue) publish() error {
	for _, name := range []string{"releaseStream", "FCPublish"} {
		if _, err := d.send(0, name, amf.Null{}, d.to.stream); err != nil {
			return err
		}
	}
	id, err := d.send(0, "createStream", amf.Null{})
	if err != nil {
		return err
	}
	created, err := d.await("createStream", d.result("createStream", id))
	if err != nil {
		return err
	}
	if d.streamID, err = streamIDOf(created); err != nil {
		return err
	}
	if id, err = d.send(d.streamID, "publish", amf.Null{}, d.to.stream, "live"); err != nil {
		return err
	}
	_, err = d.await("publish", func(c *message.Command) (bool, error) {
		info := c.Info()
		switch {
		case c.Name == "_error" && c.TransactionID == id, c.Name == "onStatus" && refuses(info):
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
	return &message.Command{Name: name, TransactionID: d.lastTransaction, Object: object, Arguments: arguments}
}

// send sends a command on a message stream and returns its transaction ID. Why writing failed, await finds out: a server that
// hangs up may have said why.
func (d *dialogue) send(streamID uint32, name string, object amf.Value, arguments ...amf.Value) (float64, error) {
	c := d.command(name, object, arguments...)
	h := chunk.Header{ChunkStreamID: message.CommandChunkStream, StreamID: streamID}
	err := d.out.sendMessage(h, classControl, c)
	if err != nil && d.out.failure() != nil {
		err = nil
	}
	return c.TransactionID, err
}

// result matches the answer to a command by its transaction ID. RTMP 1.0, 7.2.1.
func (d *dialogue) result(command string, id float64) func(*message.Command) (bool, error) {
	return func(c *message.Command) (bool, error) {
		info := c.Info()
		switch {
		case c.Name == "onStatus" && refuses(info):
		case c.TransactionID != id:
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
	limit := time.NewTimer(d.o.Timeout)
	defer limit.Stop()
	for {
		select {
		case <-d.polite.Done():
			return nil, errEnded
		case <-limit.C:
			return nil, failure(ErrTimeout, "no answer to %s within %v: %s", step, d.o.Timeout, silenceHint[step])
		case <-d.out.done:
			return nil, d.whyBroken(func() error { return d.whyClosedDuring(step) })
		case c, ok := <-d.in.commands:
			if !ok {
				return nil, d.whyClosedDuring(step)
			}
			if done, err := match(c); done {
				return c, err
			}
			if info := c.Info(); c.Name == "onStatus" && info.Code == reconnectRequest {
				d.moving = &info // when media can flow
			}
		}
	}
}

// whyClosedDuring names the step at which the server hung up, which is how many servers refuse.
func (d *dialogue) whyClosedDuring(step string) error {
	if d.in.closedByPeer() {
		return failure(ErrNetwork, "the server closed the connection instead of answering %s: %s", step, closedHint[step])
	}
	return d.in.failure("during " + step)
}

var closedHint = map[string]string{
	"connect":      "check the application, the part of the URL between host and stream",
	"createStream": "it may not allow publishing here; see its log",
	"publish":      "check the stream key and its token; see the server's log",
}

var silenceHint = map[string]string{
	"connect":      "is it an RTMP server, and does it know the application?",
	"createStream": "the server may be overloaded",
	"publish":      "the server may be waiting for another publisher of this stream to end",
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
