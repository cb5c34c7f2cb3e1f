package core

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

func status(level, code, description string) func(*script.Conn) {
	return func(c *script.Conn) {
		c.Refuse(script.Info(level, code, description))
		c.Close()
	}
}

// The seven ways in which real servers refuse, and what the user reads.
func TestRefusals(t *testing.T) {
	const adobe = "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : "
	for _, c := range []struct {
		name    string
		server  func(*script.Conn)
		options []string
		want    sequence
		text    []string
	}{
		{"1 closed at connect", func(c *script.Conn) { c.Handshake(); c.Command("connect"); c.Close() }, nil,
			sequence{1, 2, 7}, []string{"closed the connection", "connect", "application"}},
		{"1 reset at connect", func(c *script.Conn) { c.Handshake(); c.Command("connect"); c.Reset() }, nil,
			sequence{1, 2, 7}, []string{"closed the connection", "connect", "application"}},
		{"2 connect _error", func(c *script.Conn) {
			c.Handshake()
			id := c.Command("connect").TransactionID
			c.Send(&message.Command{Name: "_error", TransactionID: id, Arguments: []amf.Value{
				script.Info("error", "NetConnection.Connect.Rejected", adobe)}})
			c.Close()
		}, nil, sequence{1, 2, 7}, []string{"refused connect", "Connect.Rejected", "authmod=adobe", "user name and a password"}},
		{"2 connect _error for an unknown application", func(c *script.Conn) {
			c.Handshake()
			id := c.Command("connect").TransactionID
			c.Send(&message.Command{Name: "_error", TransactionID: id, Arguments: []amf.Value{
				script.Info("error", "NetConnection.Connect.InvalidApp", "")}})
		}, nil, sequence{1, 2, 7}, []string{"refused connect", "InvalidApp", "check the application"}},
		{"2 _result that is a refusal", func(c *script.Conn) {
			c.Handshake()
			c.Result(c.Command("connect"), script.Info("error", "NetConnection.Connect.Rejected", "no"))
		}, nil, sequence{1, 2, 7}, []string{"refused connect", "no"}},
		{"3 closed before createStream's result", func(c *script.Conn) { c.AcceptConnect(); c.Command("releaseStream"); c.Reset() }, nil,
			sequence{1, 2, 3, 7}, []string{"closed the connection", "createStream", "publishing"}},
		{"3 createStream refused", func(c *script.Conn) {
			c.AcceptConnect()
			id := c.Await("createStream").TransactionID
			c.Send(&message.Command{Name: "_error", TransactionID: id, Arguments: []amf.Value{script.Info("error", "", "too many")}})
		}, nil, sequence{1, 2, 3, 7}, []string{"refused createStream", "too many"}},
		{"3 createStream without an ID", func(c *script.Conn) { c.AcceptConnect(); c.Result(c.Await("createStream")) }, nil,
			sequence{1, 2, 3, 7}, []string{"createStream", "without a message stream ID"}},
		{"4 closed after createStream's result", func(c *script.Conn) { c.AcceptConnect(); c.AcceptStream(); c.Command("publish"); c.Close() }, nil,
			sequence{1, 2, 3, 7}, []string{"closed the connection", "publish", "stream key"}},
		{"5 unauthorized", status("error", "NetStream.Publish.Unauthorized", "bad sign"), nil,
			sequence{1, 2, 3, 7}, []string{"refused publish", "Unauthorized", "bad sign", "token"}},
		{"5 failed", status("error", "NetStream.Publish.Failed", ""), nil, sequence{1, 2, 3, 7}, []string{"NetStream.Publish.Failed"}},
		{"5 bad name without a level", func(c *script.Conn) {
			c.Refuse(amf.Object{{Name: "code", Value: "NetStream.Publish.BadName"}})
		}, nil, sequence{1, 2, 3, 7}, []string{"BadName", "in use"}},
		{"5 bad auth while createStream is asked", func(c *script.Conn) {
			c.AcceptConnect()
			c.Status(script.Info("error", "NetStream.Publish.BadAuth", ""))
		}, nil, sequence{1, 2, 3, 7}, []string{"BadAuth", "token"}},
		{"6 accepted and closed at once", func(c *script.Conn) { c.Accept(); c.Close() }, nil,
			sequence{1, 2, 3, 4, 7}, []string{"closed the connection", "after it had accepted", "stream key"}},
		{"6 accepted, then taken back", func(c *script.Conn) {
			c.Accept()
			c.Status(script.Info("error", "NetStream.Publish.BadName", "kicked"))
		}, nil, sequence{1, 2, 3, 4, 7}, []string{"ended the stream", "kicked"}},
		{"7 silence", func(c *script.Conn) { c.AcceptConnect(); c.AcceptStream(); c.Command("publish") }, []string{"timeout", short},
			sequence{1, 2, 3, 7}, []string{"no answer to publish within 150ms", "another publisher"}},
		{"endless words", status("error", "NetStream.Publish.Failed", strings.Repeat("no\x1b ", 100_000)), nil,
			sequence{1, 2, 3, 7}, []string{"no  no  no"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := failing(t, c.server, c.options...)
			require.Equal(t, c.want, got)
			for _, text := range c.text {
				require.ErrorContains(t, err, text)
			}
			require.Less(t, len(err.Error()), 3000)
		})
	}
}

// A server that closes soon after it accepted may have one of several reasons, each of which is named; the codecs are those that
// were sent.
func TestClosedSoonAfterAccepting(t *testing.T) {
	for _, c := range []struct {
		name string
		send func(*Publisher) error
		text string
	}{
		{"nothing", func(*Publisher) error { return nil }, "a codec that is sent;"},
		{"H.264", sendVideoOf("h264", keyFrame), "a codec that is sent (h264);"},
		{"HEVC and AAC", func(p *Publisher) error {
			return errors.Join(sendVideoOf("hevc", hevcKey)(p), p.SendAAC(adts, nil, 0))
		}, "a codec that is sent (hevc, aac);"},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			p, w, conn := publishing(t)
			require.NoError(t, c.send(p))
			if c.text != "a codec that is sent;" {
				conn.Next()
			}
			conn.Close()
			err := w.until(StateError).Err
			require.ErrorIs(t, err, rtmperr.ErrNetwork)
			for _, text := range []string{"soon", "after it had accepted", "stream key", "token", "another publisher", c.text, "log"} {
				require.ErrorContains(t, err, text)
			}
		})
	}
}

// A server that refuses while frames are on their way often resets the connection: the reason must not be lost.
func TestRefusalWhileSending(t *testing.T) {
	for _, how := range []string{"close", "reset", "status"} {
		t.Run(how, func(t *testing.T) {
			noLeak(t)
			p, w, c := publishing(t)
			stop := make(chan struct{})
			done := make(chan struct{})
			go func() {
				defer close(done)
				for i := uint32(0); ; i++ {
					select {
					case <-stop:
						return
					default:
						p.SendVideo(keyFrame, i*10, 0)
					}
				}
			}()
			c.Next()
			switch how {
			case "status":
				c.Status(script.Info("error", "NetStream.Publish.BadName", "kicked"))
				c.CloseWrite()
			case "close":
				c.Close() // with unread data: the kernel resets it
			case "reset":
				c.Reset()
			}
			e := w.until(StateError)
			close(stop)
			<-done
			if how == "status" {
				require.ErrorIs(t, e.Err, rtmperr.ErrRefused)
				require.ErrorContains(t, e.Err, "kicked")
				return
			}
			require.ErrorIs(t, e.Err, rtmperr.ErrNetwork)
			require.ErrorContains(t, e.Err, "stream key")
		})
	}
}
