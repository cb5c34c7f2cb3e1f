package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// The server is stopped and started again. The same context connects again, and what it sends then is whole: from
// timestamp 0 and a key frame on.
func TestReconnect(t *testing.T) {
	t.Parallel()
	const stream = "again"
	const seconds = 2

	receiver := peers.StartReceiver(t)
	run := start(t, "reconnect.lua", receiver.URL("live", stream), "2")

	run.waitState("1", publishing, 1)
	time.Sleep(1300 * time.Millisecond) // past the clip's second key frame
	receiver.Stop()
	first := frames(t, receiver.Recording(stream))

	lost := run.waitState("1", failed, 1)
	require.Equal(t, errNetwork, lost.code)
	require.Contains(t, lost.message, "the server closed the connection")
	refused := run.waitState("1", failed, 2)
	require.Equal(t, errConnectFailed, refused.code)
	require.Contains(t, refused.message, "nothing listens at")

	receiver.Restart()
	run.wait()
	require.Equal(t, disconnected, run.last().state)
	media.Compare(t, clipFrames(t), first, media.Options{Prefix: true, CodedAudioOnly: true})

	e := receiver.WaitEvent(func(e peers.ReceiverEvent) bool { return e.Event == "end" && e.Why == "deleteStream" })
	tags := slices.DeleteFunc(readFLV(t, e.File), func(g tag) bool { return g.kind == tagData || g.sequenceHeader() })
	require.Zero(t, tags[0].ms)
	require.True(t, tags[slices.IndexFunc(tags, func(g tag) bool { return g.kind == tagVideo })].key())

	second := frames(t, e.File)
	require.True(t, slices.ContainsFunc(first.Video.Decoded, func(f media.Frame) bool { return f.MD5 == second.Video.Decoded[0].MD5 }),
		"it goes on from the last key frame before the place it had reached, not from a later one")
	require.Greater(t, last(second.Video.Decoded), (seconds-1)*time.Second)
	requirePart(t, clipFrames(t), second)
}

// requirePart requires that got goes on somewhere in want, and then has each of its frames. Of the audio, where some
// packets are alike, time says where that is.
func requirePart(t testing.TB, want, got *media.Frames) {
	t.Helper()
	require.NotEmpty(t, got.Video.Decoded)
	require.NotEmpty(t, got.Audio.Coded)
	part := want.Repeat(1, 0)

	firstPicture, firstPacket := got.Video.Decoded[0], got.Audio.Coded[0]
	i := slices.IndexFunc(part.Video.Decoded, func(f media.Frame) bool { return f.MD5 == firstPicture.MD5 })
	require.GreaterOrEqual(t, i, 0, "the first picture is not the source's")
	part.Video.Decoded = part.Video.Decoded[i:]

	packetTime := part.Video.Decoded[0].PTS + firstPacket.PTS - firstPicture.PTS
	i = slices.IndexFunc(part.Audio.Coded, func(f media.Frame) bool { return f.PTS >= packetTime-media.DefaultTolerance })
	require.GreaterOrEqual(t, i, 0, "the first packet is not the source's")
	part.Audio.Coded = part.Audio.Coded[i:]

	media.Compare(t, part, got, media.Options{Prefix: true, CodedAudioOnly: true})
}
