package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// disconnectLimit is the longest that stop and disconnect may take, whatever the network does: 500 ms, and what a busy machine
// adds to it. What waits would take minutes.
const disconnectLimit = 3 * time.Second

// noise returns 8 s of pictures that cannot be compressed, 1.5 MB a second, with a tone: enough to fill the buffers of the
// system and the queue soon.
func noise(t testing.TB) string {
	t.Helper()
	return media.Make(t, ".flv", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=8,noise=alls=60:allf=t",
		"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=8",
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "-bf", "0",
		"-b:v", "12M", "-maxrate", "12M", "-bufsize", "1M", "-c:a", "aac", "-b:a", "64k")
}

// The network stands still for some seconds. Whole groups of pictures are dropped meanwhile and nothing else, and what
// arrives is decoded without a complaint.
func TestStandstill(t *testing.T) {
	t.Parallel()
	const stream = "standstill"

	receiver := peers.StartReceiver(t)
	network := startProxy(t, receiver.Addr)
	source := noise(t)
	want := frames(t, source)
	run := start(t, "publish.lua", network.url("live", stream), "source="+source, "queue_ms=500", "timeout=10000")

	run.waitState("1", publishing, 1)
	time.Sleep(1100 * time.Millisecond)
	network.hold(true)
	time.Sleep(5 * time.Second)
	network.hold(false)
	run.wait()
	require.Equal(t, []int{connecting, handshaking, connected, publishing, disconnecting, disconnected}, run.sequence("1"))

	file := receiver.Recording(stream)
	got := frames(t, file)
	dropped := run.stat("1", "dropped_frames")
	t.Logf("%d pictures of the source, %d arrived, %d dropped", len(want.Video.Coded), len(got.Video.Coded), dropped)
	require.Positive(t, dropped)
	require.Equal(t, len(want.Video.Coded), len(got.Video.Coded)+dropped)
	requireCounted(t, run, "1", got)

	// All of the audio, and of the pictures those that arrived: in their order, at their times.
	arrived := want.Repeat(1, 0)
	arrived.Video.Coded = among(arrived.Video.Coded, got.Video.Coded)
	arrived.Video.Decoded = among(arrived.Video.Decoded, got.Video.Decoded)
	media.Compare(t, arrived, got, media.Options{CodedVideo: true})

	// After a gap comes a key frame.
	var keys []bool
	for _, g := range readFLV(t, file) {
		if g.kind == tagVideo && !g.sequenceHeader() {
			keys = append(keys, g.key())
		}
	}
	require.Len(t, keys, len(got.Video.Coded))
	next := 0
	for i, f := range got.Video.Coded {
		at := slices.IndexFunc(want.Video.Coded, func(w media.Frame) bool { return w.MD5 == f.MD5 })
		require.True(t, at == next || keys[i], "picture %d of the source comes after %d, and is no key frame", at, next-1)
		next = at + 1
	}
}

// among returns the frames of all that are in some too.
func among(all, some []media.Frame) []media.Frame {
	there := map[string]bool{}
	for _, f := range some {
		there[f.MD5] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(f media.Frame) bool { return !there[f.MD5] })
}

// The network stands still for longer than the time that is set.
func TestStandstillTooLong(t *testing.T) {
	t.Parallel()
	receiver := peers.StartReceiver(t)
	network := startProxy(t, receiver.Addr)
	run := start(t, "publish.lua", network.url("live", "stuck"), "source="+noise(t), "timeout=1000")

	run.waitState("1", publishing, 1)
	network.hold(true)
	run.wait()
	got := run.requireFailed(afterPublish)
	require.Equal(t, errTimeout, got.code)
	require.Contains(t, got.message, "took no data for 1s")
}

// A server that reads 20 kB a second gets what fits, and does not hold up the end.
func TestSlowReceiver(t *testing.T) {
	t.Parallel()
	const stream = "slow"

	receiver := peers.StartReceiver(t)
	run := start(t, "publish.lua", receiver.URL("live", stream), "source="+noise(t), "queue_ms=500", "seconds=6")
	run.wait()
	require.Equal(t, []int{connecting, handshaking, connected, publishing, disconnecting, disconnected}, run.sequence("1"))
	require.Positive(t, run.stat("1", "dropped_frames"))
	require.Less(t, run.left["1"], disconnectLimit)

	receiver.Stop()
	got := frames(t, receiver.Recording(stream))
	media.Compare(t, frames(t, noise(t)), got, media.Options{Prefix: true, CodedVideo: true})
}
