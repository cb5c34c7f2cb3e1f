package ingest

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/flv"
	"luatrtmp/core/source"
	"luatrtmp/core/source/rtp"
	"luatrtmp/tests/script"
)

// open opens a live source, which is closed when the test ends.
func open(t *testing.T, log *slog.Logger, spec string) *Receiver {
	t.Helper()
	r, err := Open(source.Spec{Path: spec}, log)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r
}

// heard waits until so many packets came.
func heard(t *testing.T, r *Receiver, packets uint64) {
	t.Helper()
	require.Eventually(t, func() bool { return r.Packets(0) >= packets }, script.Patience, time.Millisecond)
}

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// What an SDP file says of its media is known before a packet has come.
func TestInfoOfSDP(t *testing.T) {
	port := coretest.FreeUDP(t)
	path := filepath.Join(t.TempDir(), "camera.sdp")
	const text = "c=IN IP4 127.0.0.1\nm=video %d RTP/AVP 96\na=rtpmap:96 H264/90000\nm=audio %d RTP/AVP 8\nm=text 9 RTP/AVP 98\n"
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, text, port, port+1), 0o600))
	r := open(t, quietLog(), path)
	info := r.Info()
	require.Equal(t, flv.H264, info.Video.Codec)
	require.Equal(t, &flv.AudioInfo{Codec: flv.PCMA, SampleRate: 8000, Channels: 1}, info.Audio)
	require.Len(t, info.Skipped, 1)
	ports, err := Ports(source.Spec{Path: path})
	require.NoError(t, err)
	require.Equal(t, ports, r.Ports())
}

func TestMulticast(t *testing.T) {
	r, err := Open(source.Spec{Path: fmt.Sprintf("rtp://239.255.42.99:%d?codec=h264", coretest.FreeUDP(t))}, quietLog())
	if err != nil {
		require.ErrorContains(t, err, "joining the multicast group 239.255.42.99", "a machine without a route to it")
		return
	}
	defer r.Close()
	require.True(t, r.desc.Media[0].Address.Addr().IsMulticast())
}

// A port of RTCP that somebody else has is no reason to give up.
func TestWithoutRTCP(t *testing.T) {
	port := coretest.FreeUDP(t)
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port + 1})
	require.NoError(t, err)
	defer taken.Close()
	log := &coretest.Log{}
	open(t, slog.New(slog.NewTextHandler(log, nil)), fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264", port))
	require.Contains(t, log.String(), "no RTCP")
}

func TestTakesItsSourcesOnly(t *testing.T) {
	port := coretest.FreeUDP(t)
	r := open(t, quietLog(), fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264&source=127.0.0.2", port))
	coretest.NewCamera(t, port).Send("K")
	from, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)}, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	require.NoError(t, err)
	defer from.Close()
	(&coretest.Camera{T: t, Conn: from, Seq: 50}).Send("K")
	heard(t, r, 3)
	require.EqualValues(t, 3, r.Packets(0))
}

// Media of which nothing comes are logged once, and again when packets come.
func TestSilenceIsLogged(t *testing.T) {
	port := coretest.FreeUDP(t)
	log := &coretest.Log{}
	r := open(t, slog.New(slog.NewTextHandler(log, nil)), fmt.Sprintf("rtp://127.0.0.1:%d?codec=h264", port))
	r.mu.Lock()
	r.heard[0] = time.Now().Add(-packetPatience)
	r.mu.Unlock()
	r.Look()
	r.Look()
	cam := coretest.NewCamera(t, port)
	cam.Send("K")
	heard(t, r, cam.Sent)
	require.Equal(t, 1, strings.Count(log.String(), "no packets come; waiting for them"))
	require.Contains(t, log.String(), "packets come again")
}

// Why nothing comes out of a live source.
func TestLook(t *testing.T) {
	r := &Receiver{
		log: quietLog(), desc: &rtp.Description{Media: make([]rtp.Medium, 2)}, silent: make([]bool, 2),
		heard: []time.Time{time.Now().Add(-packetPatience), time.Now()},
	}
	why, logged := r.Look()
	require.Equal(t, errNoUnits, why)
	require.False(t, logged)
	r.units = 1
	why, _ = r.Look()
	require.NoError(t, why)
	r.heard[1] = r.heard[0]
	why, logged = r.Look()
	require.Equal(t, errNoPackets, why)
	require.True(t, logged)
}
