package e2e_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// told is what source_error.lua says.
type told struct {
	refused        string
	opening, later []string // lines of the log, before and after connect
	errors         []string // what source_error became, "" when it went
	at             []time.Duration
}

func (s *script) told() *told {
	s.t.Helper()
	got, opened := &told{}, false
	for _, line := range s.output {
		field := strings.Split(line, "\t")
		switch {
		case field[0] == "refused":
			got.refused = field[1]
		case field[0] == "opened":
			opened = true
		case field[0] == "log" && opened:
			got.later = append(got.later, field[2])
		case field[0] == "log":
			got.opening = append(got.opening, field[2])
		case field[0] == "source_error":
			ms, err := strconv.ParseFloat(field[1], 64)
			require.NoError(s.t, err)
			got.at = append(got.at, time.Duration(ms)*time.Millisecond)
			got.errors = append(got.errors, field[2])
		}
	}
	return got
}

// publishOdd publishes a source to a receiver for so many seconds after PUBLISHING, or until its end.
func publishOdd(t *testing.T, source string, seconds int) (*script, *told) {
	t.Helper()
	run := startWith(t, []string{"RTMP_LOG=info"}, "source_error.lua", peers.StartReceiver(t).URL("live", "odd"), source, strconv.Itoa(seconds))
	<-run.done
	require.NoError(t, run.err)
	return run, run.told()
}

var (
	endsWell  = []int{connecting, handshaking, connected, publishing, disconnecting, disconnected}
	endsBadly = []int{connecting, handshaking, connected, publishing, disconnecting, failed}
)

// repeated returns tags of media.FLV for so long: the sequence headers, then one frame of each kind again and again. The video
// frame is no key frame.
func repeated(t *testing.T, length time.Duration, video, audio bool) []tag {
	t.Helper()
	var headers, frames []tag
	for _, g := range readFLV(t, media.FLV(t)) {
		isVideo := g.kind == tagVideo && video
		switch {
		case !isVideo && !(g.kind == tagAudio && audio):
		case g.sequenceHeader():
			headers = append(headers, g)
		case g.key() || slices.ContainsFunc(frames, func(f tag) bool { return f.kind == g.kind }):
		default:
			frames = append(frames, g)
		}
	}
	all := headers
	for ms := uint32(0); ms < uint32(length.Milliseconds()); ms += 40 {
		for _, g := range frames {
			g.ms = ms
			all = append(all, g)
		}
	}
	return all
}

// When nothing of a source, or no video of it, could be sent for 5 s, source_error has the reason, and the log says it once.
// A source of which nothing was sent ends with an error; one of which something was ends well.
func TestSourceError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		audio  bool
		states []int
		end    string
	}{
		{"nothing is sent", false, endsBadly, "frames could be decoded without the key frame before"},
		{"only audio is sent", true, endsWell, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			run, got := publishOdd(t, writeFLV(t, "odd.flv", repeated(t, 7*time.Second, true, c.audio)), 15)
			require.Equal(t, c.states, run.sequence("1"))
			require.Len(t, got.errors, 1)
			require.Contains(t, got.errors[0], "no key frame has come")
			require.Greater(t, got.at[0], 4900*time.Millisecond, "not earlier")
			require.Equal(t, 1, count(got.later, "nothing of the source can be sent"), got.later)
			require.Equal(t, 1, count(got.later, "no key frame has come"))
			if c.end != "" {
				require.Equal(t, errInvalidParam, run.last().code)
				require.Contains(t, run.last().message, c.end)
				return
			}
			require.NotZero(t, run.stat("1", "audio_frames_sent"))
			require.Zero(t, run.stat("1", "video_frames_sent"))
		})
	}
	t.Run("no packets come", func(t *testing.T) {
		t.Parallel()
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		port := conn.LocalAddr().(*net.UDPAddr).Port
		conn.Close()
		sdp := filepath.Join(t.TempDir(), "camera.sdp")
		require.NoError(t, os.WriteFile(sdp, fmt.Appendf(nil,
			"v=0\r\nc=IN IP4 127.0.0.1\r\nm=video %d RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", port), 0o600))
		run, got := publishOdd(t, sdp, 8)
		require.Equal(t, []int{connecting, handshaking, connected, publishing}, run.sequence("1"), "it waits for them")
		require.Equal(t, []string{"no packets come"}, got.errors)
		require.Greater(t, got.at[0], 4900*time.Millisecond)
		require.Equal(t, 1, count(got.later, "no packets come"), got.later)
	})
}

// A track that cannot be sent is named when the source is opened, whatever the container, and what is sent ends well.
func TestTrackLeftOut(t *testing.T) {
	t.Parallel()
	video := []string{"-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=1"}
	tone := []string{"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=1"}
	make := func(ext string, codecs ...string) func(*testing.T) string {
		return func(t *testing.T) string { return media.Make(t, ext, slices.Concat(video, tone, codecs)...) }
	}
	for _, c := range []struct {
		name   string
		file   func(*testing.T) string
		named  []string
		counts [2]bool // video, audio is sent
	}{
		{"FLV, audio", make(".flv", "-c:v", "libx264", "-bf", "0", "-c:a", "adpcm_swf"), []string{"audio"}, [2]bool{true, false}},
		{"FLV, video", make(".flv", "-c:v", "flv", "-c:a", "aac"), []string{"video"}, [2]bool{false, true}},
		{"MP4, audio", make(".mp4", "-c:v", "libx264", "-c:a", "mp2"), []string{"mp2", "audio"}, [2]bool{true, false}},
		{"MP4, video", make(".mp4", "-c:v", "mpeg4", "-c:a", "aac"), []string{"mp4v"}, [2]bool{false, true}},
		{"MPEG-TS, audio", make(".ts", "-c:v", "libx264", "-c:a", "mp2"), []string{"mp2", "audio"}, [2]bool{true, false}},
		{"Matroska, audio", make(".mkv", "-c:v", "libx264", "-c:a", "libvorbis"), []string{"audio"}, [2]bool{true, false}},
		{"Matroska, video", make(".mkv", "-c:v", "mpeg4", "-c:a", "aac"), []string{"video"}, [2]bool{false, true}},
		{"MPEG-TS, video", make(".ts", "-c:v", "mpeg2video", "-c:a", "aac"), []string{"mpeg2 video"}, [2]bool{false, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			run, got := publishOdd(t, c.file(t), 10)
			require.Equal(t, endsWell, run.sequence("1"))
			require.Equal(t, 1, count(got.opening, "/live/...: a track of the source is not sent"), got.opening)
			for _, name := range c.named {
				require.Equal(t, 1, count(got.opening, name), "%s in %q", name, got.opening)
			}
			require.Zero(t, count(got.later, "is not sent"), got.later)
			require.Empty(t, got.errors, "what is left out is no error")
			require.Equal(t, c.counts, [2]bool{run.stat("1", "video_frames_sent") > 0, run.stat("1", "audio_frames_sent") > 0})
		})
	}
	t.Run("all tracks", func(t *testing.T) {
		t.Parallel()
		_, got := publishOdd(t, make(".ts", "-c:v", "mpeg2video", "-c:a", "mp2")(t), 10)
		require.Contains(t, got.refused, "nothing can be sent")
		require.Contains(t, got.refused, "mp2")
	})
}

// One track ends seconds before the other: that is neither an error nor the end.
func TestTrackThatEndsEarly(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]byte{"video": tagVideo, "audio": tagAudio} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all []tag
			for _, g := range readFLV(t, media.FLV(t)) {
				if g.kind != kind || g.ms < 500 {
					all = append(all, g)
				}
			}
			run, got := publishOdd(t, writeFLV(t, "early.flv", all), 15)
			require.Equal(t, endsWell, run.sequence("1"))
			require.Empty(t, got.errors)
			require.Greater(t, run.stat("1", "last_video_timestamp")+run.stat("1", "last_audio_timestamp"), 2900, "the other one goes on")
		})
	}
}

// A file that shrinks while it is sent ends with an error; nothing of it is sent twice.
func TestFileThatShrinks(t *testing.T) {
	t.Parallel()
	const seconds = 20
	samples := make([]byte, seconds*8000) // A-law: each second of it has another value
	for i := range samples {
		samples[i] = byte(100 + i/8000)
	}
	file := filepath.Join(t.TempDir(), "shrinks.wav")
	head := append([]byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x06\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data"),
		binary.LittleEndian.AppendUint32(nil, uint32(len(samples)))...)
	require.NoError(t, os.WriteFile(file, append(head, samples...), 0o600))

	receiver := peers.StartReceiver(t)
	run := startWith(t, nil, "source_error.lua", receiver.URL("live", "shrinks"), file, strconv.Itoa(seconds))
	run.waitState("1", publishing, 1)
	time.Sleep(time.Second)
	require.NoError(t, os.Truncate(file, int64(len(head))))
	why := run.waitState("1", failed, 1)
	<-run.done
	require.NoError(t, run.err)
	require.Contains(t, why.message, "truncated")
	got := run.told()
	require.Len(t, got.errors, 1)
	require.Contains(t, got.errors[0], "truncated")
	last := byte(0)
	for _, g := range readFLV(t, receiver.Recording("shrinks")) {
		if g.kind == tagAudio {
			for _, sample := range g.body[1:] {
				require.GreaterOrEqual(t, sample, max(last, 100))
				last = sample
			}
		}
	}
	require.Less(t, last, byte(110))
}

// count returns how many lines have a text.
func count(lines []string, text string) (n int) {
	for _, line := range lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}
