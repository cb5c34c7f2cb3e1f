package e2e_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// Two tracks of video and two of audio, each in a codec of its own, pushed by a script.
func TestTracks(t *testing.T) {
	t.Parallel()

	tracks := []string{media.Coded(t, ".mp4", "h264", "aac"), media.Coded(t, ".mp4", "hevc", "opus")}
	source := media.EnhancedFLV(t, media.Remuxed(t, ".mp4", nil, tracks...))
	want := media.Matroska(t, source)
	receiver := peers.StartReceiver(t, "-caps", "v2")

	for _, peer := range []struct {
		name    string
		start   func(testing.TB, string) (*peers.Server, string)
		options []string
	}{
		{"gortmplib", on(receiver, (*peers.Server).URL), nil},
		{"node-av", nodeAV, []string{"enhanced=v2"}},
	} {
		t.Run(peer.name, func(t *testing.T) {
			t.Parallel()
			server, url := peer.start(t, "tracks")
			run := start(t, "tracks.lua", append([]string{url, tracksFile(t, source)}, peer.options...)...)
			run.wait()
			run.requirePublished("1")

			recording := server.Recording("tracks")
			if filepath.Ext(recording) == ".flv" {
				recording = media.Matroska(t, recording)
			}
			pictures, packets := 0, 0
			for i := range tracks {
				w, g := media.FrameMD5Track(t, want, i), media.FrameMD5Track(t, recording, i)
				require.NotEmpty(t, w.Video.Decoded)
				require.NotEmpty(t, w.Audio.Coded)
				media.Compare(t, w, g, media.Options{CodedAudioOnly: true})
				pictures += len(g.Video.Decoded)
				packets += len(g.Audio.Coded)
			}
			require.Equal(t, run.stat("1", "video_frames_sent"), pictures)
			require.Equal(t, run.stat("1", "audio_frames_sent"), packets)
		})
	}
}

// tracksFile makes the file that tracks.lua reads of an FLV file with H.264, HEVC, AAC and Opus.
func tracksFile(t testing.TB, flv string) string {
	t.Helper()

	names := map[string]string{"avc1": "h264", "hvc1": "hevc", "mp4a": "aac", "Opus": "opus"}
	sets := map[int][][]byte{} // by track
	var asc mpeg4audio.AudioSpecificConfig
	var data []byte

	for _, g := range media.ReadFLV(t, flv) {
		packets, err := media.Packets(g)
		require.NoError(t, err)
		for _, p := range packets {
			switch {
			case p.Type == media.SequenceStart && p.Codec == "avc1":
				sps, pps := parameterSets(t, p.Data)
				sets[p.Track] = [][]byte{sps, pps}
			case p.Type == media.SequenceStart && p.Codec == "hvc1":
				sets[p.Track] = hevcSets(p.Data)
			case p.Type == media.SequenceStart && p.Codec == "mp4a":
				require.NoError(t, asc.Unmarshal(p.Data))
			}
			if p.Type != media.CodedFrames || len(p.Data) == 0 {
				continue
			}

			kind, frame := byte('A'), p.Data
			switch {
			case p.Kind == media.TagVideo:
				kind, frame = 'V', byteStream(t, p, sets[p.Track])
			case p.Codec == "mp4a":
				frame, err = mpeg4audio.ADTSPackets{{
					Type: asc.Type, SampleRate: asc.SampleRate, ChannelCount: asc.ChannelCount, AU: p.Data,
				}}.Marshal()
				require.NoError(t, err)
			}
			data = append(data, kind)
			data = binary.LittleEndian.AppendUint32(data, uint32(p.DTS.Milliseconds()))
			data = binary.LittleEndian.AppendUint32(data, uint32(p.Composition.Milliseconds()))
			data = append(data, byte(p.Track))
			data = appendString(data, []byte(names[p.Codec]))
			data = appendString(data, frame)
		}
	}

	file := filepath.Join(t.TempDir(), "frames")
	require.NoError(t, os.WriteFile(file, data, 0o600))

	return file
}

func appendString(data, s []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(data, uint32(len(s))), s...)
}

// byteStream returns a picture as a byte stream, a key frame with its parameter sets in front.
func byteStream(t testing.TB, p media.Packet, sets [][]byte) []byte {
	t.Helper()

	var nalus h264.AVCC
	require.NoError(t, nalus.Unmarshal(p.Data))
	if p.Key {
		nalus = append(append(h264.AVCC{}, sets...), nalus...)
	}
	au, err := h264.AnnexB(nalus).Marshal()
	require.NoError(t, err)

	return au
}
