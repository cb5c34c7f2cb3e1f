package rtp_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
	pion "github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// relay passes the datagrams of one port on to another, and loses, repeats and swaps some by a seed.
func relay(t testing.TB, from, to int, seed uint64) {
	t.Helper()
	in, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: from})
	require.NoError(t, err)
	out, err := net.Dial("udp4", fmt.Sprintf("127.0.0.1:%d", to))
	require.NoError(t, err)
	done := make(chan struct{})
	t.Cleanup(func() {
		in.Close()
		<-done
		out.Close()
	})
	go func() {
		defer close(done)
		random := rand.New(rand.NewPCG(seed, 1))
		var held [][]byte
		buf := make([]byte, 65535)
		for {
			n, err := in.Read(buf)
			if err != nil {
				return
			}
			packet := slices.Clone(buf[:n])
			switch x := random.IntN(100); {
			case x < 1:
				continue // lost
			case x < 6:
				held = append(held, packet)
				continue
			case x < 10:
				out.Write(packet)
			}
			out.Write(packet)
			if len(held) > 0 && random.IntN(3) == 0 {
				out.Write(held[0])
				held = held[1:]
			}
		}
	}()
}

// What comes through a bad network can be decoded without a complaint: no picture twice, none that was not sent.
func TestBadNetwork(t *testing.T) {
	receiver := peers.StartReceiver(t, "-caps", "v2")
	for _, c := range []struct {
		codec, ext string
		options    []string
	}{
		{"h264", ".mp4", nil}, {"hevc", ".mp4", nil}, {"vp8", ".webm", nil}, {"vp9", ".webm", []string{"-strict", "experimental"}},
	} {
		t.Run(c.codec, func(t *testing.T) {
			t.Parallel()
			file, port := media.Coded(t, c.ext, c.codec, ""), freePorts(t)
			twice := media.Make(t, c.ext, "-stream_loop", "1", "-i", file, "-c", "copy")
			args := func(port int, paced bool) []string { return ffmpegArgs(twice, port, paced, true, false, c.options...) }
			sdp := ffmpegSDP(t, args(port, false))
			relay(t, port+2, port, 5)
			recording := publish(t, receiver, streamName("bad"+c.codec), sdp, func() { run(t, "ffmpeg", args(port+2, true)...) })

			sent, got := media.FrameMD5(t, twice), media.FrameMD5(t, recording)
			require.Empty(t, got.Complaints)
			all := sent.Video.Decoded
			t.Logf("%d of %d pictures", len(got.Video.Decoded), len(all))
			require.NotEmpty(t, got.Video.Decoded)
			for i, f := range got.Video.Decoded {
				at := slices.IndexFunc(all, func(s media.Frame) bool { return s.MD5 == f.MD5 })
				require.GreaterOrEqual(t, at, 0, "picture %d is none that was sent, or comes again", i)
				all = all[at+1:]
			}
		})
	}
}

// Neither ffmpeg 5.1 nor GStreamer 1.22 as Debian has them send AV1: the packets are made here, by pion.
func TestAV1(t *testing.T) {
	receiver := peers.StartReceiver(t, "-caps", "v2")
	file, port := media.Coded(t, ".ivf", "av1", ""), freePorts(t)
	recording := publish(t, receiver, "av1", fmt.Sprintf("rtp://127.0.0.1:%d?codec=av1", port), func() {
		conn, err := net.Dial("udp4", fmt.Sprintf("127.0.0.1:%d", port))
		require.NoError(t, err)
		defer conn.Close()
		packetizer := pion.NewPacketizer(1200, 96, 1, &codecs.AV1Payloader{}, pion.NewFixedSequencer(65530), 90000)
		for _, unit := range ivf(t, file) {
			for _, p := range packetizer.Packetize(unit, 90000/25) {
				b, err := p.Marshal()
				require.NoError(t, err)
				_, err = conn.Write(b)
				require.NoError(t, err)
			}
			time.Sleep(time.Second / 25)
		}
	})
	compare(t, file, recording, media.Options{VideoOnly: true})
}

// ivf returns the frames of an IVF file: a header of 32 bytes, then each with a size, a time of 8 bytes and the data, little endian. Temporal
// delimiters are left out, as the specification of AV1 in RTP wants it.
func ivf(t testing.TB, file string) [][]byte {
	t.Helper()
	const header, frameHeader = 32, 12
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var all [][]byte
	for data = data[header:]; len(data) > 0; {
		size := int(data[0]) | int(data[1])<<8 | int(data[2])<<16 | int(data[3])<<24
		var unit av1.Bitstream
		require.NoError(t, unit.Unmarshal(data[frameHeader:frameHeader+size]))
		unit = slices.DeleteFunc(unit, func(obu []byte) bool { return av1.OBUType(obu[0]>>3&0xF) == av1.OBUTypeTemporalDelimiter })
		b, err := unit.Marshal()
		require.NoError(t, err)
		all = append(all, b)
		data = data[frameHeader+size:]
	}
	return all
}
