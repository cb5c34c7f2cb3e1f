package core

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	pion "github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

// freeUDP returns a loopback port that is free, with the next one.
func freeUDP(t *testing.T) int {
	t.Helper()
	for range 1000 {
		a, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		port := a.LocalAddr().(*net.UDPAddr).Port
		b, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port + 1})
		a.Close()
		if err == nil {
			b.Close()
			return port
		}
	}
	require.FailNow(t, "no two free ports")
	return 0
}

// camera sends H.264, a NAL unit a packet.
type camera struct {
	t         *testing.T
	conn      net.Conn
	seq       uint16
	timestamp uint32
	sent      uint64
}

func newCamera(t *testing.T, port int) *camera {
	t.Helper()
	conn, err := net.Dial("udp4", fmt.Sprintf("127.0.0.1:%d", port))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return &camera{t: t, conn: conn}
}

// send sends pictures: K and P.
func (c *camera) send(pictures string) {
	for _, kind := range pictures {
		nalus := [][]byte{inter}
		if kind == 'K' {
			nalus = [][]byte{spsMain, ppsMain, idr}
		}
		for i, nalu := range nalus {
			p := pion.Packet{Header: pion.Header{
				Version: 2, PayloadType: 96, SequenceNumber: c.seq, Timestamp: c.timestamp, SSRC: 7, Marker: i == len(nalus)-1,
			}, Payload: nalu}
			b, err := p.Marshal()
			require.NoError(c.t, err)
			c.conn.Write(b) // nobody may listen
			c.seq++
			c.sent++
		}
		c.timestamp += 3600
	}
}

// logText is a log that a test can look at.
type logText struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// currentLive returns the live source that is open, nil if none is.
func (p *Publisher) currentLive() *live {
	p.feeder.mu.Lock()
	defer p.feeder.mu.Unlock()
	l, _ := p.feeder.source.received().(*live)
	return l
}

// plays waits until the live source lets media flow, or does no more.
func (p *Publisher) plays(t *testing.T, want bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		l := p.currentLive()
		if l == nil {
			return !want
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.playing == want
	}, patience, time.Millisecond)
}

// heardAll waits until so many packets came.
func (p *Publisher) heardAll(t *testing.T, packets uint64) {
	t.Helper()
	require.Eventually(t, func() bool {
		l := p.currentLive()
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.stream.Counts(0).Packets >= packets
	}, patience, time.Millisecond)
}

func (c *camera) expect(conn *script.Conn, keys ...bool) (times []uint32) {
	c.t.Helper()
	for i, key := range keys {
		v, at, ok := nextVideo(c.t, conn)
		require.True(c.t, ok)
		require.Equal(c.t, key, v.Key, i)
		times = append(times, at)
	}
	return times
}

func TestLive(t *testing.T) {
	noLeak(t)
	port := freeUDP(t)
	s := script.Listen(t)
	log := &logText{}
	p, w := newLoggingPublisher(t, slog.New(slog.NewTextHandler(log, nil)), s.URL("live/stream"))
	require.NoError(t, p.SetSource(fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264", port)))
	cam := newCamera(t, port)
	cam.send("KPP") // nobody takes them
	p.heardAll(t, cam.sent)

	p.Start()
	require.NoError(t, p.Connect())
	c := s.Accept()
	c.Accept()
	p.plays(t, true)
	cam.send("PKPPPKP") // the last one waits for the marker to be right often enough, or for the next picture
	at := cam.expect(c, true, false, false, false, true, false)
	require.Equal(t, []uint32{0, 40, 80, 120, 160, 200}, at)

	p.Stop()
	p.plays(t, false)
	cam.send("PPKP")
	p.heardAll(t, cam.sent)
	time.Sleep(250 * time.Millisecond) // the camera was faster than it should be
	p.Start()
	p.plays(t, true)
	cam.send("PKPK")
	at = cam.expect(c, true, false, true)
	require.Equal(t, at[0]+40, at[1])
	require.Greater(t, at[0], uint32(200))

	cam.send("P")
	cam.seq++ // lost
	cam.send("PPKP")
	cam.expect(c, false, true, false)
	require.EqualValues(t, 2, p.Stats().DroppedFrames)
	require.Contains(t, log.String(), "h264: packets are lost, 1 so far")

	l := p.currentLive()
	l.mu.Lock()
	l.heard[0] = time.Now().Add(-packetPatience)
	l.mu.Unlock()
	l.Look()
	l.Look()
	cam.send("K")
	cam.expect(c, true)
	require.Equal(t, 1, bytes.Count([]byte(log.String()), []byte("no packets come; waiting for them")))
	require.Contains(t, log.String(), "packets come again")

	c.Close() // the connection breaks, and the next one begins at a key frame
	w.until(StateError)
	cam.send("PPK")
	p.heardAll(t, cam.sent)
	require.NoError(t, p.Connect())
	c = s.Accept()
	c.Accept()
	p.plays(t, true)
	cam.send("PKP")
	require.Equal(t, []uint32{0, 40}, cam.expect(c, true, false))

	require.NoError(t, p.SetSource("none"))
	require.Nil(t, p.currentLive())
	p.Disconnect()
}

func TestLiveAddresses(t *testing.T) {
	noLeak(t)
	port := freeUDP(t)
	url := fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264", port)
	p := New(quietLog())
	defer p.Close()
	require.NoError(t, p.SetSource(url))
	require.NoError(t, p.SetSource(url), "again: the one before lets go of the port")
	require.NoError(t, p.SetSource(url+"&audio_codec=opus"))

	other := New(quietLog())
	defer other.Close()
	err := other.SetSource(url)
	require.ErrorIs(t, err, rtmperr.ErrInvalid)
	require.ErrorContains(t, err, fmt.Sprintf("UDP port %d is in use", port))
	require.NoError(t, other.SetSource(fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264", freeUDP(t))))
	require.ErrorContains(t, other.SetSource(url), "is in use")
	require.NotNil(t, other.currentLive(), "the one before stays")

	require.ErrorContains(t, p.SetSource("rtp://192.0.2.1:5004?codec=h264"), "192.0.2.1 is no address of this machine")
	require.ErrorContains(t, p.SetSource(url+"&sprop-parameter-sets=Z00="), "SPS")
	require.ErrorContains(t, p.SetSource("rtp://127.0.0.1:5004"), "parameter codec: expected h264")

	sdp := filepath.Join(t.TempDir(), "camera.sdp")
	const text = "c=IN IP4 127.0.0.1\nm=video %d RTP/AVP 96\na=rtpmap:96 H264/90000\nm=audio %d RTP/AVP 8\nm=text 9 RTP/AVP 98\n"
	require.NoError(t, os.WriteFile(sdp, fmt.Appendf(nil, text, port, port+1), 0o600))
	require.NoError(t, p.SetSource(sdp))
	info := p.currentLive().Info()
	require.Equal(t, flv.H264, info.Video.Codec)
	require.Equal(t, &flv.AudioInfo{Codec: flv.PCMA, SampleRate: 8000, Channels: 1}, info.Audio)
	require.Len(t, info.Skipped, 1)
}

func TestLiveMulticast(t *testing.T) {
	noLeak(t)
	p := New(quietLog())
	defer p.Close()
	if err := p.SetSource(fmt.Sprintf("rtp://239.255.42.99:%d?codec=h264", freeUDP(t))); err != nil {
		require.ErrorContains(t, err, "joining the multicast group 239.255.42.99", "a machine without a route to it")
		return
	}
	require.True(t, p.currentLive().desc.Media[0].Address.Addr().IsMulticast())
}

// A port of RTCP that somebody else has is no reason to give up.
func TestLiveWithoutRTCP(t *testing.T) {
	noLeak(t)
	port := freeUDP(t)
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port + 1})
	require.NoError(t, err)
	defer taken.Close()
	log := &logText{}
	p := New(slog.New(slog.NewTextHandler(log, nil)))
	defer p.Close()
	require.NoError(t, p.SetSource(fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264", port)))
	require.Contains(t, log.String(), "no RTCP")
}

func TestLiveTakesItsSourcesOnly(t *testing.T) {
	noLeak(t)
	port := freeUDP(t)
	p := New(quietLog())
	defer p.Close()
	require.NoError(t, p.SetSource(fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264&source=127.0.0.2", port)))
	newCamera(t, port).send("K")
	from, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)}, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	require.NoError(t, err)
	defer from.Close()
	(&camera{t: t, conn: from, seq: 50}).send("K")
	p.heardAll(t, 3)
	l := p.currentLive()
	l.mu.Lock()
	defer l.mu.Unlock()
	require.EqualValues(t, 3, l.stream.Counts(0).Packets)
}

// The one that stands in for a camera lets go of its port when the camera comes, and takes it again.
func TestLiveStandsIn(t *testing.T) {
	noLeak(t)
	port := freeUDP(t)
	p, _, c := publishing(t)
	require.NoError(t, p.SetSource(fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264", port)))
	p.SetCamera(CameraExpected)
	p.Start()
	require.NoError(t, p.SendVideo(keyFrame, 0, 0))
	require.Nil(t, p.currentLive())
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	require.NoError(t, err)
	taken.Close()
	p.SetCamera(CameraFailed)
	p.plays(t, true)
	cam := newCamera(t, port)
	cam.expect(c, true)
	cam.send("KP")
	cam.expect(c, true)
}

func TestLiveThatFails(t *testing.T) {
	noLeak(t)
	p, w, _ := publishing(t)
	require.NoError(t, p.SetSource(fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264", freeUDP(t))))
	p.Start()
	p.plays(t, true)
	p.currentLive().failed <- rtmperr.New(rtmperr.ErrInternal, "a mistake")
	e := w.until(StateError)
	require.ErrorContains(t, e.Err, "a mistake")
}
