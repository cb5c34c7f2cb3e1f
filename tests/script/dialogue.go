package script

import (
	"luatrtmp/amf"
	"luatrtmp/core/message"
)

// StreamID is the message stream ID that AcceptStream gives, as nearly every server does.
const StreamID = 1

// AcceptConnect goes on from the beginning to the answer to `connect`.
func (c *Conn) AcceptConnect() *message.Command {
	c.Handshake()
	return c.AcceptConnectAfterHandshake()
}

// AcceptConnectAfterHandshake goes on from the end of the handshake to the answer to `connect`.
func (c *Conn) AcceptConnectAfterHandshake() *message.Command {
	connect := c.Command("connect")
	c.Result(connect, Info("status", "NetConnection.Connect.Success", "Connection succeeded."))
	return connect
}

// AcceptStream goes on from there to the answer to createStream.
func (c *Conn) AcceptStream() {
	c.Command("releaseStream")
	c.Command("FCPublish")
	c.Result(c.Command("createStream"), float64(StreamID))
}

// AcceptPublish goes on from there to the answer to publish.
func (c *Conn) AcceptPublish() *message.Command {
	publish := c.Command("publish")
	c.Status(Started())
	return publish
}

// Accept goes on from the beginning until media may flow.
func (c *Conn) Accept() {
	c.AcceptConnect()
	c.AcceptStream()
	c.AcceptPublish()
}

// Refuse goes on from the beginning to an answer to publish that is not Started.
func (c *Conn) Refuse(answer amf.Object) {
	c.AcceptConnect()
	c.AcceptStream()
	c.Command("publish")
	c.Status(answer)
}

// Started is what a server says when it accepts a stream.
func Started() amf.Object { return Info("status", "NetStream.Publish.Start", "publishing") }

// Drain reads until the connection ends.
func (c *Conn) Drain() {
	for {
		if _, err := c.Read(); err != nil {
			return
		}
	}
}
