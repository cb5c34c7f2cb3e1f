package e2e_test

import (
	"testing"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// colorInfo returns the metadata of a file's video, by group and name.
func colorInfo(t testing.TB, flv string) map[string]map[string]float64 {
	t.Helper()

	for _, g := range media.ReadFLV(t, flv) {
		packets, err := media.Packets(g)
		require.NoError(t, err)
		for _, p := range packets {
			if p.Kind != media.TagVideo || p.Type != media.Metadata {
				continue
			}
			values, err := amf0.Unmarshal(p.Data)
			require.NoError(t, err)
			require.Len(t, values, 2)
			require.Equal(t, "colorInfo", values[0])

			groups := map[string]map[string]float64{}
			for _, group := range values[1].(amf0.Object) {
				groups[group.Key] = map[string]float64{}
				for _, f := range group.Value.(amf0.Object) {
					groups[group.Key][f.Key] = f.Value.(float64)
				}
			}
			return groups
		}
	}

	return nil
}

// The colours, the light levels and the display of HDR10 are told, with the names of Enhanced RTMP.
func TestColorInfo(t *testing.T) {
	t.Parallel()
	receiver := peers.StartReceiver(t, "-caps", "v2")
	run := start(t, "publish.lua", receiver.URL("live", "hdr"), "source="+media.HDR10(t))
	run.wait()

	got := colorInfo(t, receiver.Recording("hdr"))
	for group, fields := range map[string]map[string]float64{
		"colorConfig": {"bitDepth": 10},
		"hdrCll":      {"maxCLL": 1000, "maxFall": 400},
		"hdrMdcv": { // of media.HDR10's master-display
			"redX": 0.68, "redY": 0.32, "greenX": 0.265, "greenY": 0.69, "blueX": 0.15, "blueY": 0.06,
			"whitePointX": 0.3127, "whitePointY": 0.329, "maxLuminance": 1000, "minLuminance": 0.0001,
		},
	} {
		for name, value := range fields {
			require.InDelta(t, value, got[group][name], 1e-6, "%s.%s", group, name)
		}
	}

	// FFmpeg knows of a file without decoding it what is in its configuration.
	for name, value := range colorInfo(t, media.EnhancedFLV(t, media.HDR10(t)))["colorConfig"] {
		require.Equal(t, value, got["colorConfig"][name], name)
	}
}

// A clean end tells that no more comes, each track for itself, in the forms with a FourCC. Old servers do not expect it in the others.
func TestSequenceEnd(t *testing.T) {
	t.Parallel()
	receiver := peers.StartReceiver(t, "-caps", "v2")

	for _, ca := range []coded{
		codedFile(".mp4", "hevc", "opus", true), codedFile(".mp4", "av1", "aac", true), vp9, codedFile(".mp4", "h264", "ac3", true),
	} {
		t.Run(ca.name, func(t *testing.T) {
			t.Parallel()
			server, stream := receiver.For(t), streamName(ca.name)
			run := start(t, "publish.lua", server.URL("live", stream), "source="+ca.file(t))
			run.wait()
			run.requirePublished("1")

			last := map[string]media.PacketType{} // by codec
			for _, g := range media.ReadFLV(t, server.Recording(stream)) {
				packets, err := media.Packets(g)
				require.NoError(t, err)
				for _, p := range packets {
					last[p.Codec] = p.Type
				}
			}
			for _, codec := range []string{ca.video, ca.audio} {
				if codec != "" && codec != "avc1" && codec != "mp4a" {
					require.Equal(t, media.SequenceEnd, last[codec], codec)
				}
			}
		})
	}
}

// onMetaData names codecs by their FourCCs, and has a map of the tracks beyond the first.
func TestMetadataOfTracks(t *testing.T) {
	t.Parallel()
	receiver := peers.StartReceiver(t, "-caps", "v2")
	source := media.EnhancedFLV(t, media.Remuxed(t, ".mp4", nil,
		media.Coded(t, ".mp4", "h264", "aac"), media.Coded(t, ".mp4", "hevc", "opus")))
	run := start(t, "tracks.lua", receiver.URL("live", "tracks"), tracksFile(t, source))
	run.wait()

	all := onMetaData(t, receiver.Recording("tracks"))
	require.NotEmpty(t, all)
	fields := all[len(all)-1]
	require.Equal(t, 7.0, fields["videocodecid"])
	require.Equal(t, 10.0, fields["audiocodecid"])

	const hvc1, opus = 1752589105.0, 1332770163.0 // the FourCCs as numbers
	require.Equal(t, hvc1, ofTrack(t, fields, "videoTrackIdInfoMap", "1", "videocodecid"))
	require.Equal(t, opus, ofTrack(t, fields, "audioTrackIdInfoMap", "1", "audiocodecid"))
}

// ofTrack returns a field of one track in a map of onMetaData.
func ofTrack(t *testing.T, fields map[string]any, name, track, field string) any {
	t.Helper()

	tracks, ok := fields[name].(amf0.Object)
	require.True(t, ok, "%s is a %T", name, fields[name])
	one, ok := tracks.Get(track)
	require.True(t, ok, "%s has no track %s", name, track)
	value, ok := one.(amf0.Object).Get(field)
	require.True(t, ok, "track %s has no %s", track, field)

	return value
}
