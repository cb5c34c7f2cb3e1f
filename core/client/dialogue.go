package client

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"luatrtmp/amf"
	"luatrtmp/core/caps"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/link"
	"luatrtmp/core/message"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
)

// ReconnectRequest is the code of an onStatus by which a server asks to be left for another, or to be
// connected to anew. Enhanced RTMP v2, Reconnect Request.
const ReconnectRequest = "NetConnection.Connect.ReconnectRequest"

// dialogue is the conversation that begins and ends publishing. RTMP 1.0, 7.2; releaseStream,
// FCPublish and FCUnpublish are what every publisher sends and many servers want.
//
// Each command is sent when what it depends on is answered: connect, then releaseStream, FCPublish
// and createStream together, then publish. There are servers that ignore, or punish, what comes
// earlier.
type dialogue struct {
	to       *endpoint.Endpoint
	o        *options.Options
	out      *link.Sender
	in       *link.Receiver
	shutdown context.Context // done: give up
	log      *slog.Logger

	lastTransaction uint32            // transaction ID of the latest command
	server          caps.Capabilities // what the server says that it takes
	streamID        uint32            // as createStream returned it; 0: not created
	request         moveRequest       // that came meanwhile
}

// connect sends Set Chunk Size and `connect`, and waits for the answer.
func (d *dialogue) connect(p plan) error {
	if err := d.out.SetChunkSize(d.o.ChunkSize); err != nil && d.out.Err() == nil {
		return stageFailed(stageConnect, err, err)
	}
	query := p.login.query(d.to.App)
	object := amf.Object{
		{Name: "app", Value: d.to.App + query},
		{Name: "type", Value: "nonprivate"},
		{Name: "flashVer", Value: d.o.FlashVer},
		{Name: "tcUrl", Value: d.to.TCURL + query},
	}
	if p.fields == caps.Declared {
		object = append(object, caps.Own()...)
	}
	id, err := d.send(0, "connect", object)
	if err != nil {
		return stageFailed(stageConnect, err, err)
	}
	answer, err := d.await(stageConnect, d.result(stageConnect, id))
	switch {
	case err != nil:
		return err
	case d.o.Enhanced == options.EnhancedV2:
		d.server = caps.Everything(p.fields)
	default:
		d.server = caps.FromAnswer(answer, p.fields)
	}
	return nil
}

// publish creates a message stream and publishes on it.
func (d *dialogue) publish() error {
	var createID uint32
	for _, c := range []struct {
		name      string
		arguments []amf.Value
	}{
		{"releaseStream", []amf.Value{d.to.Stream}}, // errors and silence are ignored
		{"FCPublish", []amf.Value{d.to.Stream}},     // as well
		{"createStream", nil},
	} {
		var err error
		if createID, err = d.send(0, c.name, amf.Null{}, c.arguments...); err != nil {
			return stageFailed(stageCreateStream, err, err)
		}
	}
	created, err := d.await(stageCreateStream, d.result(stageCreateStream, createID))
	if err != nil {
		return err
	}
	if d.streamID, err = streamIDOf(created); err != nil {
		return stageFailed(stageCreateStream, err, err)
	}
	publishID, err := d.send(d.streamID, "publish", amf.Null{}, d.to.Stream, "live")
	if err != nil {
		return stageFailed(stagePublish, err, err)
	}
	_, err = d.await(stagePublish, func(c *message.Command) (bool, error) {
		info := c.Info()
		switch {
		case c.Name == "_error" && c.TransactionID == float64(publishID), c.Name == "onStatus" && refuses(info):
			return true, refusal(d.to, "publish", info)
		case c.Name == "onStatus" && info.Code == "NetStream.Publish.Start":
			return true, nil
		}
		return false, nil
	})
	return err
}

// unpublish tells the server that the stream ends, after all media that waits.
func (d *dialogue) unpublish() {
	for _, c := range []*message.Command{
		d.command("FCUnpublish", amf.Null{}, d.to.Stream),
		d.command("deleteStream", amf.Null{}, float64(d.streamID)),
	} {
		if err := d.out.SendMessage(0, sendqueue.Header, c); err != nil {
			d.log.Debug("the server was not told that the stream ends", "why", err)
			return
		}
	}
}

func (d *dialogue) command(name string, object amf.Value, arguments ...amf.Value) *message.Command {
	d.lastTransaction++
	return &message.Command{Name: name, TransactionID: float64(d.lastTransaction), Object: object, Arguments: arguments}
}

// send sends a command on a message stream, and returns its transaction ID. Why the connection
// broke, await finds out: a server that closes it may have said why.
func (d *dialogue) send(streamID uint32, name string, object amf.Value, arguments ...amf.Value) (transaction uint32, err error) {
	d.log.Debug("sending a command", "command", name)
	err = d.out.SendMessage(streamID, sendqueue.Control, d.command(name, object, arguments...))
	if err != nil && d.out.Err() != nil {
		err = nil
	}
	return d.lastTransaction, err
}

// result matches the answer to a command by its transaction ID. RTMP 1.0, 7.2.1.
func (d *dialogue) result(command stage, id uint32) func(*message.Command) (bool, error) {
	return func(c *message.Command) (bool, error) {
		info := c.Info()
		switch {
		case c.Name == "onStatus" && refuses(info):
		case c.TransactionID != float64(id):
			return false, nil
		case c.Name == "_result" && !refuses(info):
			return true, nil
		case c.Name != "_result" && c.Name != "_error":
			return false, nil
		}
		return true, refusal(d.to, command.String(), info)
	}
}

// await takes commands until match is satisfied or fails; what does not match is none of the
// dialogue's business. Its failures are openingErrors, or rtmperr.ErrEnded.
func (d *dialogue) await(command stage, match func(*message.Command) (bool, error)) (*message.Command, error) {
	limit := time.NewTimer(d.o.Timeout)
	defer limit.Stop()
	for {
		var c *message.Command
		select {
		case <-d.shutdown.Done():
			return nil, rtmperr.ErrEnded
		case <-limit.C:
			return nil, stageFailed(command, os.ErrDeadlineExceeded, d.silent(command))
		case received, more := <-d.in.Commands():
			if d.shutdown.Err() != nil {
				return nil, rtmperr.ErrEnded
			}
			if !more {
				return nil, stageFailed(command, d.in.Cause(), d.whyEnded(command))
			}
			c = received
		}
		done, err := match(c)
		if done {
			d.log.Debug("the server has answered", "command", command, "code", d.to.ShownCode(c.Info().Code), "level", d.to.Redact(c.Info().Level))
		}
		switch {
		case err != nil:
			return nil, stageFailed(command, err, err)
		case done:
			return c, nil
		}
		if info := c.Info(); c.Name == "onStatus" && info.Code == ReconnectRequest {
			d.to.Remember(info.TCURL)
			d.request = moveRequest{pending: true, info: info} // when media can flow
		}
	}
}

// silent says that no answer to a command came in time.
func (d *dialogue) silent(command stage) error {
	return rtmperr.New(rtmperr.ErrTimeout, "no answer to %s within %v: %s", command, d.o.Timeout, silenceHint(command))
}

// whyEnded says why the connection ended before a command was answered.
func (d *dialogue) whyEnded(command stage) error {
	switch {
	case errors.Is(d.in.Cause(), net.ErrClosed): // the writer gave up, or the end is forced
		d.out.Abort()
		<-d.out.Done()
		if err := d.out.Err(); err != nil {
			return err
		}
	case d.in.ClosedByPeer():
		return rtmperr.New(rtmperr.ErrNetwork, "the server closed the connection instead of answering %s: %s", command, closedHint(command))
	}
	return d.in.Err("during " + command.String())
}

func closedHint(command stage) string {
	switch command {
	case stageConnect:
		return "check the application, the part of the URL between host and stream"
	case stageCreateStream:
		return "it may not allow publishing here; see its log"
	}
	return "check the stream key and its token; see the server's log"
}

func silenceHint(command stage) string {
	switch command {
	case stageConnect:
		return "is it an RTMP server, and does it know the application?"
	case stageCreateStream:
		return "the server may be overloaded"
	}
	return "the server may be waiting for another publisher of this stream to end"
}

// refuses reports whether a status is a refusal. Some servers leave the level out.
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
	return 0, rtmperr.New(rtmperr.ErrRefused, "the server answered createStream without a message stream ID")
}
