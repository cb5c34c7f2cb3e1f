package media

import (
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
