package rtp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// exactly compares times as RTMP has them; together also how far audio and video are apart, which in the sender reports of ffmpeg
// differs by the time between the start of its two outputs.
const (
	exactly  = 2 * time.Millisecond
	together = 60 * time.Millisecond
)

// ffmpeg ends without the frames of AAC or MP3 that it has gathered for a packet.
func compare(t *testing.T, want, recording string, opts media.Options) {
	t.Helper()
	got, sent := media.FrameMD5(t, recording), media.FrameMD5(t, want)
	if !opts.AudioOnly {
		o := opts
		o.VideoOnly, o.Prefix, o.Tolerance = true, false, exactly
		media.Compare(t, sent, got, o)
	}
	if !opts.VideoOnly {
		opts.CodedAudioOnly, opts.Tolerance = true, together
		media.Compare(t, sent, got, opts)
	}
}

func TestFFmpeg(t *testing.T) {
	receiver := peers.StartReceiver(t, "-caps", "v2")
	for _, c := range []struct {
		ext, video, audio string
		options           []string
	}{
		{".mp4", "h264", "aac", nil},
		{".mp4", "h264", "aac", []string{"-rtpflags", "latm"}},
		{".mp4", "hevc", "opus", nil},
		{".webm", "vp8", "opus", nil},
		{".webm", "vp9", "opus", []string{"-strict", "experimental"}},
		{".mkv", "h264", "pcma", nil},
		{".mkv", "h264", "pcmu", nil},
		{".mkv", "h264", "mp3", nil},
		{".mp4", "", "aac", nil},
	} {
		name := strings.Join(append([]string{c.video, c.audio}, c.options...), " ")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, port := media.Coded(t, c.ext, c.video, c.audio), freePorts(t)
			sdp := ffmpegSDP(t, ffmpegArgs(file, port, false, c.video != "", true, c.options...))
			recording := publish(t, receiver, streamName("ffmpeg"+name), sdp, func() {
				run(t, "ffmpeg", ffmpegArgs(file, port, true, c.video != "", true, c.options...)...)
			})
			compare(t, file, recording, media.Options{AudioOnly: c.video == "", Prefix: c.audio == "aac" || c.audio == "mp3"})
		})
	}
}

func TestGStreamer(t *testing.T) {
	receiver := peers.StartReceiver(t, "-caps", "v2")
	for _, c := range []struct {
		name              string
		ext, video, audio string
		pipeline          string // between filesrc and udpsink
		query             string
	}{
		{"rtph264pay", ".mp4", "h264", "", "qtdemux ! h264parse ! rtph264pay config-interval=-1 mtu=1200", "codec=h264"},
		{"rtph264pay, aggregates", ".mp4", "h264", "", "qtdemux ! h264parse ! rtph264pay aggregate-mode=max-stap config-interval=-1", "codec=h264&pt=96"},
		{"rtph265pay", ".mp4", "hevc", "", "qtdemux ! h265parse ! rtph265pay config-interval=-1", "codec=hevc"},
		{"rtph265pay, aggregates", ".mp4", "hevc", "", "qtdemux ! h265parse ! rtph265pay aggregate-mode=max config-interval=-1", "codec=hevc"},
		{"rtpvp8pay", ".webm", "vp8", "", "matroskademux ! rtpvp8pay picture-id-mode=2", "codec=vp8"},
		{"rtpvp9pay", ".webm", "vp9", "", "matroskademux ! rtpvp9pay picture-id-mode=2", "codec=vp9"},
		{"rtpopuspay", ".ogg", "", "opus", "oggdemux ! opusparse ! rtpopuspay", "codec=opus"},
		{"rtppcmapay", ".wav", "", "pcma", "wavparse ! rtppcmapay min-ptime=20000000 max-ptime=20000000", "codec=pcma"},
		{"rtppcmupay", ".wav", "", "pcmu", "wavparse ! rtppcmupay min-ptime=20000000 max-ptime=20000000", "codec=pcmu&pt=0"},
		{"rtpmp4gpay", ".mkv", "", "aac", "matroskademux ! aacparse ! rtpmp4gpay", "codec=aac&rate=48000&channels=2"},
		{"rtpmpapay", ".mkv", "", "mp3", "matroskademux ! mpegaudioparse ! rtpmpapay mtu=300", "codec=mp3"},
		{"rtpac3pay", ".mkv", "", "ac3", "matroskademux ! ac3parse ! rtpac3pay", "codec=ac3"},
		{"rtpac3pay, fragments", ".mkv", "", "ac3", "matroskademux ! ac3parse ! rtpac3pay mtu=300", "codec=ac3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file, port := media.Coded(t, c.ext, c.video, c.audio), freePorts(t)
			url := fmt.Sprintf("rtp://127.0.0.1:%d?%s", port, c.query)
			recording := publish(t, receiver, streamName("gst"+c.name), url, func() {
				args := strings.Fields(fmt.Sprintf("-q filesrc location=%s ! %s ! udpsink host=127.0.0.1 port=%d", file, c.pipeline, port))
				run(t, "gst-launch-1.0", args...)
			})
			if c.ext == ".wav" {
				require.Equal(t, samplesOf(t, file), samplesOf(t, recording))
				return
			}
			compare(t, file, recording, media.Options{VideoOnly: c.audio == "", AudioOnly: c.video == ""})
		})
	}
}

// streamName makes a name that the receiver takes.
func streamName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
