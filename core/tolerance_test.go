package core

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/chunk"
	"luatrtmp/core/handshake"
	"luatrtmp/core/message"
	"luatrtmp/tests/script"
)

// What servers do that a publisher must take.
func TestTolerance(t *testing.T) {
	on := func(id uint32) chunk.Header { return chunk.Header{ChunkStreamID: id, StreamID: 1} }
	for _, c := range []struct {
		name   string
		server func(c *script.Conn)
	}{
		{"onStatus on chunk stream 8, without level", func(c *script.Conn) {
			c.AcceptConnect()
			c.AcceptStream()
			c.Command("publish")
			c.SendOn(on(8), script.Status(amf.Object{{Name: "code", Value: "NetStream.Publish.Start"}}))
		}},
		{"onStatus on chunk stream 5, with publish's transaction", func(c *script.Conn) {
			c.AcceptConnect()
			c.AcceptStream()
			m := script.Status(script.Started())
			m.TransactionID = c.Command("publish").TransactionID
			c.SendOn(on(5), m)
		}},
		{"chunk size 134217728", func(c *script.Conn) { c.Handshake(); c.Send(&message.SetChunkSize{Size: 134217728}); acceptRest(c) }},
		{"chunk size 1", func(c *script.Conn) { c.Handshake(); c.Send(&message.SetChunkSize{Size: 1}); acceptRest(c) }},
		{"windows, StreamBegin, onBWDone", func(c *script.Conn) {
			c.Handshake()
			c.Send(&message.WindowAckSize{Size: 4096})
			c.Send(&message.SetPeerBandwidth{Size: 2147483647, LimitType: message.LimitDynamic})
			c.Send(message.NewUserControl(message.StreamBegin, 0))
			c.Send(&message.Command{Name: "onBWDone", Arguments: []amf.Value{8192.0}})
			acceptRest(c)
			c.Send(message.NewUserControl(message.StreamBegin, 1))
			c.Send(message.NewUserControl(message.PingRequest, 5))
			require.Equal(t, &message.UserControl{Event: message.PingResponse, Data: []byte{0, 0, 0, 5}}, c.AwaitControl(message.TypeUserControl))
		}},
		{"answers and errors to releaseStream and FCPublish, onFCPublish, onMetaData", func(c *script.Conn) {
			c.AcceptConnect()
			id := c.Command("releaseStream").TransactionID
			c.Send(&message.Command{Name: "_error", TransactionID: id, Arguments: []amf.Value{script.Info("error", "x", "y")}})
			id = c.Command("FCPublish").TransactionID
			c.Send(&message.Command{Name: "_result", TransactionID: id})
			c.Send(&message.Data{Values: []amf.Value{"onMetaData", amf.ECMAArray{}}})
			c.Send(&message.Command{Name: "onFCPublish", Arguments: []amf.Value{script.Info("status", "NetStream.Publish.Start", "")}})
			c.SendOn(chunk.Header{ChunkStreamID: 3}, &message.Unknown{TypeID: 20, Body: []byte{2, 0, 11, 'o', 'n', 'F', 'C', 'P', 'u', 'b', 'l', 'i', 's', 'h'}})
			c.Result(c.Command("createStream"), 1.0)
			c.AcceptPublish()
		}},
		{"_result for transactions that nobody knows", func(c *script.Conn) {
			c.Handshake()
			c.Send(&message.Command{Name: "_result", TransactionID: 99, Arguments: []amf.Value{7.0}})
			c.Send(&message.Command{Name: "_error", TransactionID: 98})
			acceptRest(c)
		}},
		{"an onStatus of no importance", func(c *script.Conn) {
			c.AcceptConnect()
			c.Status(script.Info("status", "NetConnection.Connect.Something", ""))
			c.AcceptStream()
			c.Status(script.Info("warning", "NetStream.Publish.Slow", ""))
			c.AcceptPublish()
		}},
		{"unknown and broken messages", func(c *script.Conn) {
			c.Handshake()
			for _, id := range []message.Type{2, 3, 4, 5, 6, 15, 17, 18, 20, 22, 99} {
				c.SendOn(chunk.Header{ChunkStreamID: 7}, &message.Unknown{TypeID: id, Body: []byte{2}})
			}
			acceptRest(c)
		}},
		{"createStream gives a large ID", func(c *script.Conn) {
			c.AcceptConnect()
			c.Result(c.Await("createStream"), float64(0xFFFFFFFF))
			c.AcceptPublish()
		}},
		{"S2 that does not echo", func(c *script.Conn) {
			c.Write(append([]byte{handshake.Version}, make([]byte, 2*handshake.Size)...)) // S0, S1 and S2 at once
			buf := make([]byte, 1+2*handshake.Size)
			for n := 0; n < len(buf); {
				k, err := c.TCPConn.Read(buf[n:])
				require.NoError(t, err)
				n += k
			}
			acceptRest(c)
		}},
		{"one byte at a time", func(c *script.Conn) {
			c.SetNoDelay(true)
			c.AcceptConnect()
			m := &message.Command{Name: "_result", TransactionID: c.Await("createStream").TransactionID, Arguments: []amf.Value{7.0}}
			for _, b := range append(c.Encode(chunk.Header{ChunkStreamID: 3}, m), c.Encode(chunk.Header{ChunkStreamID: 3}, script.Status(script.Started()))...) {
				c.Write([]byte{b})
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			p, w := newPublisher(t, s.URL("live/stream"))
			require.NoError(t, p.Connect())
			conn := s.Accept()
			c.server(conn)
			w.until(StatePublishing)
			require.NoError(t, p.SendVideo(keyFrame, 0, 0))
			for {
				if _, ok := conn.Next().Message.(*message.Video); ok {
					break
				}
			}
			p.Disconnect()
			require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states())
		})
	}
}

// acceptRest goes on after the handshake.
func acceptRest(c *script.Conn) {
	c.Result(c.Command("connect"), script.Info("status", "NetConnection.Connect.Success", ""))
	c.AcceptStream()
	c.AcceptPublish()
}

func TestAcknowledgesToAServer(t *testing.T) {
	_, _, c := publishing(t)
	c.Send(&message.WindowAckSize{Size: 4096})
	for range 100 {
		c.Send(&message.Command{Name: "onBWDone", Arguments: []amf.Value{"some padding to make it longer"}})
	}
	ack := c.AwaitControl(message.TypeAcknowledgement).(*message.Acknowledgement)
	require.Greater(t, ack.SequenceNumber, uint32(2000))
}
