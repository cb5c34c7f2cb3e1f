package core

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/message"
	"luatrtmp/tests/script"
)

// early accepts the handshake and reads all that a publisher sends before it hears anything.
func early(c *script.Conn) (connect, create, publish *message.Command) {
	c.Handshake()
	connect = c.Command("connect")
	c.Command("releaseStream")
	c.Command("FCPublish")
	create = c.Command("createStream")
	return connect, create, c.Command("publish")
}

func refuse(c *script.Conn, to *message.Command, code string) {
	c.Send(&message.Command{Name: "_error", TransactionID: to.TransactionID, Arguments: []amf.Value{script.Info("error", code, "no")}})
}

var success = script.Info("status", "NetConnection.Connect.Success", "")

// aheadRefusals are the ways in which servers do not take what is sent ahead.
var aheadRefusals = []struct {
	name   string
	server func(c *script.Conn)
}{
	{"hangs up", func(c *script.Conn) { early(c); c.Close() }},
	{"resets", func(c *script.Conn) { early(c); c.Reset() }},
	{"hangs up after connect", func(c *script.Conn) {
		connect, _, _ := early(c)
		c.Result(connect, success)
		c.Close()
	}},
	{"hangs up after createStream", func(c *script.Conn) {
		connect, create, _ := early(c)
		c.Result(connect, success)
		c.Result(create, 1.0)
		c.Close()
	}},
	{"answers out of order", func(c *script.Conn) {
		connect, create, _ := early(c)
		c.Result(create, 1.0)
		c.Result(connect, success)
	}},
	{"fails to create", func(c *script.Conn) {
		connect, create, _ := early(c)
		c.Result(connect, success)
		refuse(c, create, "NetConnection.Call.Failed")
	}},
	{"forgets what comes early", func(c *script.Conn) {
		connect, _, _ := early(c)
		c.Result(connect, success)
	}},
	{"fails to publish", func(c *script.Conn) {
		connect, create, publish := early(c)
		c.Result(connect, success)
		c.Result(create, 1.0)
		refuse(c, publish, "NetStream.Failed")
	}},
	{"refuses a stream that it does not know", func(c *script.Conn) {
		connect, create, _ := early(c)
		c.Result(connect, success)
		c.Result(create, 5.0)
		c.Status(script.Info("error", "NetStream.Publish.BadName", ""))
	}},
}

// A server that does not take what is sent ahead is published to in the same attempt, and known from then on.
func TestServersThatTakeNothingAhead(t *testing.T) {
	for _, c := range aheadRefusals {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			p, w := newPublisher(t, s.URL("live/stream"), "timeout", "1000")
			require.NoError(t, p.Connect())
			c.server(s.Accept())
			oneByOne(t, s.Accept())
			w.until(StatePublishing)
			require.Equal(t, []State{1, 2, 3, 4}, w.states(), "nobody is told of it")
			p.Disconnect()

			require.NoError(t, p.Connect())
			oneByOne(t, s.Accept())
			w.until(StatePublishing)
		})
	}
}

// oneByOne plays a server to which nothing may be sent before the answer.
func oneByOne(t *testing.T, c *script.Conn) {
	t.Helper()
	silent := func() {
		t.Helper()
		c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		n, err := c.TCPConn.Read(make([]byte, 1))
		require.Error(t, err, "nothing is sent before the answer: %d", n)
	}
	c.Handshake()
	connect := c.Command("connect")
	silent()
	c.Result(connect, success)
	c.Command("releaseStream")
	c.Command("FCPublish")
	create := c.Command("createStream")
	silent()
	c.Result(create, 9.0)
	r := c.Next()
	require.Equal(t, "publish", r.Message.(*message.Command).Name)
	require.EqualValues(t, 9, r.StreamID)
	c.Status(script.Started())
}

// Another message stream ID than the one that was foreseen costs a round trip, and no connection.
func TestOtherMessageStreamID(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/stream"))
	require.NoError(t, p.Connect())
	c := s.Accept()
	connect, create, publish := early(c)
	c.Result(connect, success)
	c.Result(create, 7.0)
	r := c.Next()
	require.EqualValues(t, 7, r.StreamID)
	again := r.Message.(*message.Command)
	require.Equal(t, publish.Arguments, again.Arguments)
	require.NotEqual(t, publish.TransactionID, again.TransactionID)
	c.Status(script.Started())
	w.until(StatePublishing)
	require.NoError(t, p.SendVideo(keyFrame, 0, 0))
	require.EqualValues(t, 7, c.Next().StreamID)
	p.Disconnect()

	require.NoError(t, p.Connect())
	oneByOne(t, s.Accept())
	w.until(StatePublishing)
}

// The server's word is believed where nothing that was sent ahead can be its reason: no further connection is made.
func TestRefusalsThatNameTheirReason(t *testing.T) {
	for _, c := range []struct {
		name   string
		server func(*script.Conn)
		text   string
	}{
		{"application", func(c *script.Conn) {
			connect, _, _ := early(c)
			refuse(c, connect, "NetConnection.Connect.InvalidApp")
		}, "InvalidApp"},
		{"name in use", func(c *script.Conn) {
			connect, create, _ := early(c)
			c.Result(connect, success)
			c.Result(create, 1.0)
			c.Status(script.Info("error", "NetStream.Publish.BadName", "Already publishing"))
		}, "Already publishing"},
		{"silence", func(c *script.Conn) {
			connect, create, _ := early(c)
			c.Result(connect, success)
			c.Result(create, 1.0)
		}, "no answer to publish"},
		{"silence on connect", func(c *script.Conn) { early(c) }, "no answer to connect"},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			p, w := newPublisher(t, s.URL("live/stream"), "timeout", "300")
			require.NoError(t, p.Connect())
			c.server(s.Accept())
			require.ErrorContains(t, w.until(StateError).Err, c.text)
			require.NoError(t, p.SetOption("timeout", "5000"))
			require.NoError(t, p.Connect())
			early(s.Accept()) // the next connection is that of the next attempt
		})
	}
}

// A server that took it before, and hangs up once, is asked again in the attempt after.
func TestServerThatTookItBefore(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/stream"))
	ahead := func(c *script.Conn) {
		connect, create, _ := early(c)
		c.Result(connect, success)
		c.Result(create, 1.0)
		c.Status(script.Started())
	}
	for range 2 {
		require.NoError(t, p.Connect())
		ahead(s.Accept())
		w.until(StatePublishing)
		p.Disconnect()

		require.NoError(t, p.Connect())
		c := s.Accept()
		early(c)
		c.Close()
		oneByOne(t, s.Accept())
		w.until(StatePublishing)
		p.Disconnect()
	}

	// What it says in words is believed.
	require.NoError(t, p.Connect())
	ahead(s.Accept())
	w.until(StatePublishing)
	p.Disconnect()
	require.NoError(t, p.Connect())
	c := s.Accept()
	connect, create, _ := early(c)
	c.Result(connect, success)
	c.Result(create, 1.0)
	c.Status(script.Info("error", "NetStream.Publish.Unauthorized", "expired"))
	require.ErrorContains(t, w.until(StateError).Err, "expired")
	require.NoError(t, p.Connect())
	ahead(s.Accept())
	w.until(StatePublishing)
}

// When a server is gone before the second connection, the first one's failure is told.
func TestServerThatIsGoneThen(t *testing.T) {
	noLeak(t)
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	s := script.ListenOn(t, listener)
	p, w := newPublisher(t, s.URL("live/stream"))
	require.NoError(t, p.Connect())
	c := s.Accept()
	early(c)
	listener.Close()
	c.Close()
	e := w.until(StateError)
	require.ErrorIs(t, e.Err, ErrNetwork)
	require.ErrorContains(t, e.Err, "instead of answering connect")
}

// Publishers that share a server do not disturb each other's memory of it.
func TestMemoryIsSafe(t *testing.T) {
	var m servers
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				m.set(server{address: "a", takesAhead: true})
				m.get("a")
			}
		})
	}
	all.Wait()
}
