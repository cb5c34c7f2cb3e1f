package link

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
	"luatrtmp/core/mux"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
	"luatrtmp/core/transport"
	"luatrtmp/tests/script"
)

// links are the kinds of connections that take messages at once.
var links = []struct {
	name    string
	connect func(t testing.TB, buffer int) (ours, peer net.Conn)
}{
	{"plain", tcpPair},
	{"TLS", tlsPair},
}

// tiny makes a connection's buffers as small as the system allows.
const tiny = 1

// tcpPair returns both ends of a TCP connection with buffers of about that many bytes.
func tcpPair(t testing.TB, buffer int) (ours, peer net.Conn) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	raw, err := listener.(*net.TCPListener).SyscallConn()
	require.NoError(t, err)
	raw.Control(func(fd uintptr) { // before the window is agreed on
		err = setReceiveBuffer(fd, buffer)
	})
	require.NoError(t, err)
	ours, err = net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	peer, err = listener.Accept()
	require.NoError(t, err)
	require.NoError(t, ours.(*net.TCPConn).SetWriteBuffer(buffer))
	t.Cleanup(func() { ours.Close(); peer.Close() })
	return ours, peer
}

// tlsPair is tcpPair with encryption.
func tlsPair(t testing.TB, buffer int) (ours, peer net.Conn) {
	conn, raw := tcpPair(t, buffer)
	c := transport.Encrypt(conn, &tls.Config{InsecureSkipVerify: true, DynamicRecordSizingDisabled: true}, script.Patience)
	server := tls.Server(raw, script.SelfSigned(t, "h"))
	agreed := make(chan error, 1)
	go func() { agreed <- server.Handshake() }()
	require.NoError(t, c.Handshake())
	require.NoError(t, <-agreed)
	return c, server
}

func onLinks(t *testing.T, buffer int, test func(t *testing.T, w *Sender, peer net.Conn)) {
	for _, l := range links {
		t.Run(l.name, func(t *testing.T) {
			ours, peer := l.connect(t, buffer)
			o := options.Default()
			o.QueueMedia, o.QueueBytes = time.Hour, 1<<30
			test(t, senderTo(ours, &o), peer)
		})
	}
}

// While nothing waits a message has left when send returns, and no goroutine has been started for it.
func TestSendNow(t *testing.T) {
	onLinks(t, tiny, func(t *testing.T, w *Sender, peer net.Conn) {
		in := message.NewReader(peer)
		for i := range uint32(20) {
			body := bytes.Repeat([]byte{byte(i)}, 100)
			accepted, err := w.send(videoHeader(i), sendqueue.InterFrame, body[:10], body[10:])
			require.NoError(t, err)
			require.True(t, accepted)
			require.False(t, w.draining)
			h, m, err := in.Read()
			require.NoError(t, err)
			require.Equal(t, i, h.Timestamp)
			require.Equal(t, body, m.(*message.Video).Body)
		}
		s := w.counters.Snapshot()
		require.Equal(t, []uint32{20, 20}, []uint32{s.VideoFramesSent, s.PacketsSent})
		require.EqualValues(t, 2000, s.PBytes)
		w.Finish()
		require.NoError(t, ending(w))
	})
}

// What the kernel takes a part of is finished before anything else; then sending is the caller's again.
func TestBacklog(t *testing.T) {
	onLinks(t, tiny, func(t *testing.T, w *Sender, peer net.Conn) {
		big := bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7}, 100_000)
		require.NoError(t, w.SetChunkSize(4096))
		for round := range uint32(3) {
			_, err := w.send(videoHeader(10*round), sendqueue.KeyFrame, big)
			require.NoError(t, err)
			require.True(t, w.draining, "the peer has not read")
			_, err = w.send(videoHeader(10*round+1), sendqueue.InterFrame, []byte{1})
			require.NoError(t, err)
			ping := message.NewUserControl(message.PingResponse, round)
			require.NoError(t, w.SendMessage(0, sendqueue.Control, ping))
			if round == 0 {
				peer = &messages{Conn: peer, in: message.NewReader(peer)}
			}
			in := peer.(*messages).in
			if round == 0 {
				_, _, err = in.Read()
				require.NoError(t, err)
			}
			var got []message.Message
			for range 3 {
				_, m, err := in.Read()
				require.NoError(t, err)
				got = append(got, m)
			}
			require.True(t, bytes.Equal(big, got[0].(*message.Video).Body))
			require.Equal(t, ping, got[1], "control before media")
			require.Equal(t, []byte{1}, got[2].(*message.Video).Body)
			require.Eventually(t, func() bool {
				w.mu.Lock()
				defer w.mu.Unlock()
				return !w.draining
			}, script.Patience, time.Millisecond)
		}
		s := w.counters.Snapshot()
		require.Equal(t, []uint32{6, 10}, []uint32{s.VideoFramesSent, s.PacketsSent})
		require.EqualValues(t, 3*len(big), s.IBytes)
	})
}

// messages is a connection and what reads it.
type messages struct {
	net.Conn
	in *message.Reader
}

// The pictures of a group that was cut are refused on the direct way too.
func TestSendNowAfterCut(t *testing.T) {
	onLinks(t, tiny, func(t *testing.T, w *Sender, peer net.Conn) {
		w.queue.AwaitKeyFrame(0)
		for i, c := range []sendqueue.Priority{sendqueue.InterFrame, sendqueue.Audio, sendqueue.Disposable, sendqueue.KeyFrame, sendqueue.InterFrame} {
			accepted, err := w.send(videoHeader(uint32(i)), c, []byte{byte(i)})
			require.NoError(t, err)
			require.Equal(t, c == sendqueue.Audio || i >= 3, accepted)
		}
		in := message.NewReader(peer)
		for _, want := range []uint32{1, 3, 4} {
			h, _, err := in.Read()
			require.NoError(t, err)
			require.Equal(t, want, h.Timestamp)
		}
		require.EqualValues(t, 2, w.counters.Snapshot().DroppedFrames)
	})
}

// A key frame behind a cut is changed in a copy; what follows it goes the direct way again.
func TestSendNowBehindCut(t *testing.T) {
	var b flv.Builder
	cra := bytes.Join(b.VideoFrame(flv.Form{Codec: flv.HEVC, Enhanced: true}, flv.Picture{Key: true}, [][]byte{{0x2A, 1, 0xAC}}), nil)
	broken := bytes.Clone(cra)
	flv.BreakLink(broken)
	onLinks(t, tiny, func(t *testing.T, w *Sender, peer net.Conn) {
		w.queue.AwaitKeyFrame(0)
		before := bytes.Clone(cra)
		in := message.NewReader(peer)
		for i, want := range [][]byte{broken, cra} {
			accepted, err := w.send(videoHeader(uint32(i)), sendqueue.KeyFrame, cra)
			require.NoError(t, err)
			require.True(t, accepted)
			require.Equal(t, before, cra, "the caller's memory")
			_, m, err := in.Read()
			require.NoError(t, err)
			require.Equal(t, want, m.(*message.Video).Body)
		}
	})
}

// When a connection breaks, what had not been taken, or in part, counts as dropped.
func TestSendNowBroken(t *testing.T) {
	onLinks(t, tiny, func(t *testing.T, w *Sender, peer net.Conn) {
		_, err := w.send(videoHeader(0), sendqueue.KeyFrame, make([]byte, 1_000_000))
		require.NoError(t, err)
		w.conn.Close()
		require.ErrorIs(t, ending(w), rtmperr.ErrNetwork)
		w.Discard()
		require.EqualValues(t, 1, w.counters.Snapshot().DroppedFrames)
		require.EqualValues(t, 1_000_000, w.counters.Snapshot().DroppedBytes)
		_, err = w.send(videoHeader(0), sendqueue.KeyFrame, []byte{1})
		require.ErrorIs(t, err, rtmperr.ErrNetwork)
	})
	onLinks(t, tiny, func(t *testing.T, w *Sender, peer net.Conn) {
		w.conn.Close()
		accepted, err := w.send(videoHeader(0), sendqueue.KeyFrame, []byte{1})
		require.NoError(t, err, "it tells who waits for the end")
		require.False(t, accepted)
		require.ErrorIs(t, ending(w), rtmperr.ErrNetwork)
		require.EqualValues(t, 1, w.counters.Snapshot().DroppedFrames)
	})
}

// A peer that takes nothing is given up, and the time is not counted from a write before.
func TestBacklogStalls(t *testing.T) {
	onLinks(t, tiny, func(t *testing.T, w *Sender, peer net.Conn) {
		w.timeout = 200 * time.Millisecond
		_, err := w.send(videoHeader(0), sendqueue.KeyFrame, make([]byte, 1_000_000))
		require.NoError(t, err)
		require.ErrorIs(t, ending(w), rtmperr.ErrTimeout)
	})
}

// In the steady state a frame costs no memory, from the caller to the kernel.
func TestNoAllocationPerFrame(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection would empty the pools of crypto/tls
	onLinks(t, 1<<20, func(t *testing.T, w *Sender, peer net.Conn) {
		m := mux.New(mux.Config{Clock: time.Now, Dropped: w.counters.Dropped, Warn: noLog().Warn})
		m.Attach(mux.Destination{Out: w, StreamID: 1})
		at, arrived := uint32(0), uint64(0)
		buffer := make([]byte, 1<<20)
		key := coretest.AnnexB(coretest.SPSMain, coretest.PPSMain, append([]byte{0x65, 0x88, 0x82}, make([]byte, 3000)...))
		frame := coretest.AnnexB(append([]byte{0x41, 0x9A, 0x24}, make([]byte, 700)...))
		second := func() {
			at += 1000
			for i := range uint32(25) {
				au := frame
				if i == 0 {
					au = key
				}
				if m.SendVideoFrame(au, at+i*40, mux.Frame{}) != nil || m.SendAudioFrame(coretest.ADTS, at+i*40, mux.Frame{Codec: "aac"}) != nil || w.draining {
					panic("not sent")
				}
			}
			sent := w.counters.Snapshot().BytesSent
			if _, err := io.ReadFull(peer, buffer[:sent-arrived]); err != nil {
				panic(err)
			}
			arrived = sent
		}
		second()
		most := 0.0
		if _, encrypted := w.conn.(*transport.SecureConn); encrypted || raced {
			most = 100 // of 50 messages: crypto/tls has pools too, and makes room at the peer's end
		}
		require.LessOrEqual(t, testing.AllocsPerRun(50, second), most)
	})
}
