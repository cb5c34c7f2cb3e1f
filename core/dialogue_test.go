package core

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/message"
	"luatrtmp/tests/script"
)

func refuse(c *script.Conn, to *message.Command, code string) {
	c.Send(&message.Command{Name: "_error", TransactionID: to.TransactionID, Arguments: []amf.Value{script.Info("error", code, "no")}})
}

var success = script.Info("status", "NetConnection.Connect.Success", "")

// quiet fails when the publisher sends something now: nothing may go out before the answer to what
// it depends on.
func quiet(t *testing.T, c *script.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	n, err := c.TCPConn.Read(make([]byte, 1))
	assert.Error(t, err, "nothing is sent before the answer: %d", n)
}

// Every command waits for the answer to the one before, whatever message stream ID the server
// gives.
func TestOneCommandAtATime(t *testing.T) {
	for _, id := range []float64{0, 1, 5, 0xFFFFFFFF} {
		noLeak(t)
		s := script.Listen(t)
		p, w := newPublisher(t, s.URL("live/stream"))
		require.NoError(t, p.Connect())
		c := s.Accept()
		c.Handshake()
		connect := c.Command("connect")
		quiet(t, c)
		c.Result(connect, success)
		c.Command("releaseStream")
		c.Command("FCPublish")
		create := c.Command("createStream")
		quiet(t, c)
		c.Result(create, id)
		r := c.Next()
		require.Equal(t, "publish", r.Message.(*message.Command).Name)
		require.EqualValues(t, id, r.StreamID)
		quiet(t, c)
		c.Status(script.Started())
		w.until(StatePublishing)
		require.NoError(t, p.SendVideo(keyFrame, 0, 0))
		require.EqualValues(t, id, c.Next().StreamID)
	}
}

// It takes five round trips to PUBLISHING: TCP's, and four times that the server has said something
// since the publisher's last words.
func TestRoundTripsToPublishing(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/stream"))
	require.NoError(t, p.Connect())
	c := s.Accept()
	turns := 1 // SYN, SYN-ACK
	say := func(words func()) { turns++; words() }
	say(c.Handshake) // S0, S1 and S2 at once; it reads C2 as well
	connect := c.Command("connect")
	say(func() { c.Result(connect, success) })
	say(c.AcceptStream)
	say(func() { c.AcceptPublish() })
	w.until(StatePublishing)
	require.Equal(t, 5, turns)
}

// connections counts how many connections a server gets, and plays a part on each.
func connections(t *testing.T, part func(*script.Conn)) (s *script.Server, count *atomic.Int32) {
	count = new(atomic.Int32)
	s = script.Listen(t)
	s.Serve(func(c *script.Conn) {
		count.Add(1)
		part(c)
	})
	return s, count
}

// What a server says is final for the attempt, and so is a connection that it closes once it has
// answered connect.
func TestRefusalsAreFinal(t *testing.T) {
	created := func(c *script.Conn) {
		c.AcceptConnect()
		c.AcceptStream()
	}
	for _, c := range []struct {
		name   string
		server func(*script.Conn)
		text   string
	}{
		{"connect refused", func(c *script.Conn) {
			c.Handshake()
			refuse(c, c.Command("connect"), "NetConnection.Connect.InvalidApp")
		}, "InvalidApp"},
		{"closed after connect", func(c *script.Conn) { c.AcceptConnect(); c.Close() }, "instead of answering createStream"},
		{"reset after connect", func(c *script.Conn) { c.AcceptConnect(); c.Reset() }, "instead of answering createStream"},
		{"silent after connect", func(c *script.Conn) { c.AcceptConnect(); c.Drain() }, "no answer to createStream"},
		{"createStream refused", func(c *script.Conn) {
			c.AcceptConnect()
			refuse(c, c.Await("createStream"), "NetConnection.Call.Failed")
		}, "refused createStream"},
		{"closed after createStream", func(c *script.Conn) { created(c); c.Close() }, "instead of answering publish"},
		{"publish refused", func(c *script.Conn) { created(c); c.Status(script.Info("error", "NetStream.Failed", "no")) }, "refused publish"},
		{"the name is in use", func(c *script.Conn) {
			created(c)
			c.Status(script.Info("error", "NetStream.Publish.BadName", "Already publishing"))
		}, "Already publishing"},
		{"the token was used", func(c *script.Conn) {
			created(c)
			c.Status(script.Info("error", "NetStream.Publish.Denied", "token was used"))
		}, "token was used"},
		{"silent after publish", func(c *script.Conn) { created(c); c.Drain() }, "no answer to publish"},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s, count := connections(t, c.server)
			p, w := newPublisher(t, s.URL("live/stream"), "timeout", "300")
			require.NoError(t, p.Connect())
			require.ErrorContains(t, w.until(StateError).Err, c.text)
			require.EqualValues(t, 1, count.Load())
		})
	}
}

// Servers that do not forgive what comes early, each published to at the first attempt and on one
// connection.
func TestPickyServers(t *testing.T) {
	const slow = 100 * time.Millisecond // the time that a server takes to answer
	for _, c := range []struct {
		name   string
		server func(*script.Conn)
	}{
		{"slow connect", func(c *script.Conn) {
			c.Handshake()
			connect := c.Command("connect")
			quiet(t, c)
			time.Sleep(slow)
			c.Result(connect, success)
			c.AcceptStream()
			c.AcceptPublish()
		}},
		{"slow createStream", func(c *script.Conn) {
			c.AcceptConnect()
			create := c.Await("createStream")
			quiet(t, c)
			time.Sleep(slow)
			c.Result(create, 1.0)
			c.AcceptPublish()
		}},
		{"another message stream", func(c *script.Conn) {
			c.AcceptConnect()
			c.Result(c.Await("createStream"), 5.0)
			r := c.Next()
			if r.StreamID != 5 {
				c.Close()
				return
			}
			c.Status(script.Started())
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s, count := connections(t, func(conn *script.Conn) { c.server(conn); conn.Drain() })
			p, w := newPublisher(t, s.URL("live/stream"))
			require.NoError(t, p.Connect())
			w.until(StatePublishing)
			require.EqualValues(t, 1, count.Load())
			p.Disconnect()
		})
	}
}
