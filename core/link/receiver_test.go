package link

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
	"luatrtmp/core/message"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
)

// readerPeer is the server's end of a connection with a receiver and a sender on the other one.
type readerPeer struct {
	t *testing.T
	r *Receiver
	net.Conn
	in    *message.Reader
	out   *chunk.Writer
	close func()
}

func startReader(t *testing.T, log *slog.Logger) *readerPeer {
	o := options.Default()
	conn, peer := net.Pipe()
	w := senderTo(conn, &o)
	r := NewReceiver(conn, w, log)
	go r.Run()
	p := &readerPeer{t: t, r: r, Conn: peer, in: message.NewReader(peer), out: chunk.NewWriter()}
	p.close = func() {
		conn.Close()
		peer.Close()
		w.Abort()
		for range r.commands {
		}
	}
	return p
}

func (p *readerPeer) send(m message.Message) int {
	body, err := m.AppendBody(nil)
	require.NoError(p.t, err)
	return p.sendRaw(m.Type(), body)
}

func (p *readerPeer) sendRaw(t message.Type, body []byte) int {
	pieces, err := p.out.AppendMessage(nil, chunk.Header{ChunkStreamID: 2, Type: uint8(t)}, body)
	require.NoError(p.t, err)
	all := bytes.Join(pieces, nil)
	_, err = p.Write(all)
	require.NoError(p.t, err)
	return len(all)
}

func (p *readerPeer) read() message.Message {
	_, m, err := p.in.Read()
	require.NoError(p.t, err)
	return m
}

func noLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestReaderAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startReader(t, noLog())
		defer p.close()
		ping := message.NewUserControl(message.PingRequest, 0x01020304)
		p.send(ping)
		require.Equal(t, message.NewUserControl(message.PingResponse, 0x01020304), p.read())
		p.send(&message.SetPeerBandwidth{Size: 2_500_000, LimitType: message.LimitDynamic})
		require.Equal(t, &message.WindowAckSize{Size: 2_500_000}, p.read())
		p.send(&message.SetPeerBandwidth{Size: 2_500_000})
		p.send(message.NewUserControl(message.StreamBegin, 0))
		p.send(&message.UserControl{Event: 31, Data: []byte{1}})
		p.send(&message.Acknowledgement{SequenceNumber: 1})
		p.sendRaw(77, []byte{1})
		p.send(&message.SetPeerBandwidth{Size: 5000})
		require.Equal(t, &message.WindowAckSize{Size: 5000}, p.read(), "told once, again when it changes")
		p.send(&message.Command{Name: "onBWDone"})
		require.Equal(t, "onBWDone", (<-p.r.commands).Name)
	})
}

func TestReaderAcknowledges(t *testing.T) {
	for _, start := range []uint32{0, 0xFFFFFF00} { // the second one wraps
		synctest.Test(t, func(t *testing.T) {
			p := startReader(t, noLog())
			defer p.close()
			synctest.Wait()
			total := uint32(p.send(&message.UserControl{Event: 31, Data: make([]byte, 90)}))
			synctest.Wait()
			p.r.received, p.r.acked = start+total, start+total // as if more had come before
			base := start + total
			begun := uint32(p.send(&message.WindowAckSize{Size: 1000}))
			last := base
			for range 40 {
				begun += uint32(p.send(&message.UserControl{Event: 31, Data: make([]byte, 90)}))
				synctest.Wait()
				if base+begun-last >= 500 {
					ack := p.read().(*message.Acknowledgement)
					require.Equal(t, base+begun, ack.SequenceNumber)
					last = ack.SequenceNumber
				}
			}
			require.Greater(t, last-base, uint32(3000))
		})
	}
}

func TestReaderOddWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startReader(t, noLog())
		defer p.close()
		p.send(&message.WindowAckSize{Size: 1})
		go p.send(message.NewUserControl(message.StreamBegin, 1))
		require.IsType(t, &message.Acknowledgement{}, p.read(), "a window of one byte: at every read")
	})
	synctest.Test(t, func(t *testing.T) {
		p := startReader(t, noLog())
		defer p.close()
		p.send(&message.WindowAckSize{Size: 0xFFFFFFFF})
		p.send(&message.WindowAckSize{Size: 0})
		p.send(message.NewUserControl(message.PingRequest, 1))
		require.IsType(t, &message.UserControl{}, p.read(), "no window, no acknowledgement")
	})
}

// Messages that are broken are passed over; a server that sends nothing else does not fill the log.
func TestReaderPassesOverBrokenMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines countingWriter
		p := startReader(t, slog.New(slog.NewTextHandler(&lines, nil)))
		defer p.close()
		for range 100 {
			p.sendRaw(message.TypeCommandAMF0, []byte{2, 0, 9, 'x'})
		}
		p.send(&message.Command{Name: "good"})
		require.Equal(t, "good", (<-p.r.commands).Name)
		require.Equal(t, maxFaults, int(lines))
	})
}

type countingWriter int

func (w *countingWriter) Write(p []byte) (int, error) {
	*w += countingWriter(bytes.Count(p, []byte{'\n'}))
	return len(p), nil
}

// A peer that asks and does not read gets a bounded number of answers, and keeps nobody from the commands.
func TestReaderFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startReader(t, noLog())
		defer p.close()
		for i := range uint32(10 * sendqueue.MaxControl) {
			p.send(message.NewUserControl(message.PingRequest, i))
		}
		p.send(&message.Command{Name: "still here"})
		require.Equal(t, "still here", (<-p.r.commands).Name)
		p.r.out.mu.Lock()
		require.LessOrEqual(t, len(p.r.out.queue.Pop(nil, 0)), sendqueue.MaxControl)
		p.r.out.mu.Unlock()
	})
}

func TestReaderNobodyListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startReader(t, noLog())
		for range maxCommands + 1 {
			p.send(&message.Command{Name: "onBWDone"})
		}
		synctest.Wait()
		p.close()
		synctest.Wait()
		require.ErrorIs(t, p.r.err, io.ErrClosedPipe)
	})
}

func TestReaderFailure(t *testing.T) {
	for _, c := range []struct {
		err  error
		text string
		peer bool
	}{
		{io.EOF, "the server closed the connection now", true},
		{io.ErrUnexpectedEOF, "the server closed the connection now", true},
		{net.ErrClosed, "the connection broke now", false},
		{&net.OpError{Op: "read", Err: errors.New("odd")}, "the connection broke now", false},
		{chunk.ErrNoHeader, "not RTMP now", false},
	} {
		r := Receiver{err: c.err}
		require.Equal(t, c.peer, r.ClosedByPeer())
		require.ErrorIs(t, r.Err("now"), rtmperr.ErrNetwork)
		require.ErrorContains(t, r.Err("now"), c.text)
	}
}
