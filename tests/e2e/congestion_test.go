package e2e_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

const congestedLength = 12 * time.Second

// manyDisposable returns 12 s of pictures that cannot be compressed, 1 MB a second, with a tone. Two of three pictures are
// B pictures that no other refers to.
func manyDisposable(t testing.TB) string {
	t.Helper()
	return media.Make(t, ".flv", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=12,noise=alls=60:allf=t",
		"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=12",
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "-sc_threshold", "0",
		"-bf", "2", "-x264-params", "b-adapt=0:b-pyramid=none",
		"-b:v", "8M", "-maxrate", "8M", "-bufsize", "1M", "-c:a", "aac", "-b:a", "64k")
}

// disposable reports whether all slices of an AVC picture have nal_ref_idc 0. H.264, 7.4.1.
func (g tag) disposable() bool {
	const lengthSize = 4
	rest := g.body[5:]
	pictures := 0
	for len(rest) > lengthSize {
		size := int(rest[0])<<24 | int(rest[1])<<16 | int(rest[2])<<8 | int(rest[3])
		nalu := rest[lengthSize : lengthSize+size]
		rest = rest[lengthSize+size:]
		if kind := nalu[0] & 0x1F; kind >= 1 && kind <= 5 {
			if pictures++; nalu[0]&0x60 != 0 {
				return false
			}
		}
	}
	return pictures > 0
}

// countPictures returns how many pictures a file has, and how many of them no other refers to.
func countPictures(t testing.TB, file string) (all, disposable int) {
	t.Helper()
	for _, g := range readFLV(t, file) {
		if g.kind == tagVideo && len(g.body) > 5 && g.body[1] == 1 {
			all++
			if g.disposable() {
				disposable++
			}
		}
	}
	return all, disposable
}

// The network takes a part of the media's rate. What arrives is decoded without a complaint, every picture of it is one of the
// source, the audio is complete, and what is missing is counted.
func TestCongestion(t *testing.T) {
	t.Parallel()
	for _, percent := range []int{25, 50, 90} {
		t.Run(fmt.Sprint(percent), func(t *testing.T) {
			t.Parallel()
			stream := fmt.Sprint("congested", percent)
			source := manyDisposable(t)
			info, err := os.Stat(source)
			require.NoError(t, err)

			receiver := peers.StartReceiver(t)
			network := startProxy(t, receiver.Addr)
			network.throttle(float64(info.Size()) / congestedLength.Seconds() * float64(percent) / 100)
			run := start(t, "publish.lua", network.url("live", stream), "source="+source, "timeout=10000")
			run.wait()
			require.Equal(t, []int{connecting, handshaking, connected, publishing, disconnecting, disconnected}, run.sequence("1"))

			file := receiver.Recording(stream)
			want, got := frames(t, source), frames(t, file)
			require.Empty(t, got.Complaints)
			dropped := run.stat("1", "dropped_frames")
			require.Equal(t, len(want.Video.Coded), len(got.Video.Coded)+dropped)
			requireCounted(t, run, "1", got)

			arrived := want.Repeat(1, 0)
			arrived.Video.Coded = among(arrived.Video.Coded, got.Video.Coded)
			arrived.Video.Decoded = among(arrived.Video.Decoded, got.Video.Decoded)
			media.Compare(t, arrived, got, media.Options{CodedVideo: true})

			all, disposable := countPictures(t, source)
			gotAll, gotDisposable := countPictures(t, file)
			t.Logf("%d of %d pictures arrived, %d of %d disposable ones", gotAll, all, gotDisposable, disposable)
			require.Positive(t, disposable-gotDisposable, "the first to go")
			lost := func(got, all int) float64 { return 1 - float64(got)/float64(all) }
			require.Greater(t, lost(gotDisposable, disposable), lost(gotAll-gotDisposable, all-disposable), "more of them than of the others")
		})
	}
}
