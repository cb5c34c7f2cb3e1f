package core

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

// sequence is what the callback sees for a row of the contract.
type sequence []State

// failing connects and returns what the callback sees until ERROR, while server plays the other side, on as many connections
// as the attempt takes.
func failing(t *testing.T, server func(*script.Conn), options ...string) (sequence, error) {
	t.Helper()
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/stream"), options...)
	ended := make(chan struct{})
	stop := s.Serve(func(c *script.Conn) {
		select {
		case <-ended:
			c.Accept()
			c.Drain()
		default:
			server(c)
			<-ended
		}
	})
	defer stop()
	require.NoError(t, p.Connect())
	e := w.until(StateError)
	close(ended)
	require.Equal(t, e.Err, p.Failure())
	require.Equal(t, StateError, p.State())
	require.Zero(t, p.Stats().ConnectionTime)

	// The next attempt succeeds, whatever happened.
	require.NoError(t, p.SetOption("timeout", "5000"))
	require.NoError(t, p.Connect())
	require.NoError(t, p.Failure())
	w.until(StatePublishing)
	p.Disconnect()
	all := w.states()
	require.Equal(t, []State{1, 2, 3, 4, 5, 6}, all[len(all)-6:])
	return all[:len(all)-6], e.Err
}

const short = "150" // ms

func TestSequenceFailures(t *testing.T) {
	for _, c := range []struct {
		name    string
		server  func(*script.Conn)
		options []string
		want    sequence
		kind    error
		text    []string
	}{
		{"not RTMP", func(c *script.Conn) { c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }, nil,
			sequence{1, 2, 7}, rtmperr.ErrHandshake, []string{"HTTP"}},
		{"silent after the handshake", func(c *script.Conn) { c.Handshake() }, []string{"timeout", short},
			sequence{1, 2, 7}, rtmperr.ErrTimeout, []string{"no answer to connect", "150ms"}},
		{"silent after connect", func(c *script.Conn) { c.AcceptConnect() }, []string{"timeout", short},
			sequence{1, 2, 3, 7}, rtmperr.ErrTimeout, []string{"no answer to createStream"}},
		{"silent after createStream", func(c *script.Conn) { c.AcceptConnect(); c.AcceptStream() }, []string{"timeout", short},
			sequence{1, 2, 3, 7}, rtmperr.ErrTimeout, []string{"no answer to publish", "another publisher"}},
		{"closes after connect", func(c *script.Conn) { c.AcceptConnect(); c.Close() }, nil,
			sequence{1, 2, 3, 7}, rtmperr.ErrNetwork, []string{"closed", "createStream"}},
		{"publish refused by onStatus", func(c *script.Conn) {
			c.Refuse(script.Info("error", "NetStream.Publish.BadName", "Already publishing"))
		}, nil, sequence{1, 2, 3, 7}, rtmperr.ErrRefused, []string{"refused publish", "NetStream.Publish.BadName", "Already publishing", "stream key"}},
		{"publish refused by _error", func(c *script.Conn) {
			c.AcceptConnect()
			c.AcceptStream()
			id := c.Command("publish").TransactionID
			c.Send(&message.Command{Name: "_error", TransactionID: id, Arguments: []amf.Value{script.Info("error", "Some.Code", "no")}})
		}, nil, sequence{1, 2, 3, 7}, rtmperr.ErrRefused, []string{"refused publish", "Some.Code", "no"}},
		{"closes while publishing", func(c *script.Conn) { c.Accept(); c.Close() }, nil,
			sequence{1, 2, 3, 4, 7}, rtmperr.ErrNetwork, []string{"closed"}},
		{"resets while publishing", func(c *script.Conn) { c.Accept(); c.Reset() }, nil,
			sequence{1, 2, 3, 4, 7}, rtmperr.ErrNetwork, []string{"closed", "stream key"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := failing(t, c.server, c.options...)
			require.Equal(t, c.want, got)
			require.ErrorIs(t, err, c.kind)
			for _, text := range c.text {
				require.ErrorContains(t, err, text)
			}
		})
	}
}

func TestSequenceNobodyThere(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	free.Close()
	for _, c := range []struct{ name, url, text string }{
		{"refused", "rtmp://" + free.Addr().String() + "/live/stream", "connection refused"},
		{"no such name", "rtmp://no..such.name/live/stream", "no..such.name"}, // no name server is asked for it
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			p, w := newPublisher(t, c.url, "timeout", "2000")
			require.NoError(t, p.Connect())
			e := w.until(StateError)
			require.Equal(t, []State{1, 7}, w.states())
			require.ErrorContains(t, e.Err, c.text)
			require.ErrorIs(t, e.Err, rtmperr.ErrConnect)
			p.Disconnect()
			require.Equal(t, []State{1, 7, 5, 6}, w.states())
			require.ErrorIs(t, p.Failure(), e.Err, "kept until the next connect")
		})
	}
}

func TestSequenceSuccess(t *testing.T) {
	noLeak(t)
	p, w, conn := publishing(t)
	require.Equal(t, []State{1, 2, 3, 4}, w.states())
	require.ErrorIs(t, p.Connect(), rtmperr.ErrState)
	require.ErrorIs(t, p.SetURL("rtmp://other/live/stream"), rtmperr.ErrState)
	p.Disconnect()
	require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states(), "all has been told when Disconnect returns")
	require.Zero(t, p.Stats().ConnectionTime)
	p.Disconnect()
	require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states())
	conn.End()
}

func TestSequenceDisconnectInEachPhase(t *testing.T) {
	for _, c := range []struct {
		name   string
		server func(*script.Conn)
		until  State
		want   []State
	}{
		{"in the handshake", func(*script.Conn) {}, StateHandshaking, []State{1, 2, 5, 6}},
		{"after the handshake", func(c *script.Conn) { c.Handshake(); c.Command("connect") }, StateHandshaking, []State{1, 2, 5, 6}},
		{"connected", func(c *script.Conn) { c.AcceptConnect() }, StateConnected, []State{1, 2, 3, 5, 6}},
		{"after createStream", func(c *script.Conn) { c.AcceptConnect(); c.AcceptStream() }, StateConnected, []State{1, 2, 3, 5, 6}},
		{"publishing", func(c *script.Conn) { c.Accept() }, StatePublishing, []State{1, 2, 3, 4, 5, 6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			p, w := newPublisher(t, s.URL("live/stream"))
			require.NoError(t, p.Connect())
			c.server(s.Accept())
			w.until(c.until)
			p.Disconnect()
			require.Equal(t, c.want, w.states())
			require.NoError(t, p.Failure())
		})
	}
}

func TestSequenceNoAnswerToTheConnection(t *testing.T) {
	noLeak(t)
	p, w := newPublisher(t, "rtmp://"+script.Blackhole(t)+"/live/stream", "timeout", "100")
	require.NoError(t, p.Connect())
	require.ErrorIs(t, w.until(StateError).Err, rtmperr.ErrTimeout)
	require.Equal(t, []State{1, 7}, w.states())
}

func TestSequenceDisconnectWhileConnecting(t *testing.T) {
	noLeak(t)
	p, w := newPublisher(t, "rtmp://"+script.Blackhole(t)+"/live/stream")
	require.NoError(t, p.Connect())
	p.Disconnect()
	require.Equal(t, []State{1, 5, 6}, w.states())
}

func TestSequenceIdle(t *testing.T) {
	p, w := newPublisher(t, "rtmp://host/live/stream")
	require.Equal(t, StateIdle, p.State())
	p.Disconnect()
	p.Disconnect()
	require.Equal(t, []State{6}, w.states())
	require.NoError(t, p.SetURL("rtmp://other/live/stream"))
}

func TestSequenceCloseTellsNothing(t *testing.T) {
	noLeak(t)
	p, w, conn := publishing(t)
	p.Close()
	require.Equal(t, []State{1, 2, 3, 4}, w.states())
	conn.End()
	p.Close()
	p.Disconnect()
	p.Start()
	p.Stop()
	require.ErrorIs(t, p.Connect(), rtmperr.ErrState)
	require.ErrorIs(t, p.SetURL("rtmp://host/live/stream"), rtmperr.ErrState)
	require.ErrorIs(t, p.SetSource("clip"), rtmperr.ErrState)
	require.ErrorIs(t, p.SendVideo(keyFrame, 0, 0), rtmperr.ErrState)
	require.Equal(t, []State{1, 2, 3, 4}, w.states())
}
