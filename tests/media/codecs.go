package media

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"luatrtmp/tests/internal/repo"
)

// Pictures and tones of two seconds, one track each, are made in every codec; Mux puts them together in a container.

// CodecLength is the length in seconds of what is made in a codec.
const CodecLength = 2

var (
	codecPicture = []string{"-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=2", "-pix_fmt", "yuv420p"}
	codecTone    = []string{"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=2", "-ac", "2"}
)

// encoders has for each codec, by the name it has in the APIs, how ffmpeg encodes it. H.264 and HEVC have B-frames, and HEVC's
// groups of pictures are open: its key frames after the first are CRA pictures, with pictures that are shown before them and
// refer to what came before.
var encoders = map[string][]string{
	"h264": {"-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-bf", "3", "-b:v", "300k"},
	"hevc": {"-c:v", "libx265", "-preset", "superfast", "-tag:v", "hvc1", "-x265-params",
		"keyint=20:min-keyint=20:bframes=3:b-adapt=0:open-gop=1:scenecut=0:info=0:log-level=error"},
	"av1":  {"-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-g", "25", "-b:v", "300k"},
	"vp9":  {"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "25", "-b:v", "300k"},
	"vp8":  {"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "25", "-b:v", "300k"},
	"aac":  {"-c:a", "aac", "-b:a", "64k"},
	"mp3":  {"-c:a", "libmp3lame", "-b:a", "64k"},
	"opus": {"-c:a", "libopus", "-b:a", "64k"},
	"flac": {"-c:a", "flac", "-strict", "-2"}, // for MP4
	"ac3":  {"-c:a", "ac3", "-b:a", "128k"},
	"eac3": {"-c:a", "eac3", "-b:a", "128k"},
	"pcma": {"-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1"},
	"pcmu": {"-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"},
}

// hdr10 is HEVC as HDR10 has it: ten bits, BT.2020 and PQ, the mastering display and the light levels.
var hdr10 = []string{
	"-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-preset", "superfast", "-tag:v", "hvc1", "-x265-params",
	"keyint=25:bframes=0:info=0:log-level=error:repeat-headers=1:hdr10=1:colorprim=bt2020:transfer=smpte2084:" +
		"colormatrix=bt2020nc:max-cll=1000,400:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)",
	"-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc",
}

// Coded returns a file in a container, ".mp4" or any other that ffmpeg can write, with video and audio in these codecs; "" leaves
// one out.
func Coded(t testing.TB, ext, video, audio string) string {
	t.Helper()
	var inputs, options []string
	if video != "" {
		inputs, options = append(inputs, codecPicture[:4]...), append(options, codecPicture[4:]...)
	}
	if audio != "" {
		inputs, options = append(inputs, codecTone[:4]...), append(options, codecTone[4:]...)
	}
	for _, codec := range []string{video, audio} {
		if codec == "" {
			continue
		}
		if encoders[codec] == nil {
			t.Fatalf("media: no encoder for %q", codec)
		}
		options = append(options, encoders[codec]...)
	}
	return Make(t, ext, join(inputs, options)...)
}

// HDR10 returns HEVC in MP4 as HDR10 has it.
func HDR10(t testing.TB) string {
	t.Helper()
	return Make(t, ".mp4", join(codecPicture, hdr10)...)
}

// HEVC returns an HEVC byte stream of 25 fps without B-frames: access unit delimiters, parameter sets in front of each key frame,
// several slices.
func HEVC(t testing.TB) string {
	t.Helper()
	return Make(t, ".h265", join(codecPicture, []string{"-c:v", "libx265", "-preset", "superfast", "-x265-params",
		"keyint=20:bframes=0:open-gop=0:aud=1:repeat-headers=1:slices=2:log-level=error"})...)
}

// HEAAC returns FLV whose AAC is told to be HE-AAC: an AudioSpecificConfig of SBR from 22050 to 44100 Hz. Its frames are plain
// AAC, of which an HE-AAC decoder makes 44100 Hz without anything in the upper half: no encoder of HE-AAC is free to be installed
// here.
func HEAAC(t testing.TB) string {
	t.Helper()

	plain := Make(t, ".flv", join(codecTone, encoders["aac"], []string{"-ar", "22050"})...)
	return makeWith(t, ".flv", []string{"he-aac", plain}, func(path string) {
		config, err := mpeg4audio.AudioSpecificConfig{
			Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 22050, ChannelCount: 2,
			ExtensionType: mpeg4audio.ObjectTypeSBR, ExtensionSampleRate: 44100,
		}.Marshal()
		if err != nil {
			t.Fatalf("media: %v", err)
		}

		tags := ReadFLV(t, plain)
		for i, g := range tags {
			if g.Type == TagAudio && g.Body[1] == byte(SequenceStart) {
				tags[i].Body = append([]byte{g.Body[0], g.Body[1]}, config...)
			}
		}
		WriteFLV(t, path, tags)
	})
}

// Remuxed returns the tracks of files in another container, as they are.
func Remuxed(t testing.TB, ext string, options []string, files ...string) string {
	t.Helper()
	var args []string
	for _, f := range files {
		args = append(args, "-i", f)
	}
	for i := range files {
		args = append(args, "-map", string(rune('0'+i)))
	}
	return Make(t, ext, join(args, []string{"-c", "copy"}, options)...)
}

// EnhancedFLV returns the tracks of a file in FLV as FFmpeg 8.1 writes it, with Enhanced RTMP's forms of the codecs that have them.
func EnhancedFLV(t testing.TB, file string) string {
	t.Helper()
	return makeWith(t, ".flv", []string{"enhanced", file}, func(path string) { remux(t, file, path, "flv") })
}

// remux runs node-av.
func remux(t testing.TB, from, to, format string) {
	t.Helper()
	script, modules := NodeAV(t)
	run(t, "env", "NODE_MODULES="+modules, "node", script, from, to, format)
}

// NodeAV returns the script that runs FFmpeg 8.1, which says itself how, and the folder that it wants in the environment as NODE_MODULES.
func NodeAV(t testing.TB) (script, modules string) {
	t.Helper()
	modules = filepath.Join(repo.Build(t, "peers"), "nodeav", "node_modules")
	if _, err := os.Stat(filepath.Join(modules, "node-av")); err != nil {
		t.Fatalf("media: node-av is not installed, run ./build.sh setup")
	}
	return filepath.Join(repo.Root(t), "tests", "peers", "nodeav", "remux.mjs"), modules
}
