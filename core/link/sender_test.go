package link

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
	"luatrtmp/core/message"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
	"luatrtmp/core/stats"
)

// startWriter returns a sender on one end of a pipe, which has no buffer at all and cannot be offered anything.
func startWriter(o options.Options) (w *Sender, peer net.Conn) {
	conn, peer := net.Pipe()
	return senderTo(conn, &o), peer
}

// ending waits until a sender is done and returns why.
func ending(w *Sender) error {
	<-w.done
	return w.Err()
}

// senderTo returns a sender to conn that counts by itself.
func senderTo(conn net.Conn, o *options.Options) *Sender {
	return NewSender(conn, SenderConfig{
		Timeout: o.Timeout, MaxBytes: o.QueueBytes, MaxMedia: o.QueueMedia, Counters: &stats.Counters{}, Dropped: func(uint32, uint64) {},
	})
}

func header(id, timestamp uint32, t message.Type) chunk.Header {
	return chunk.Header{ChunkStreamID: id, Timestamp: timestamp, Type: uint8(t), StreamID: 1}
}

func videoHeader(timestamp uint32) chunk.Header {
	return header(message.VideoChunkStream, timestamp, message.TypeVideo)
}

func TestWriterControlBeforeMedia(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, peer := startWriter(options.Default())
		for i := range 3 {
			_, err := w.send(videoHeader(uint32(i)), sendqueue.KeyFrame, bytes.Repeat([]byte{byte(i)}, batchBytes-1))
			require.NoError(t, err)
			synctest.Wait() // the first one is being written, the others wait
		}
		ack := &message.Acknowledgement{SequenceNumber: 5}
		require.NoError(t, w.SendMessage(0, sendqueue.Control, ack))
		w.Finish()
		_, err := w.send(videoHeader(9), sendqueue.KeyFrame, []byte{1})
		require.ErrorIs(t, err, rtmperr.ErrState, "nothing is accepted after finish")

		in := message.NewReader(peer)
		var types []message.Type
		for range 4 {
			h, m, err := in.Read()
			require.NoError(t, err)
			types = append(types, m.Type())
			if v, ok := m.(*message.Video); ok {
				require.Equal(t, bytes.Repeat([]byte{byte(h.Timestamp)}, batchBytes-1), v.Body)
			}
		}
		require.Equal(t, []message.Type{9, 3, 9, 9}, types, "before the media that waits, each message whole")
		require.NoError(t, ending(w))
	})
}

func TestWriterChunkSizeAppliesToWhatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, peer := startWriter(options.Default())
		body := bytes.Repeat([]byte{7}, 5000)
		_, err := w.send(videoHeader(0), sendqueue.Control, body)
		require.NoError(t, err)
		require.NoError(t, w.SetChunkSize(300))
		_, err = w.send(videoHeader(40), sendqueue.KeyFrame, body[:2000], body[2000:])
		require.NoError(t, err)
		w.Finish()
		in := message.NewReader(peer)
		for _, want := range []message.Type{9, 1, 9} {
			_, m, err := in.Read()
			require.NoError(t, err)
			require.Equal(t, want, m.Type())
			if v, ok := m.(*message.Video); ok {
				require.Equal(t, body, v.Body)
			}
		}
		require.NoError(t, ending(w))
	})
}

func TestWriterBadChunkSize(t *testing.T) {
	w, _ := startWriter(options.Default())
	require.Error(t, w.SetChunkSize(0))
	w.Finish()
	require.NoError(t, ending(w), "nothing was sent")
}

// As long as something moves, however slowly, there is no timeout.
func TestWriterSlowPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, peer := startWriter(options.Default())
		body := bytes.Repeat([]byte{1, 2, 3}, 100)
		_, err := w.send(videoHeader(0), sendqueue.KeyFrame, body)
		require.NoError(t, err)
		w.Finish()
		m, err := chunk.NewReader(&slowReader{r: peer, pause: 4 * time.Second}).Read()
		require.NoError(t, err)
		require.Equal(t, body, m.Payload)
		require.NoError(t, ending(w))
	})
}

// slowReader reads one byte after each pause.
type slowReader struct {
	r     io.Reader
	pause time.Duration
}

func (s *slowReader) Read(p []byte) (int, error) {
	time.Sleep(s.pause)
	return s.r.Read(p[:1])
}

func TestWriterNoProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, peer := startWriter(options.Default())
		_, err := w.send(videoHeader(0), sendqueue.KeyFrame, make([]byte, 1000))
		require.NoError(t, err)
		time.Sleep(100 * time.Millisecond)
		_, err = io.ReadFull(peer, make([]byte, 100))
		require.NoError(t, err)
		began := time.Now()
		err = ending(w)
		require.ErrorIs(t, err, rtmperr.ErrTimeout)
		require.ErrorContains(t, err, "5s")
		require.GreaterOrEqual(t, time.Since(began), 5*time.Second)
		require.LessOrEqual(t, time.Since(began), 6500*time.Millisecond)
		_, again := w.send(videoHeader(0), sendqueue.KeyFrame, []byte{1})
		require.Equal(t, err, again, "a caller learns why")
	})
}

func TestWriterOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options.Default()
		o.QueueBytes = 1000
		w, peer := startWriter(o)
		frame := make([]byte, 300)
		var err error
		sent := 0
		for ; err == nil; sent++ {
			_, err = w.send(header(4, uint32(sent), message.TypeAudio), sendqueue.Audio, frame)
			synctest.Wait()
		}
		require.ErrorIs(t, err, rtmperr.ErrOverflow)
		require.ErrorContains(t, err, "too slow even for the audio")
		require.Equal(t, 5, sent, "one is being written, three wait, the fifth is too much")
		require.ErrorIs(t, ending(w), rtmperr.ErrOverflow, "the reason stays")
		_, err = peer.Read(frame)
		require.ErrorIs(t, err, io.EOF, "the connection is closed")
	})
}

func TestWriterControlFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := startWriter(options.Default())
		var err error
		sent := 0
		for ; err == nil && sent < 10*sendqueue.MaxControl; sent++ {
			err = w.SendMessage(0, sendqueue.Control, message.NewUserControl(message.PingResponse, 1))
			synctest.Wait()
		}
		require.ErrorIs(t, err, rtmperr.ErrOverflow)
		require.Equal(t, sendqueue.MaxControl+2, sent)
		w.conn.Close()
		w.Abort()
		require.ErrorIs(t, ending(w), rtmperr.ErrNetwork)
	})
}

func TestWriterAbortWhileIdle(t *testing.T) {
	w, _ := startWriter(options.Default())
	w.Abort()
	require.ErrorIs(t, ending(w), rtmperr.ErrNetwork)
	require.Error(t, w.SendMessage(0, sendqueue.Control, &message.UserControl{Event: message.PingRequest}))
}

func TestWriterBrokenConnection(t *testing.T) {
	w, peer := startWriter(options.Default())
	peer.Close()
	_, err := w.send(videoHeader(0), sendqueue.KeyFrame, []byte{1})
	require.NoError(t, err)
	require.ErrorIs(t, ending(w), rtmperr.ErrNetwork)
}

func TestWriterCounts(t *testing.T) {
	o := options.Default()
	w := senderTo(&discardConn{}, &o)
	for i, c := range []sendqueue.Priority{sendqueue.Control, sendqueue.Header, sendqueue.KeyFrame, sendqueue.InterFrame, sendqueue.InterFrame, sendqueue.Audio} {
		_, err := w.send(header(message.VideoChunkStream, uint32(i), message.TypeVideo), c, make([]byte, 100))
		require.NoError(t, err)
	}
	w.Finish()
	require.NoError(t, ending(w))
	s := w.counters.Snapshot()
	require.Greater(t, s.BytesSent, uint64(600))
	s.BytesSent = 0
	require.Equal(t, stats.Stats{VideoFramesSent: 3, AudioFramesSent: 1, PacketsSent: 6, LastVideoTimestamp: 4, LastAudioTimestamp: 5,
		IFrames: 1, PFrames: 2, IBytes: 100, PBytes: 200, AudioBytes: 100}, s)
	require.NotZero(t, w.counters.Kbps(time.Now()))
}

// discardConn takes everything.
type discardConn struct {
	net.Conn
	mu    sync.Mutex
	bytes int
}

func (c *discardConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.bytes += len(p)
	c.mu.Unlock()
	return len(p), nil
}
func (c *discardConn) SetWriteDeadline(time.Time) error { return nil }
func (c *discardConn) Close() error                     { return nil }
