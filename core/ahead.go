package core

import "errors"

// Sending ahead. RTMP 1.0 has a client wait for the answer to each command, which takes five round trips from nothing to
// media:
//
//	TCP | C0 C1 - S0 S1 S2 | C2 connect - _result | createStream - _result | publish - onStatus
//
// Nothing that it sends before the media depends on what the server answers but for one number, the message stream ID that
// createStream returns, and that is 1 with nearly every server. So all commands leave together with C2, which makes it three.
//
// A server that takes commands only one at a time hangs up, answers an error, or answers out of order, as nginx-rtmp does when
// it has to ask an HTTP server whether `connect` is all right. Then the attempt goes on with another connection, on which
// every command waits for its answer, and the server is remembered.

// aheadStreamID is the message stream ID that publish is sent ahead on.
const aheadStreamID = 1

// errOutOfOrder: the server answered createStream before it had made up its mind about connect.
var errOutOfOrder = errors.New("createStream was answered before connect")

// sendsAhead tells whether the next connection sends ahead. One that brings a password does not: its server has refused
// `connect` before, and may do so again.
func (c *connection) sendsAhead() bool {
	server := c.p.servers.get(c.to.address)
	return !c.oneByOne && c.query == "" && (server.takesAhead || !server.aheadKnown)
}

// took remembers that a server took what was sent ahead. One that gave another message stream ID got publish twice, and is
// not to get that again.
func (c *connection) took() {
	if c.talk.ahead {
		server := c.p.servers.get(c.to.address)
		server.takesAhead, server.aheadKnown = c.talk.streamID == aheadStreamID, true
		c.p.servers.set(server)
	}
}

// blame makes the rest of an attempt wait for every answer, when its failure may be the fault of what was sent ahead; else it
// returns false. The server is remembered, unless it has taken it before: then it is asked once more in the next attempt.
func (c *connection) blame(err error) bool {
	if c.talk == nil || !c.talk.mayBeAhead(err) {
		return false
	}
	server := c.p.servers.get(c.to.address)
	server.takesAhead, server.aheadKnown = false, !server.takesAhead
	c.p.servers.set(server)
	c.oneByOne = true
	c.p.log.Info("trying again, one command at a time", "server", c.to.address, "why", err)
	return true
}

// mayBeAhead tells whether a failure may be the fault of what was sent ahead. A refusal of connect is not, nor one that says
// that the name is in use, nor silence on publish, about which a server may have to ask somebody.
func (d *dialogue) mayBeAhead(err error) bool {
	var refused *ServerError
	switch {
	case !d.ahead || errors.Is(err, errEnded):
		return false
	case errors.Is(err, errOutOfOrder), d.in.closedByPeer():
		return true
	case errors.As(err, &refused) && d.waitsFor == "publish" && d.streamID != aheadStreamID:
		return true // of the publish on a stream that does not exist, maybe
	case errors.As(err, &refused):
		return d.waitsFor != "connect" && !nameInUse(err) && !d.p.servers.get(d.to.address).takesAhead
	}
	return d.waitsFor == "createStream" && errors.Is(err, ErrTimeout)
}
