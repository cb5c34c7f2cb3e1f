package script

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/chunk"
	"luatrtmp/core/handshake"
	"luatrtmp/core/message"
)

// Conn is a connection of a publisher. Only one goroutine may use it at a time.
type Conn struct {
	*net.TCPConn
	stream  net.Conn // what RTMP goes over: the same or, encrypted, over it
	t       require.TestingT
	in      *message.Reader
	out     *chunk.Writer
	unread  *Received
	Control []message.Message // the control messages that Next passed over
}

// Received is a message with its header.
type Received struct {
	chunk.Header
	Message message.Message
}

func newConn(t require.TestingT, conn *net.TCPConn, config *tls.Config) *Conn {
	conn.SetDeadline(time.Now().Add(4 * Patience))
	stream := net.Conn(conn)
	if config != nil {
		stream = tls.Server(conn, config)
	}
	return &Conn{TCPConn: conn, stream: stream, t: t, in: message.NewReader(stream), out: chunk.NewWriter()}
}

// Write sends bytes as they are, encrypted where all is.
func (c *Conn) Write(p []byte) (int, error) { return c.stream.Write(p) }

// Handshake shakes hands.
func (c *Conn) Handshake() {
	require.NoError(c.t, handshake.Server(c.stream, zeros{}))
}

// zeros is the random data of S1: the client has to echo it whatever it is.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// Read returns the next message of any type.
func (c *Conn) Read() (Received, error) {
	if r := c.unread; r != nil {
		c.unread = nil
		return *r, nil
	}
	c.SetReadDeadline(time.Now().Add(Patience))
	h, m, err := c.in.Read()
	return Received{Header: h, Message: m}, err
}

// Unread makes the next Read return r again.
func (c *Conn) Unread(r Received) { c.unread = &r }

// Next returns the next message that is no control message; those are kept in Control.
func (c *Conn) Next() Received {
	for {
		r, err := c.Read()
		require.NoError(c.t, err)
		if r.Type < uint8(message.TypeAudio) {
			c.Control = append(c.Control, r.Message)
			continue
		}
		return r
	}
}

// Command reads the next message, which must be the command of that name.
func (c *Conn) Command(name string) *message.Command {
	r := c.Next()
	m, ok := r.Message.(*message.Command)
	require.True(c.t, ok, "expected %s, got a %v message", name, r.Message.Type())
	require.Equal(c.t, name, m.Name)
	return m
}

// Await reads until the command of that name.
func (c *Conn) Await(name string) *message.Command {
	for {
		if m, ok := c.Next().Message.(*message.Command); ok && m.Name == name {
			return m
		}
	}
}

// AwaitControl reads until a control message of a type.
func (c *Conn) AwaitControl(t message.Type) message.Message {
	for {
		r, err := c.Read()
		require.NoError(c.t, err)
		if r.Message.Type() == t {
			return r.Message
		}
	}
}

// End reads until the publisher closes its direction, and returns what came before.
func (c *Conn) End() []Received {
	var all []Received
	for {
		r, err := c.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(c.t, err)
		all = append(all, r)
	}
}

// Send sends a message: control messages on chunk stream 2, others on 3.
func (c *Conn) Send(m message.Message) {
	id := uint32(message.CommandChunkStream)
	if m.Type() < message.TypeAudio {
		id = message.ControlChunkStream
	}
	c.SendOn(chunk.Header{ChunkStreamID: id}, m)
}

// SendOn sends a message with a header of the test's choice but for the type. A Set Chunk Size applies to what follows.
func (c *Conn) SendOn(h chunk.Header, m message.Message) {
	_, err := c.Write(c.Encode(h, m))
	require.NoError(c.t, err)
}

// Encode returns the bytes of a message.
func (c *Conn) Encode(h chunk.Header, m message.Message) []byte {
	body, err := m.AppendBody(nil)
	require.NoError(c.t, err)
	h.Type = uint8(m.Type())
	pieces, err := c.out.AppendMessage(nil, h, body)
	require.NoError(c.t, err)
	var all strings.Builder
	for _, p := range pieces {
		all.Write(p)
	}
	if m, ok := m.(*message.SetChunkSize); ok {
		require.NoError(c.t, c.out.SetChunkSize(m.Size))
	}
	return []byte(all.String())
}

// Reset closes the connection with a reset instead of an end.
func (c *Conn) Reset() {
	c.SetLinger(0)
	c.Close()
}

// Result answers a command.
func (c *Conn) Result(to *message.Command, arguments ...amf.Value) {
	c.Send(&message.Command{Name: "_result", TransactionID: to.TransactionID, Object: amf.Null{}, Arguments: arguments})
}

// Status sends an onStatus.
func (c *Conn) Status(info amf.Object) {
	c.Send(Status(info))
}

// Status is an onStatus.
func Status(info amf.Object) *message.Command {
	return &message.Command{Name: "onStatus", Object: amf.Null{}, Arguments: []amf.Value{info}}
}

// Info is an information object.
func Info(level, code, description string) amf.Object {
	return amf.Object{{Name: "level", Value: level}, {Name: "code", Value: code}, {Name: "description", Value: description}}
}
