package flvfile

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

func TestFLV(t *testing.T) {
	script := mediatest.FLVTag(18, 0, 2, 0, 1, 'x')
	for _, c := range []struct {
		name  string
		tags  [][]byte
		kinds string
		times string
	}{
		{
			"both tracks, script data and an unknown type",
			[][]byte{script, mediatest.FLVVideoConfig(0), mediatest.FLVAudioConfig(0), mediatest.FLVTag(15, 0, 1, 2), mediatest.FLVVideoFrame(0, 40), mediatest.FLVAudioFrame(0), mediatest.FLVVideoFrame(40, 0)},
			"vav", "0s/40ms 0s/0s 40ms/40ms ",
		},
		{"audio before video at the same time", [][]byte{mediatest.FLVVideoConfig(0), mediatest.FLVAudioConfig(0), mediatest.FLVAudioFrame(0), mediatest.FLVVideoFrame(0, 0)}, "va", "0s/0s 0s/0s "},
		{
			"out of order",
			[][]byte{mediatest.FLVVideoConfig(0), mediatest.FLVAudioConfig(0), mediatest.FLVVideoFrame(0, 0), mediatest.FLVVideoFrame(40, 0), mediatest.FLVVideoFrame(80, 0), mediatest.FLVAudioFrame(10), mediatest.FLVAudioFrame(31)},
			"vaavv", "0s/0s 10ms/10ms 31ms/31ms 40ms/40ms 80ms/80ms ",
		},
		{
			"begins late, audio first",
			[][]byte{mediatest.FLVVideoConfig(5000), mediatest.FLVAudioConfig(5000), mediatest.FLVAudioFrame(4990), mediatest.FLVVideoFrame(5000, 0)}, "av", "0s/0s 10ms/10ms ",
		},
		{
			"24 bits exceeded", [][]byte{mediatest.FLVVideoConfig(0xFFFFF0), mediatest.FLVVideoFrame(0xFFFFF0, 0), mediatest.FLVVideoFrame(0x1000010, 0)}, "vv", "0s/0s 32ms/32ms ",
		},
		{
			"32 bits wrap", [][]byte{mediatest.FLVVideoConfig(0xFFFFFFF0), mediatest.FLVVideoFrame(0xFFFFFFF0, 0), mediatest.FLVVideoFrame(0x10, 0), mediatest.FLVVideoFrame(0x30, 0)},
			"vvv", "0s/0s 32ms/32ms 64ms/64ms ",
		},
		{"frames before the configuration", [][]byte{mediatest.FLVVideoFrame(0, 0), mediatest.FLVVideoConfig(40), mediatest.FLVVideoFrame(40, 0)}, "v", "0s/0s "},
		{
			"one damaged timestamp of video and one of audio",
			[][]byte{
				mediatest.FLVVideoConfig(0), mediatest.FLVAudioConfig(0), mediatest.FLVVideoFrame(0, 0), mediatest.FLVAudioFrame(4100), mediatest.FLVVideoFrame(40, 0),
				mediatest.FLVAudioFrame(60), mediatest.FLVVideoFrame(80+4096, 40), mediatest.FLVAudioFrame(100), mediatest.FLVVideoFrame(120, 0), mediatest.FLVAudioFrame(140),
			},
			"vvaavava", "0s/0s 40ms/40ms 40ms/40ms 60ms/60ms 80ms/120ms 100ms/100ms 120ms/120ms 140ms/140ms ",
		},
		{
			"a pause", [][]byte{mediatest.FLVVideoConfig(0), mediatest.FLVVideoFrame(0, 0), mediatest.FLVVideoFrame(40, 0), mediatest.FLVVideoFrame(4136, 0), mediatest.FLVVideoFrame(4176, 0)},
			"vvvv", "0s/0s 40ms/40ms 4.136s/4.136s 4.176s/4.176s ",
		},
		{"empty tags, end of sequence", [][]byte{mediatest.FLVAudioConfig(0), mediatest.FLVTag(9, 0), mediatest.FLVTag(8, 0), mediatest.FLVAudioFrame(0), mediatest.FLVTag(9, 0, 0x17, 2, 0, 0, 0)}, "a", "0s/0s "},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Open(mediatest.Memory(mediatest.FLV(c.tags...)))
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, f)
			require.NoError(t, err)
			kinds := ""
			for _, u := range units {
				kinds += u.Kind.String()[:1]
			}
			require.Equal(t, c.kinds, kinds)
			require.Equal(t, c.times, mediatest.Times(units))
		})
	}
}

func TestFLVConfigChange(t *testing.T) {
	other := append(bytes.Clone(mediatest.AVCRecord), 0)
	second := mediatest.FLVTag(9, 40, append([]byte{0x17, 0, 0, 0, 0}, other...)...)
	f, err := Open(mediatest.Memory(mediatest.FLV(mediatest.FLVVideoConfig(0), mediatest.FLVVideoFrame(0, 0), mediatest.FLVVideoConfig(40), mediatest.FLVVideoFrame(40, 0), second, mediatest.FLVVideoFrame(80, 0))))
	require.NoError(t, err)
	units, err := mediatest.ReadAll(t, f)
	require.NoError(t, err)
	require.Equal(t, mediatest.AVCRecord, units[0].Config)
	require.Nil(t, units[1].Config, "the same again is no change")
	require.Equal(t, other, units[2].Config)
	require.Equal(t, 120*time.Millisecond, f.End())
	require.Equal(t, 80*time.Millisecond, f.Info().Duration)
}

func TestFLVErrors(t *testing.T) {
	good := mediatest.FLV(mediatest.FLVVideoConfig(0), mediatest.FLVVideoFrame(0, 0), mediatest.FLVVideoFrame(40, 0))
	for _, c := range []struct {
		name string
		file []byte
		good int
		err  error
		text string
	}{
		{"cut in a body", good[:len(good)-6], 1, media.ErrTruncated, "needs 10 bytes, 8 are left"},
		{"cut in a header", append(bytes.Clone(good), 9, 0, 0), 2, media.ErrTruncated, "3 bytes of a tag header at offset"},
		{"broken configuration", mediatest.FLV(mediatest.FLVTag(9, 0, 0x17, 0, 0, 0, 0, 1)), 0, media.ErrBadMedia, "expected at least 7"},
		{"empty audio configuration", mediatest.FLV(mediatest.FLVTag(8, 0, 0xAF, 0)), 0, media.ErrBadMedia, "tag at offset 13: the sequence header is empty"},
		{"empty hevc configuration", mediatest.FLV(mediatest.FLVTag(9, 0, append([]byte{0x90}, "hvc1"...)...)), 0, media.ErrBadMedia, "the sequence header is empty"},
		{"vvc", mediatest.FLV(mediatest.FLVTag(9, 0, append([]byte{0x90}, "vvc1"...)...)), 0, media.ErrUnsupported, `video: video codec "vvc1"`},
		{"speex alone", mediatest.FLV(mediatest.FLVTag(8, 0, 0xBF, 1)), 0, media.ErrUnsupported, "Speex"},
		{"encrypted", mediatest.FLV(mediatest.FLVTag(9|filter, 0, 0)), 0, media.ErrUnsupported, "encrypted FLV"},
		{"nothing", mediatest.FLV(), 0, media.ErrBadMedia, "no media with its sequence headers"},
		{"short header", []byte("FLV\x01"), 0, media.ErrTruncated, "FLV header"},
		{"header size", []byte("FLV\x01\x05\xFF\xFF\xFF\xFF"), 0, media.ErrBadMedia, "header of 4294967295 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			units, err := mediatest.OpenAndRead(t, mediatest.Memory(c.file), Open)
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
			require.Len(t, units, c.good)
		})
	}
}

func TestFLVSendsTheRest(t *testing.T) {
	for _, c := range []struct {
		name    string
		tags    [][]byte
		kind    flv.Kind
		skipped string
	}{
		{"speex beside video", [][]byte{mediatest.FLVTag(8, 0, 0xBF, 1), mediatest.FLVVideoConfig(0), mediatest.FLVVideoFrame(0, 0)}, flv.Video, "audio: sound format 11 (Speex) cannot be sent"},
		{"vp6 beside audio", [][]byte{mediatest.FLVTag(9, 0, 0x14, 1), mediatest.FLVAudioConfig(0), mediatest.FLVAudioFrame(0)}, flv.Audio, "video: video codec id 4 (VP6) cannot be sent"},
		{"audio without a header", [][]byte{mediatest.FLVAudioFrame(0), mediatest.FLVVideoConfig(0), mediatest.FLVVideoFrame(0, 0)}, flv.Video, "audio: no frame with its sequence header in the first 4096 tags"},
		{"audio with an empty header", [][]byte{mediatest.FLVTag(8, 0, 0xAF, 0), mediatest.FLVAudioFrame(0), mediatest.FLVVideoConfig(0), mediatest.FLVVideoFrame(0, 0)}, flv.Video, "audio: tag at offset 13: the sequence header is empty"},
		{"broken video", [][]byte{mediatest.FLVTag(9, 0, 0x17, 0, 0, 0, 0, 9), mediatest.FLVAudioConfig(0), mediatest.FLVAudioFrame(0)}, flv.Audio, "video: tag at offset 13: bad decoder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Open(mediatest.Memory(mediatest.FLV(c.tags...)))
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, f)
			require.NoError(t, err)
			require.Len(t, units, 1)
			require.Equal(t, c.kind, units[0].Kind)
			require.Len(t, f.Info().Skipped, 1)
			require.Contains(t, f.Info().Skipped[0], c.skipped)
		})
	}
}

// What ffmpeg writes for "-i x.ts -c copy x.flv" has an empty AAC sequence header first, the real one in front of the first frame.
func TestFLVSequenceHeadersThatSayNothing(t *testing.T) {
	emptyAudio, emptyVideo := mediatest.FLVTag(8, 0, 0xAF, 0), mediatest.FLVTag(9, 0, 0x17, 0, 0, 0, 0)
	emptyHEVC := mediatest.FLVTag(9, 0, append([]byte{0x90}, "hvc1"...)...)
	brokenAudio, brokenVideo := mediatest.FLVTag(8, 0, 0xAF, 0, 0xFF), mediatest.FLVTag(9, 0, 0x17, 0, 0, 0, 0, 9)
	frames := func(n int) (tags [][]byte) {
		for i := range uint32(n) {
			tags = append(tags, mediatest.FLVVideoFrame(40*i, 0), mediatest.FLVAudioFrame(40*i))
		}
		return tags
	}
	late := append([][]byte{mediatest.FLVVideoConfig(0)}, frames(40)...)
	late = append(append(late, mediatest.FLVAudioConfig(1600)), frames(2)...)
	multitrack := func(track, packet byte, data ...byte) []byte { // AAC of Enhanced RTMP, one track
		return mediatest.FLVTag(8, 0, append([]byte{0x95, packet, 'm', 'p', '4', 'a', track}, data...)...)
	}
	for _, c := range []struct {
		name         string
		tags         [][]byte
		video, audio int
		warning      string
	}{
		{"empty audio", append([][]byte{mediatest.FLVVideoConfig(0), emptyAudio, mediatest.FLVAudioConfig(0)}, frames(2)...), 2, 2, ""},
		{"empty video", append([][]byte{emptyVideo, mediatest.FLVAudioConfig(0), mediatest.FLVVideoConfig(0)}, frames(2)...), 2, 2, ""},
		{"empty HEVC, then H.264", append([][]byte{emptyHEVC, mediatest.FLVAudioConfig(0), mediatest.FLVVideoConfig(0)}, frames(2)...), 2, 2, ""},
		{"empty again", append(append([][]byte{mediatest.FLVVideoConfig(0), mediatest.FLVAudioConfig(0)}, frames(2)...), append([][]byte{emptyAudio, emptyVideo}, frames(2)...)...), 4, 4, ""},
		{"late audio", late, 42, 2, ""},
		{"broken audio", append([][]byte{mediatest.FLVVideoConfig(0), brokenAudio, mediatest.FLVAudioConfig(0)}, frames(2)...), 2, 2, "audio: the sequence header at offset "},
		{"broken video", append([][]byte{brokenVideo, mediatest.FLVAudioConfig(0), mediatest.FLVVideoConfig(0)}, frames(2)...), 2, 2, "video: the sequence header at offset 13"},
		{"broken audio later", append(append([][]byte{mediatest.FLVVideoConfig(0), mediatest.FLVAudioConfig(0)}, frames(2)...), append([][]byte{brokenAudio, brokenVideo}, frames(2)...)...), 4, 4, "audio: the sequence header at offset "},
		{"broken behind good", append([][]byte{mediatest.FLVVideoConfig(0), brokenVideo, mediatest.FLVAudioConfig(0), brokenAudio}, frames(2)...), 2, 2, "video: the sequence header at offset "},
		{
			"another track has the header",
			[][]byte{multitrack(1, 0), multitrack(1, 1, 0x21), multitrack(2, 0, mediatest.ASC...), multitrack(2, 1, 0x22), mediatest.FLVVideoConfig(0), mediatest.FLVVideoFrame(0, 0)}, 1, 1, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var warnings []string
			in := mediatest.Memory(mediatest.FLV(c.tags...))
			in.Warn = func(text string) { warnings = append(warnings, text) }
			f, err := Open(in)
			require.NoError(t, err)
			for range 2 {
				units, err := mediatest.ReadAll(t, f)
				require.NoError(t, err)
				require.Len(t, mediatest.Of(units, flv.Video), c.video)
				require.Len(t, mediatest.Of(units, flv.Audio), c.audio)
				require.NoError(t, f.Rewind())
			}
			if c.warning == "" {
				require.Empty(t, warnings)
			} else {
				require.NotEmpty(t, warnings)
				require.Contains(t, warnings[0], c.warning)
			}
		})
	}
}

func TestFLVTrackThatBeginsTooLateIsNamed(t *testing.T) {
	tags := [][]byte{mediatest.FLVVideoConfig(0)}
	for range probeTags {
		tags = append(tags, mediatest.FLVVideoFrame(0, 0))
	}
	var warnings []string
	in := mediatest.Memory(mediatest.FLV(append(tags, mediatest.FLVAudioConfig(0), mediatest.FLVAudioFrame(0), mediatest.FLVAudioFrame(20))...))
	in.Warn = func(text string) { warnings = append(warnings, text) }
	f, err := Open(in)
	require.NoError(t, err)
	units, err := mediatest.ReadAll(t, f)
	require.NoError(t, err)
	require.Len(t, units, probeTags)
	require.Len(t, warnings, 1)
	require.Regexp(t, `^audio begins at offset \d+, after the first 4096 tags, and is not sent$`, warnings[0])
}

// What is no tag is passed over with one warning, wherever it stands.
func TestFLVRubbish(t *testing.T) {
	good := [][]byte{mediatest.FLVVideoConfig(0), mediatest.FLVVideoFrame(0, 0), mediatest.FLVVideoFrame(40, 0)}
	more := mediatest.FLVTag(9, 80, append([]byte{0x27, 1, 0, 0, 0}, append(mediatest.U32(100), bytes.Repeat([]byte{0x41}, 100)...)...)...)
	at := len(mediatest.FLV(good...))
	for _, c := range []struct {
		name    string
		rubbish []byte
	}{
		{"a line end", []byte("\r\n")},
		{"zeros", make([]byte, 20)},
		{"a page of zeros", make([]byte, 4096)},
		{"text that begins with a tab", []byte("\tcopied by a tool from the web")},
		{"a tag of another stream that is too long", []byte{9, 0xFF, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}},
		{"another file's header", mediatest.FLV()},
		{"more than is read at a time", bytes.Repeat([]byte{0xFF}, 3*media.ReadSize+5)},
		{"headers of tags", bytes.Repeat([]byte{9, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0}, 1000)[1:]},
	} {
		for end, units := range map[bool]int{true: 2, false: 3} {
			t.Run(c.name, func(t *testing.T) {
				b := append(mediatest.FLV(good...), c.rubbish...)
				if !end {
					b = append(b, more...)
				}
				var warnings []string
				in := mediatest.Memory(b)
				in.Warn = func(text string) { warnings = append(warnings, text) }
				f, err := Open(in)
				require.NoError(t, err)
				for range 2 {
					got, err := mediatest.ReadAll(t, f)
					require.NoError(t, err)
					require.Len(t, got, units)
					require.NoError(t, f.Rewind())
				}
				require.Equal(t, []string{fmt.Sprintf("%d bytes at offset %d are left out: they are no FLV tag", len(c.rubbish), at)}, warnings)
			})
		}
	}
}

func FuzzFLV(f *testing.F) {
	f.Add(mediatest.FLV(mediatest.FLVVideoConfig(0), mediatest.FLVAudioConfig(0), mediatest.FLVVideoFrame(0, 40), mediatest.FLVAudioFrame(0), mediatest.FLVVideoFrame(40, 0)))
	f.Add(mediatest.FLV(mediatest.FLVVideoConfig(0xFFFFFFF0), mediatest.FLVVideoFrame(0xFFFFFFF0, 0), mediatest.FLVVideoFrame(0x10, 0)))
	f.Add(mediatest.FLV(mediatest.FLVTag(18, 0, 1), mediatest.FLVTag(9, 0, append([]byte{0x90}, "hvc1"...)...), mediatest.FLVAudioConfig(0), mediatest.FLVAudioFrame(0)))
	f.Fuzz(func(t *testing.T, b []byte) { mediatest.Drain(t, b, Open) })
}
