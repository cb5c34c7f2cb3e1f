package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// A source that is set while another one plays takes over at once: with its own sequence headers, from a key frame on,
// whole, and with timestamps that go on.
func TestSwitchSource(t *testing.T) {
	t.Parallel()
	receiver := peers.StartReceiver(t)

	for _, ca := range []struct {
		name string
		file func(testing.TB) string
		opts media.Options
	}{
		{"flv", media.FLV, media.Options{CodedVideo: true}},
		{"mp4", media.MP4, media.Options{CodedVideo: true, CodedAudioOnly: true}},
	} {
		t.Run(ca.name, func(t *testing.T) {
			t.Parallel()
			server := receiver.For(t)
			run := start(t, "switch.lua", server.URL("live", ca.name), "1.5", ca.file(t))
			run.wait()
			run.requirePublished("1")

			// The recording is cut in two where each track's second sequence header is.
			parts, headers := [2][]tag{}, map[byte]int{}
			for _, g := range readFLV(t, server.Recording(ca.name)) {
				if g.kind == tagData {
					continue
				}
				if g.sequenceHeader() {
					headers[g.kind]++
				}
				require.Contains(t, []int{1, 2}, headers[g.kind])
				parts[headers[g.kind]-1] = append(parts[headers[g.kind]-1], g)
			}
			require.Equal(t, map[byte]int{tagVideo: 2, tagAudio: 2}, headers)

			before, after := parts[0][len(parts[0])-1].ms, parts[1][0].ms
			require.GreaterOrEqual(t, after, before)
			require.Less(t, after, before+1500)

			first, second := writeFLV(t, "first.flv", parts[0]), writeFLV(t, "second.flv", parts[1])
			media.Compare(t, clipFrames(t), frames(t, first), media.Options{Prefix: true, CodedAudioOnly: true})
			media.Compare(t, frames(t, ca.file(t)), frames(t, second), ca.opts)
		})
	}
}
