package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// openGroups returns 12 s of HEVC that cannot be compressed, 1 MB a second, with a tone. Its groups of pictures are open: each begins
// with a CRA picture, whose three leading pictures refer to the group before.
func openGroups(t testing.TB) string {
	t.Helper()
	return media.Make(t, ".mp4", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=12,noise=alls=60:allf=t",
		"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=12",
		"-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x265-params",
		"log-level=error:open-gop=1:keyint=24:min-keyint=24:scenecut=0:bframes=3:b-adapt=0:b-pyramid=1:"+
			"bitrate=8000:vbv-maxrate=8000:vbv-bufsize=1000", "-c:a", "aac", "-b:a", "64k")
}

// Types of NAL units. H.265, Table 7-1.
const (
	raslR    = 9
	blaWRADL = 17
	craNUT   = 21
	vpsNUT   = 32
)

// hevcPictures returns the types of the first slices of a recording's pictures.
func hevcPictures(t testing.TB, flv string) []byte {
	t.Helper()
	var types []byte
	for _, g := range media.ReadFLV(t, flv) {
		packets, err := media.Packets(g)
		require.NoError(t, err)
		for _, p := range packets {
			if p.Kind == media.TagVideo && (p.Type == media.CodedFrames || p.Type == media.CodedFramesX) {
				types = append(types, firstSlice(p.Data))
			}
		}
	}
	return types
}

// firstSlice returns the type of a picture's first slice; its NAL units have lengths of 4 bytes.
func firstSlice(picture []byte) byte {
	const lengthSize = 4
	for len(picture) > lengthSize {
		size := int(picture[0])<<24 | int(picture[1])<<16 | int(picture[2])<<8 | int(picture[3])
		if typ := picture[lengthSize] >> 1 & 0x3F; typ < vpsNUT {
			return typ
		}
		picture = picture[lengthSize+size:]
	}
	return vpsNUT
}

// Groups of pictures are dropped from a stream of open ones. What arrives is decoded without a complaint, every picture of it is one of
// the source, the audio is complete, and what is missing is counted. The network is slow, or stands still for longer than pictures can
// be told apart by the 8 bits that x265 has for their order.
func TestOpenGroupsOfPictures(t *testing.T) {
	t.Parallel()
	source := openGroups(t) // once: x265 does not make the same file each time
	for _, c := range []struct {
		name    string
		percent int           // of the media's rate; 0: all of it
		still   time.Duration // after a while
	}{{"40 percent", 40, 0}, {"standstill", 0, 7 * time.Second}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			stream := fmt.Sprintf("open%d", c.percent)
			info, err := os.Stat(source)
			require.NoError(t, err)

			receiver := peers.StartReceiver(t)
			network := startProxy(t, receiver.Addr)
			network.throttle(float64(info.Size()) / congestedLength.Seconds() * float64(c.percent) / 100)
			run := start(t, "publish.lua", network.url("live", stream), "source="+source, "timeout=10000", "queue_ms=700")
			if c.still > 0 {
				run.waitState("1", publishing, 1)
				time.Sleep(1500 * time.Millisecond)
				network.hold(true)
				time.Sleep(c.still)
				network.hold(false)
			}
			run.wait()
			require.Equal(t, []int{connecting, handshaking, connected, publishing, disconnecting, disconnected}, run.sequence("1"))

			file := receiver.Recording(stream)
			want, got := frames(t, source), frames(t, media.Matroska(t, file)) // which requires that there are no complaints
			require.Equal(t, len(want.Video.Coded), len(got.Video.Coded)+run.stat("1", "dropped_frames"))
			requireCounted(t, run, "1", got)

			arrived := want.Repeat(1, 0)
			arrived.Video.Decoded = among(arrived.Video.Decoded, got.Video.Decoded)
			media.Compare(t, arrived, got, media.Options{CodedAudioOnly: true})

			leading, whole, cut := 0, 0, 0
			types := hevcPictures(t, file)
			for i, typ := range types {
				switch typ {
				case raslR:
					leading++
				case craNUT:
					whole++
				case blaWRADL:
					cut++
					require.True(t, i+1 == len(types) || types[i+1] != raslR, "behind a cut")
				}
			}
			t.Logf("%d of %d pictures arrived; %d groups behind a whole one, %d behind a cut", len(types), len(want.Video.Coded), whole, cut)
			require.Positive(t, cut)
			if c.still > 0 {
				require.Positive(t, leading, "behind a whole group they stay")
			}
		})
	}
}

// beginsOpen returns two groups out of the middle of openGroups, as an elementary stream: the first picture is a CRA picture, and
// those that lead it refer to what is not there.
func beginsOpen(t testing.TB) string {
	t.Helper()
	stream, err := os.ReadFile(media.Make(t, ".h265", "-i", openGroups(t), "-map", "0:v", "-c", "copy"))
	require.NoError(t, err)
	var parts [][]byte // NAL units with their start codes
	for _, unit := range bytes.Split(stream, []byte{0, 0, 1})[1:] {
		parts = append(parts, append([]byte{0, 0, 1}, bytes.TrimRight(unit, "\x00")...))
	}
	var file []byte
	groups := 0
	for _, p := range parts {
		switch typ := p[3] >> 1 & 0x3F; {
		case typ >= vpsNUT && groups == 0:
			file = append(file, p...) // parameter sets
		case typ == craNUT:
			groups++
		}
		if typ := p[3] >> 1 & 0x3F; typ < vpsNUT && (groups == 2 || groups == 3) {
			file = append(file, p...)
		}
	}
	path := filepath.Join(t.TempDir(), "open.h265")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	return path
}

// A file that begins with leading pictures is played again and again: each round begins like a connection does.
func TestOpenGroupFirstLooped(t *testing.T) {
	t.Parallel()
	receiver := peers.StartReceiver(t)
	run := start(t, "publish.lua", receiver.URL("live", "again"), "seconds=8", "source="+beginsOpen(t)+"?loop=1")
	run.wait()
	require.Equal(t, []int{connecting, handshaking, connected, publishing, disconnecting, disconnected}, run.sequence("1"))

	file := receiver.Recording("again")
	frames(t, media.Matroska(t, file)) // which requires that there are no complaints
	var groups []string
	for _, typ := range hevcPictures(t, file) {
		switch typ {
		case craNUT:
			groups = append(groups, "CRA")
		case blaWRADL:
			groups = append(groups, "BLA")
		case raslR:
			groups[len(groups)-1] = strings.TrimSuffix(groups[len(groups)-1], "+") + "+"
		}
	}
	require.Equal(t, []string{"CRA", "CRA+", "BLA", "CRA+", "BLA", "CRA+"}, groups[:6])
}
