package e2e_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// A server that asks for another connection gets one, from a key frame on: each picture and each audio frame is in one of the two
// recordings.
func TestReconnectRequest(t *testing.T) {
	t.Parallel()
	const stream = "reconnect1"

	receiver := peers.StartReceiver(t, "-caps", "v2")
	run := start(t, "publish.lua", receiver.URL("live", stream), "source="+media.FLV(t))
	run.wait()
	run.requirePublished("1")

	receiver.Stop() // completes the recordings
	recordings := receiver.Recordings(stream)
	require.Len(t, recordings, 2)

	want := frames(t, media.FLV(t))
	first, second := frames(t, recordings[0]), frames(t, recordings[1])
	require.NotEmpty(t, first.Video.Decoded)
	require.NotEmpty(t, second.Video.Decoded)
	require.Equal(t, md5s(want.Video.Decoded), slices.Concat(md5s(first.Video.Decoded), md5s(second.Video.Decoded)))
	require.Equal(t, md5s(want.Audio.Coded), slices.Concat(md5s(first.Audio.Coded), md5s(second.Audio.Coded)))
}

func md5s(f []media.Frame) []string {
	var all []string
	for _, fr := range f {
		all = append(all, fr.MD5)
	}
	return all
}
