package media

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// What FFmpeg 8.1 writes in the forms of Enhanced RTMP is, taken apart here and put into Matroska, what was in the file.
func TestMatroska(t *testing.T) {
	for _, ca := range []struct {
		ext, video, audio string
		pictures, packets int
	}{
		{".mp4", "h264", "aac", 50, 95},
		{".mp4", "hevc", "opus", 50, 101},
		{".mp4", "av1", "flac", 50, 21},
		{".mp4", "av1", "ac3", 50, 63},
		{".mp4", "vp9", "mp3", 50, 85},
		{".mp4", "hevc", "eac3", 50, 63},
		{".flv", "h264", "pcma", 50, 0},
		{".flv", "h264", "pcmu", 50, 0},
	} {
		t.Run(ca.video+" "+ca.audio, func(t *testing.T) {
			source := Coded(t, ca.ext, ca.video, ca.audio)
			want := FrameMD5(t, source)
			require.Empty(t, want.Complaints)
			require.Len(t, want.Video.Decoded, ca.pictures)
			if ca.packets > 0 {
				require.Len(t, want.Audio.Coded, ca.packets)
			}

			got := FrameMD5(t, Matroska(t, EnhancedFLV(t, source)))
			Compare(t, want, got, Options{CodedVideo: true, CodedAudioOnly: true})
			require.Equal(t, len(want.Audio.Decoded) > 0, len(got.Audio.Decoded) > 0)
		})
	}
}

// The media must have what the tests that use it are about.
func TestCodedProperties(t *testing.T) {
	// FFmpeg obeys the configuration, not the frames, of which each would have 22050 Hz.
	he, _ := run(t, "ffprobe", "-v", "error", "-show_entries", "stream=sample_rate", "-of", "csv=p=0", HEAAC(t))
	require.Equal(t, "44100\n", he)
	require.Empty(t, FrameMD5(t, Matroska(t, HEAAC(t))).Complaints)

	hdr, _ := run(t, "ffprobe", "-v", "error", "-read_intervals", "%+#1", "-show_frames", HDR10(t))
	for _, part := range []string{
		"max_content=1000", "max_average=400", "max_luminance=10000000/10000", "color_transfer=smpte2084", "pix_fmt=yuv420p10le",
	} {
		require.Contains(t, hdr, part)
	}

	// NAL unit types of HEVC, from its length-prefixed packets. ITU-T H.265, 7.4.2.2.
	types := map[byte]int{}
	for _, g := range ReadFLV(t, EnhancedFLV(t, Coded(t, ".mp4", "hevc", "opus"))) {
		packets, err := Packets(g)
		require.NoError(t, err)
		for _, p := range packets {
			for data := p.Data; p.Codec == "hvc1" && p.Type == CodedFrames && len(data) > 4; {
				size := binary.BigEndian.Uint32(data)
				types[data[4]>>1&0x3F]++
				data = data[4+size:]
			}
		}
	}
	const raslN, raslR, idr, cra = 8, 9, 19, 21
	require.Positive(t, types[idr]+types[20])
	require.Positive(t, types[cra], "an open group of pictures")
	require.Positive(t, types[raslN]+types[raslR], "pictures before a CRA picture that refer to what came before it")
}
