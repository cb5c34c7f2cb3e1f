package core

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
)

// startWriter runs a writer on one end of a pipe, which has no buffer at all.
func startWriter(o Options) (w *writer, peer net.Conn, ended chan error) {
	conn, peer := net.Pipe()
	w = newWriter(conn, &o, &counters{})
	ended = make(chan error, 1)
	go func() { ended <- w.run() }()
	return w, peer, ended
}

func header(id, timestamp uint32, t message.Type) chunk.Header {
	return chunk.Header{ChunkStreamID: id, Timestamp: timestamp, Type: uint8(t), StreamID: 1}
}

func videoHeader(timestamp uint32) chunk.Header {
	return header(message.VideoChunkStream, timestamp, message.TypeVideo)
}

func TestWriterControlBeforeMedia(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, peer, ended := startWriter(DefaultOptions())
		for i := range 3 {
			_, err := w.send(videoHeader(uint32(i)), classKey, bytes.Repeat([]byte{byte(i)}, batchBytes-1))
			require.NoError(t, err)
			synctest.Wait() // the first one is being written, the others wait
		}
		ack := &message.Acknowledgement{SequenceNumber: 5}
		require.NoError(t, w.sendMessage(chunk.Header{ChunkStreamID: 2}, classControl, ack))
		w.finish()
		_, err := w.send(videoHeader(9), classKey, []byte{1})
		require.ErrorIs(t, err, ErrState, "nothing is accepted after finish")

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
		require.NoError(t, <-ended)
	})
}

func TestWriterChunkSizeAppliesToWhatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, peer, ended := startWriter(DefaultOptions())
		body := bytes.Repeat([]byte{7}, 5000)
		_, err := w.send(videoHeader(0), classControl, body)
		require.NoError(t, err)
		require.NoError(t, w.sendMessage(chunk.Header{ChunkStreamID: 2}, classControl, &message.SetChunkSize{Size: 300}))
		_, err = w.send(videoHeader(40), classKey, body[:2000], body[2000:])
		require.NoError(t, err)
		w.finish()
		in := message.NewReader(peer)
		for _, want := range []message.Type{9, 1, 9} {
			_, m, err := in.Read()
			require.NoError(t, err)
			require.Equal(t, want, m.Type())
			if v, ok := m.(*message.Video); ok {
				require.Equal(t, body, v.Body)
			}
		}
		require.NoError(t, <-ended)
	})
}

func TestWriterBadChunkSize(t *testing.T) {
	w, _, ended := startWriter(DefaultOptions())
	_, err := w.send(header(2, 0, message.TypeSetChunkSize), classControl, []byte{1})
	require.NoError(t, err)
	require.Error(t, <-ended)
}

// As long as something moves, however slowly, there is no timeout.
func TestWriterSlowPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, peer, ended := startWriter(DefaultOptions())
		body := bytes.Repeat([]byte{1, 2, 3}, 100)
		_, err := w.send(videoHeader(0), classKey, body)
		require.NoError(t, err)
		w.finish()
		m, err := chunk.NewReader(&slowReader{r: peer, pause: 4 * time.Second}).Read()
		require.NoError(t, err)
		require.Equal(t, body, m.Payload)
		require.NoError(t, <-ended)
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
		w, peer, ended := startWriter(DefaultOptions())
		_, err := w.send(videoHeader(0), classKey, make([]byte, 1000))
		require.NoError(t, err)
		time.Sleep(100 * time.Millisecond)
		_, err = io.ReadFull(peer, make([]byte, 100))
		require.NoError(t, err)
		began := time.Now()
		err = <-ended
		require.ErrorIs(t, err, ErrTimeout)
		require.ErrorContains(t, err, "5s")
		require.GreaterOrEqual(t, time.Since(began), 5*time.Second)
		require.LessOrEqual(t, time.Since(began), 6500*time.Millisecond)
		_, again := w.send(videoHeader(0), classKey, []byte{1})
		require.Equal(t, err, again, "a caller learns why")
	})
}

func TestWriterOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := DefaultOptions()
		o.QueueBytes = 1000
		w, peer, ended := startWriter(o)
		frame := make([]byte, 300)
		var err error
		sent := 0
		for ; err == nil; sent++ {
			_, err = w.send(header(4, uint32(sent), message.TypeAudio), classAudio, frame)
			synctest.Wait()
		}
		require.ErrorIs(t, err, ErrOverflow)
		require.ErrorContains(t, err, "too slow even for the audio")
		require.Equal(t, 5, sent, "one is being written, three wait, the fifth is too much")
		require.ErrorIs(t, <-ended, ErrOverflow, "the reason stays")
		_, err = peer.Read(frame)
		require.ErrorIs(t, err, io.EOF, "the connection is closed")
	})
}

func TestWriterControlFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, ended := startWriter(DefaultOptions())
		var err error
		sent := 0
		for ; err == nil && sent < 10*maxControl; sent++ {
			err = w.sendMessage(chunk.Header{ChunkStreamID: 2}, classControl, message.NewUserControl(message.PingResponse, 1))
			synctest.Wait()
		}
		require.ErrorIs(t, err, ErrOverflow)
		require.Equal(t, maxControl+2, sent)
		w.conn.Close()
		w.abort()
		require.ErrorIs(t, <-ended, ErrNetwork)
	})
}

func TestWriterAbortWhileIdle(t *testing.T) {
	w, _, ended := startWriter(DefaultOptions())
	w.abort()
	require.ErrorIs(t, <-ended, ErrNetwork)
	require.Error(t, w.sendMessage(chunk.Header{}, classControl, &message.UserControl{Event: message.PingRequest}))
}

func TestWriterBrokenConnection(t *testing.T) {
	w, peer, ended := startWriter(DefaultOptions())
	peer.Close()
	_, err := w.send(videoHeader(0), classKey, []byte{1})
	require.NoError(t, err)
	require.ErrorIs(t, <-ended, ErrNetwork)
}

func TestWriterCounts(t *testing.T) {
	o := DefaultOptions()
	w := newWriter(&discardConn{}, &o, &counters{})
	for i, c := range []class{classControl, classHeader, classKey, classPicture, classPicture, classAudio} {
		_, err := w.send(header(message.VideoChunkStream, uint32(i), message.TypeVideo), c, make([]byte, 100))
		require.NoError(t, err)
	}
	w.finish()
	require.NoError(t, w.run())
	s := w.counters.snapshot()
	require.Greater(t, s.BytesSent, uint64(600))
	s.BytesSent = 0
	require.Equal(t, Stats{VideoFramesSent: 3, AudioFramesSent: 1, PacketsSent: 6, LastVideoTimestamp: 4, LastAudioTimestamp: 5,
		IFrames: 1, PFrames: 2, IBytes: 100, PBytes: 200, AudioBytes: 100}, s)
	require.NotZero(t, w.counters.kbps(time.Now()))
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

// In the steady state a frame costs no memory, from the caller to the network.
func TestNoAllocationPerFrame(t *testing.T) {
	o := DefaultOptions()
	m := muxer{counters: &counters{}}
	w := newWriter(&discardConn{}, &o, m.counters)
	m.attach(w, 1)
	at := uint32(0)
	flush := func() {
		if err := w.next(); err != nil {
			panic(err)
		}
		if err := w.write(); err != nil {
			panic(err)
		}
		w.settle()
	}
	key := annexB(spsMain, ppsMain, append([]byte{0x65, 0x88, 0x82}, make([]byte, 3000)...))
	frame := annexB(append([]byte{0x41, 0x9A, 0x24}, make([]byte, 700)...))
	send := func() {
		at += 1000
		for i := range uint32(25) {
			au := frame
			if i == 0 {
				au = key
			}
			if m.sendAnnexB(au, at+i*40, 0) != nil || m.sendAAC(adts, nil, at+i*40) != nil {
				panic("not sent")
			}
			flush()
		}
	}
	send()
	require.Zero(t, testing.AllocsPerRun(50, send))
}
