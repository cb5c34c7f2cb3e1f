package codecs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/source"
	"luatrtmp/tests/media"
)

// Inputs of ffmpeg.
var (
	picture = []string{"-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=1"}
	tone    = []string{"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=1"}
	text    = []string{"-f", "srt", "-i", "data:text/plain,1%0A00:00:00,000 --> 00:00:01,000%0AHello%0A"}

	h264 = []string{"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"}
	aac  = []string{"-c:a", "aac"}
)

func args(lists ...[]string) (all []string) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// What RTMP cannot carry is named, and the other track is sent, whole. Without another one the source is refused, and the error has the name.
func TestLeftOut(t *testing.T) {
	for _, c := range []struct {
		name, ext string
		args      []string
		frames    int    // of the other track; 0: there is none, and it is an error
		text      string // what the log, or the error, says
	}{
		{"mpeg-ts/mp2", ".ts", args(picture, tone, h264, []string{"-c:a", "mp2"}), 25, "MPEG audio of layer 1 or 2"},
		{"mp4/mp2", ".mp4", args(picture, tone, h264, []string{"-c:a", "mp2"}), 25, "MPEG audio of layer 1 or 2"},
		{"mov/mp2", ".mov", args(picture, tone, h264, []string{"-c:a", "mp2"}), 25, "MPEG audio of layer 1 or 2"},
		{"mp2 file/mp2", ".mp2", args(tone, []string{"-c:a", "mp2"}), 0, "MPEG audio of layer 1 or 2"},
		{"mp4/vorbis", ".mp4", args(picture, tone, h264, []string{"-c:a", "libvorbis"}), 25, "vorbis"},
		{"matroska/mp2", ".mkv", args(picture, tone, h264, []string{"-c:a", "mp2"}), 25, "mp2"},
		{"matroska/vorbis", ".mkv", args(picture, tone, h264, []string{"-c:a", "libvorbis"}), 25, "vorbis"},
		{"webm/vorbis", ".webm", args(picture, tone, []string{"-c:v", "libvpx", "-c:a", "libvorbis"}), 25, "vorbis"},
		{"matroska/pcm", ".mkv", args(picture, tone, h264, []string{"-c:a", "pcm_s16le"}), 25, "pcm"},
		{"matroska/dts", ".mkv", args(picture, tone, h264, []string{"-c:a", "dca", "-strict", "-2"}), 25, "dts"},
		{"matroska/mpeg-2 video", ".mkv", args(picture, tone, []string{"-c:v", "mpeg2video"}, aac), 48, "mpeg2 video"},
		{"matroska/mpeg-4 part 2", ".mkv", args(picture, tone, []string{"-c:v", "mpeg4"}, aac), 48, "mpeg4 part 2"},
		{"matroska/mjpeg", ".mkv", args(picture, tone, []string{"-c:v", "mjpeg"}, aac), 48, "mjpeg"},
		{"matroska/subtitles", ".mkv", args(picture, text, h264, []string{"-c:s", "srt"}), 25, "subtitles"},
		{"webm/subtitles", ".webm", args(picture, text, []string{"-c:v", "libvpx", "-c:s", "webvtt"}), 25, "subtitles"},
		{"ogg/vorbis", ".ogg", args(tone, []string{"-c:a", "libvorbis"}), 0, "vorbis"},
		{"ogg/theora", ".ogg", args(picture, tone, []string{"-c:v", "libtheora", "-c:a", "libopus"}), 51, "theora"},
		{"ogg/vp8", ".ogg", args(picture, tone, []string{"-c:v", "libvpx", "-c:a", "libopus"}), 51, "vp8"},
		{"mov/pcm", ".mov", args(picture, tone, h264, []string{"-c:a", "pcm_s16le"}), 25, "pcm"},
		{"wav/pcm", ".wav", args(tone, []string{"-c:a", "pcm_s16le"}), 0, "PCM"},
		{"wav/mp3", ".wav", args(tone, []string{"-c:a", "libmp3lame"}), 0, "MP3"},
		{"wav/ac-3", ".wav", args(tone, []string{"-c:a", "ac3"}), 0, "AC-3"},
		{"wav/aac", ".wav", args(tone, aac), 0, "AAC"},
		{"wav/flac", ".wav", args(tone, []string{"-c:a", "flac"}), 0, "FLAC"},
		{"mpeg-ts/dts", ".ts", args(picture, tone, h264, []string{"-c:a", "dca", "-strict", "-2"}), 25, "dts"},
		{"mp4/dts", ".mp4", args(picture, tone, h264, []string{"-c:a", "dca", "-strict", "-2"}), 25, "dts"},
		{"mpeg-ts/mpeg-2 video", ".ts", args(picture, tone, []string{"-c:v", "mpeg2video"}, aac), 48, "mpeg2 video"},
		{"mp4/mpeg-2 video", ".mp4", args(picture, tone, []string{"-c:v", "mpeg2video"}, aac), 48, "mpeg2 video (mp4v)"},
		{"mp4/mpeg-4 part 2", ".mp4", args(picture, tone, []string{"-c:v", "mpeg4"}, aac), 48, "mpeg4 part 2"},
		{"mpeg-ts/mpeg-4 part 2", ".ts", args(picture, tone, []string{"-c:v", "mpeg4"}, aac), 48, "mpeg4 part 2"},
		{"mov/mjpeg", ".mov", args(picture, tone, []string{"-c:v", "mjpeg"}, aac), 48, "mjpeg"},
		{"avi/mjpeg", ".avi", args(picture, []string{"-c:v", "mjpeg"}), 0, "AVI"},
		{"mov/prores", ".mov", args(picture, tone, []string{"-c:v", "prores"}, aac), 48, "prores"},
		{"mp4/subtitles", ".mp4", args(picture, text, h264, []string{"-c:s", "mov_text"}), 25, "subtitles"},
		{"mov/time codes", ".mov", args(picture, h264, []string{"-timecode", "10:00:00:00"}), 25, "time code"},
		{"mpeg-ts/av1", ".ts", args(picture, tone, []string{"-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8"}, aac), 48, "private data"},
		{"mpeg-ts/vp8", ".ts", args(picture, tone, []string{"-c:v", "libvpx"}, aac), 48, "private data"},
		{"mpeg-ts/vp9", ".ts", args(picture, tone, []string{"-c:v", "libvpx-vp9"}, aac), 48, "private data"},
		{"mpeg-ts/flac", ".ts", args(picture, tone, h264, []string{"-c:a", "flac"}), 25, "private data"},
		{"mpeg-ts/g.711", ".ts", args(picture, tone, h264, []string{"-c:a", "pcm_alaw", "-ar", "8000"}), 25, "private data"},
		{"flv/sorenson", ".flv", args(picture, tone, []string{"-c:v", "flv"}, aac), 48, "Sorenson"},
		{"flv/pcm", ".flv", args(picture, tone, h264, []string{"-c:a", "pcm_s16le", "-ar", "44100"}), 25, "PCM"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := media.Make(t, c.ext, c.args...)
			if c.frames == 0 {
				_, err := source.Open(source.Spec{Path: file})
				require.ErrorIs(t, err, source.ErrUnsupported)
				require.ErrorContains(t, err, c.text)
				require.ErrorContains(t, err, "ffmpeg -i IN", "what to do")
				return
			}
			units, info := read(t, file)
			require.Len(t, units, c.frames)
			require.Contains(t, strings.Join(info.Skipped, "; "), c.text)
		})
	}
}
