package core

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"luatrtmp/amf"
	"luatrtmp/core/chunk"
	"luatrtmp/core/handshake"
	"luatrtmp/core/message"
)

// What randomServer does next, by a byte of the input.
const (
	doBytes   = iota // say the next so many bytes of the input
	doGreet          // say S0, S1 and S2
	doMessage        // send a message of a type, with the next so many bytes as its body
	doAnswer         // send what a good server says to a command: to which is the next byte
	doResult         // answer a transaction with the next so many bytes of AMF
	doWait           // let time go by
	doHangUp         // say no more
	doReset          // close the connection
	actions
)

// randomServer is a server that does what its input says.
type randomServer struct {
	conn  *memConn
	input []byte
	out   *chunk.Writer
}

func (s *randomServer) next() int {
	if len(s.input) == 0 {
		return 0
	}
	b := s.input[0]
	s.input = s.input[1:]
	return int(b)
}

func (s *randomServer) take(n int) []byte {
	n = min(n, len(s.input))
	taken := s.input[:n]
	s.input = s.input[n:]
	return taken
}

func (s *randomServer) send(m message.Message) {
	body, err := m.AppendBody(nil)
	if err != nil {
		return
	}
	pieces, err := s.out.AppendMessage(nil, chunk.Header{ChunkStreamID: 3, Type: uint8(m.Type())}, body)
	for _, p := range pieces {
		if err == nil {
			_, err = s.conn.Write(p)
		}
	}
	s.out.Reset()
	if size, ok := m.(*message.SetChunkSize); ok {
		s.out.SetChunkSize(size.Size) //nolint:errcheck // what is not allowed is not followed
	}
}

// goodAnswers are those of a good server, to the publisher's commands in their order.
var goodAnswers = []message.Message{
	&message.Command{Name: "_result", TransactionID: 1, Object: amf.Null{},
		Arguments: []amf.Value{amf.Object{{Name: "code", Value: "NetConnection.Connect.Success"}}}},
	&message.Command{Name: "_result", TransactionID: 4, Object: amf.Null{}, Arguments: []amf.Value{1.0}},
	&message.Command{Name: "onStatus", Object: amf.Null{}, Arguments: []amf.Value{amf.Object{{Name: "code", Value: "NetStream.Publish.Start"}}}},
	&message.Command{Name: "onStatus", Object: amf.Null{}, Arguments: []amf.Value{
		amf.Object{{Name: "code", Value: "NetConnection.Connect.ReconnectRequest"}, {Name: "tcUrl", Value: "rtmp://other.test/live"}}}},
	&message.Command{Name: "_error", TransactionID: 1, Object: amf.Null{}, Arguments: []amf.Value{
		amf.Object{{Name: "code", Value: "NetConnection.Connect.Rejected"}, {Name: "description", Value: "authmod=adobe ?reason=needauth&user=u&salt=s&challenge=c"}}}},
}

func (s *randomServer) run() {
	over := make(chan struct{})
	go func() {
		defer close(over)
		io.Copy(io.Discard, s.conn) //nolint:errcheck // until the publisher ends it
	}()
	for len(s.input) > 0 {
		switch s.next() % actions {
		case doBytes:
			s.conn.Write(s.take(s.next())) //nolint:errcheck // the publisher may have ended it, here and below
		case doGreet:
			s.conn.Write(append([]byte{handshake.Version}, make([]byte, 2*handshake.Size)...)) //nolint:errcheck
		case doMessage:
			s.send(&message.Unknown{TypeID: message.Type(s.next()), Body: s.take(s.next())})
		case doAnswer:
			s.send(goodAnswers[s.next()%len(goodAnswers)])
		case doResult:
			body, _ := (&message.Command{Name: []string{"_result", "_error", "onStatus"}[s.next()%3], TransactionID: float64(s.next() % 8)}).AppendBody(nil)
			s.send(&message.Unknown{TypeID: message.TypeCommandAMF0, Body: append(body, s.take(s.next())...)})
		case doWait:
			select {
			case <-time.After(time.Duration(s.next()) * 10 * time.Millisecond):
			case <-over:
				return
			}
		case doHangUp:
			s.conn.CloseWrite() //nolint:errcheck // it returns none
		case doReset:
			s.conn.Close()
			return
		}
	}
	<-over
}

// FuzzPublisher sets a whole publisher, which pushes media meanwhile, on a server that does what the input says. Whatever that is, the
// publisher ends when it is told to, and the next connection, to a good server, works. A goroutine that were left would end the test.
func FuzzPublisher(f *testing.F) {
	good := []byte{doGreet, doAnswer, 0, doAnswer, 1, doAnswer, 2}
	for _, rest := range [][]byte{
		{}, {doHangUp}, {doReset}, {doWait, 200, doMessage, 1, 4, 0, 0, 0, 1, doMessage, 4, 6, 0, 6, 0, 0, 0, 1},
		{doMessage, 5, 4, 0, 0, 0, 1, doMessage, 6, 5, 0, 0, 0, 1, 2, doWait, 9, doAnswer, 3}, {doBytes, 4, 0xFF, 0xFE, 0xFD, 0xFC},
		{doMessage, 20, 9, 2, 0, 8, 'o', 'n', 'S', 't', 'a', 't'}, {doResult, 2, 0, 9, 3, 0, 4, 'c', 'o', 'd', 'e', 2, 0},
	} {
		for _, until := range []int{0, 1, 3, 5, 7} {
			f.Add(append(append([]byte(nil), good[:until]...), rest...), false)
		}
	}
	f.Add([]byte{doGreet, doAnswer, 4}, true)
	f.Add([]byte{doBytes, 9, 'H', 'T', 'T', 'P', '/', '1', '.', '1', ' '}, true)
	f.Fuzz(func(t *testing.T, input []byte, reconnect bool) {
		if len(input) > 4<<10 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			mended := false
			p, w := virtualPublisher(t, func(c *memConn) {
				if mended {
					serveMedia(c, nil)
					return
				}
				(&randomServer{c, input, chunk.NewWriter()}).run()
			}, "timeout", "1000")
			defer p.Close()
			if reconnect {
				p.SetOption("reconnect", "true") //nolint:errcheck // it is one
			}
			connect(t, p)
			for i := range 100 {
				p.SendVideo(keyFrame, uint32(i*40), 0) //nolint:errcheck // as the state allows
				p.SendAAC(adts, nil, uint32(i*40))     //nolint:errcheck // as the state allows
				time.Sleep(40 * time.Millisecond)
			}
			disconnect(t, p)
			w.states() // each may follow the one before
			synctest.Wait()
			mended = true
			connect(t, p)
			time.Sleep(time.Second)
			if s := p.State(); s != StatePublishing {
				t.Fatalf("state %v, %v, with a good server", s, p.Failure())
			}
			disconnect(t, p)
		})
	})
}

func connect(t *testing.T, p *Publisher) {
	if err := p.Connect(); err != nil {
		t.Fatal(err)
	}
}

// disconnect requires the end within the time that is promised.
func disconnect(t *testing.T, p *Publisher) {
	began := time.Now()
	p.Disconnect()
	if s, took := p.State(), time.Since(began); s != StateDisconnected || took > 500*time.Millisecond {
		t.Fatalf("state %v after %v", s, took)
	}
}
