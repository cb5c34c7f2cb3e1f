package source

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

var asc = []byte{0x11, 0x90} // LC, 48000 Hz, stereo

// tag makes an FLV tag with its PreviousTagSize.
func tag(kind byte, timestamp uint32, body ...byte) []byte {
	size, t := u32(uint32(len(body))), u32(timestamp)
	b := append([]byte{kind, size[1], size[2], size[3], t[1], t[2], t[3], t[0], 0, 0, 0}, body...)
	return append(b, u32(uint32(len(b)))...)
}

func flvBytes(tags ...[]byte) []byte {
	return append([]byte{'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0}, bytes.Join(tags, nil)...)
}

func videoConfig(timestamp uint32) []byte {
	return tag(9, timestamp, append([]byte{0x17, 0, 0, 0, 0}, record...)...)
}

func audioConfig(timestamp uint32) []byte {
	return tag(8, timestamp, append([]byte{0xAF, 0}, asc...)...)
}

func videoFrame(timestamp uint32, composition byte) []byte {
	return tag(9, timestamp, 0x27, 1, 0, 0, composition, 0, 0, 0, 1, 0x41)
}

func audioFrame(timestamp uint32) []byte { return tag(8, timestamp, 0xAF, 1, 0x21) }

func TestFLV(t *testing.T) {
	script := tag(18, 0, 2, 0, 1, 'x')
	for _, c := range []struct {
		name  string
		tags  [][]byte
		kinds string
		times string
	}{
		{
			"both tracks, script data and an unknown type",
			[][]byte{script, videoConfig(0), audioConfig(0), tag(15, 0, 1, 2), videoFrame(0, 40), audioFrame(0), videoFrame(40, 0)},
			"vav", "0s/40ms 0s/0s 40ms/40ms ",
		},
		{"audio before video at the same time", [][]byte{videoConfig(0), audioConfig(0), audioFrame(0), videoFrame(0, 0)}, "va", "0s/0s 0s/0s "},
		{
			"out of order",
			[][]byte{videoConfig(0), audioConfig(0), videoFrame(0, 0), videoFrame(40, 0), videoFrame(80, 0), audioFrame(10), audioFrame(31)},
			"vaavv", "0s/0s 10ms/10ms 31ms/31ms 40ms/40ms 80ms/80ms ",
		},
		{
			"begins late, audio first",
			[][]byte{videoConfig(5000), audioConfig(5000), audioFrame(4990), videoFrame(5000, 0)}, "av", "0s/0s 10ms/10ms ",
		},
		{
			"24 bits exceeded", [][]byte{videoConfig(0xFFFFF0), videoFrame(0xFFFFF0, 0), videoFrame(0x1000010, 0)}, "vv", "0s/0s 32ms/32ms ",
		},
		{
			"32 bits wrap", [][]byte{videoConfig(0xFFFFFFF0), videoFrame(0xFFFFFFF0, 0), videoFrame(0x10, 0), videoFrame(0x30, 0)},
			"vvv", "0s/0s 32ms/32ms 64ms/64ms ",
		},
		{"frames before the configuration", [][]byte{videoFrame(0, 0), videoConfig(40), videoFrame(40, 0)}, "v", "0s/0s "},
		{"empty tags, end of sequence", [][]byte{audioConfig(0), tag(9, 0), tag(8, 0), audioFrame(0), tag(9, 0, 0x17, 2, 0, 0, 0)}, "a", "0s/0s "},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := openFLV(memory(flvBytes(c.tags...)))
			require.NoError(t, err)
			units, err := readAll(t, f)
			require.NoError(t, err)
			kinds := ""
			for _, u := range units {
				kinds += u.kind.String()[:1]
			}
			require.Equal(t, c.kinds, kinds)
			require.Equal(t, c.times, times(units))
		})
	}
}

func TestFLVConfigChange(t *testing.T) {
	other := append(bytes.Clone(record), 0)
	second := tag(9, 40, append([]byte{0x17, 0, 0, 0, 0}, other...)...)
	f, err := openFLV(memory(flvBytes(videoConfig(0), videoFrame(0, 0), videoConfig(40), videoFrame(40, 0), second, videoFrame(80, 0))))
	require.NoError(t, err)
	units, err := readAll(t, f)
	require.NoError(t, err)
	require.Equal(t, record, units[0].config)
	require.Nil(t, units[1].config, "the same again is no change")
	require.Equal(t, other, units[2].config)
	require.Equal(t, 120*time.Millisecond, f.end())
	require.Equal(t, 80*time.Millisecond, f.Info().Duration)
}

func TestFLVErrors(t *testing.T) {
	good := flvBytes(videoConfig(0), videoFrame(0, 0), videoFrame(40, 0))
	for _, c := range []struct {
		name string
		file []byte
		good int
		err  error
		text string
	}{
		{"cut in a body", good[:len(good)-6], 1, ErrTruncated, "needs 10 bytes, 8 are left"},
		{"cut in a header", append(bytes.Clone(good), 9, 0, 0), 2, ErrTruncated, "3 bytes of a tag header at offset"},
		{"broken NAL unit length", flvBytes(videoConfig(0), videoFrame(0, 0), tag(9, 40, 0x27, 1, 0, 0, 0, 0, 0, 0, 9, 1)), 1, ErrBadMedia, "9 at 0, but 1 bytes follow"},
		{"broken configuration", flvBytes(tag(9, 0, 0x17, 0, 0, 0, 0, 1)), 0, ErrBadMedia, "expected at least 7"},
		{"empty audio configuration", flvBytes(tag(8, 0, 0xAF, 0)), 0, ErrBadMedia, "tag at offset 13: the sequence header is empty"},
		{"empty hevc configuration", flvBytes(tag(9, 0, append([]byte{0x90}, "hvc1"...)...)), 0, ErrBadMedia, "the sequence header is empty"},
		{"vvc", flvBytes(tag(9, 0, append([]byte{0x90}, "vvc1"...)...)), 0, ErrUnsupported, `video: video codec "vvc1"`},
		{"speex alone", flvBytes(tag(8, 0, 0xBF, 1)), 0, ErrUnsupported, "Speex"},
		{"encrypted", flvBytes(tag(9|flvFilter, 0, 0)), 0, ErrUnsupported, "encrypted FLV"},
		{"nothing", flvBytes(), 0, ErrBadMedia, "no media with its sequence headers"},
		{"short header", []byte("FLV\x01"), 0, ErrTruncated, "FLV header"},
		{"header size", []byte("FLV\x01\x05\xFF\xFF\xFF\xFF"), 0, ErrBadMedia, "header of 4294967295 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var units []unit
			f, err := openFLV(memory(c.file))
			if err == nil {
				units, err = readAll(t, f)
			}
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
		{"speex beside video", [][]byte{tag(8, 0, 0xBF, 1), videoConfig(0), videoFrame(0, 0)}, flv.Video, "audio: sound format 11 (Speex) cannot be sent"},
		{"vp6 beside audio", [][]byte{tag(9, 0, 0x14, 1), audioConfig(0), audioFrame(0)}, flv.Audio, "video: video codec id 4 (VP6) cannot be sent"},
		{"audio without a header", [][]byte{audioFrame(0), videoConfig(0), videoFrame(0, 0)}, flv.Video, "audio: no frame with its sequence header in the first 4096 tags"},
		{"audio with an empty header", [][]byte{tag(8, 0, 0xAF, 0), audioFrame(0), videoConfig(0), videoFrame(0, 0)}, flv.Video, "audio: tag at offset 13: the sequence header is empty"},
		{"broken video", [][]byte{tag(9, 0, 0x17, 0, 0, 0, 0, 9), audioConfig(0), audioFrame(0)}, flv.Audio, "video: tag at offset 13: bad decoder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := openFLV(memory(flvBytes(c.tags...)))
			require.NoError(t, err)
			units, err := readAll(t, f)
			require.NoError(t, err)
			require.Len(t, units, 1)
			require.Equal(t, c.kind, units[0].kind)
			require.Len(t, f.Info().Skipped, 1)
			require.Contains(t, f.Info().Skipped[0], c.skipped)
		})
	}
}

// What ffmpeg writes for "-i x.ts -c copy x.flv" has an empty AAC sequence header first, the real one in front of the first frame.
func TestFLVSequenceHeadersThatSayNothing(t *testing.T) {
	emptyAudio, emptyVideo := tag(8, 0, 0xAF, 0), tag(9, 0, 0x17, 0, 0, 0, 0)
	emptyHEVC := tag(9, 0, append([]byte{0x90}, "hvc1"...)...)
	brokenAudio, brokenVideo := tag(8, 0, 0xAF, 0, 0xFF), tag(9, 0, 0x17, 0, 0, 0, 0, 9)
	frames := func(n int) (tags [][]byte) {
		for i := range uint32(n) {
			tags = append(tags, videoFrame(40*i, 0), audioFrame(40*i))
		}
		return tags
	}
	late := append([][]byte{videoConfig(0)}, frames(40)...)
	late = append(append(late, audioConfig(1600)), frames(2)...)
	multitrack := func(track, packet byte, data ...byte) []byte { // AAC of Enhanced RTMP, one track
		return tag(8, 0, append([]byte{0x95, packet, 'm', 'p', '4', 'a', track}, data...)...)
	}
	for _, c := range []struct {
		name         string
		tags         [][]byte
		video, audio int
		warning      string
	}{
		{"empty audio", append([][]byte{videoConfig(0), emptyAudio, audioConfig(0)}, frames(2)...), 2, 2, ""},
		{"empty video", append([][]byte{emptyVideo, audioConfig(0), videoConfig(0)}, frames(2)...), 2, 2, ""},
		{"empty HEVC, then H.264", append([][]byte{emptyHEVC, audioConfig(0), videoConfig(0)}, frames(2)...), 2, 2, ""},
		{"empty again", append(append([][]byte{videoConfig(0), audioConfig(0)}, frames(2)...), append([][]byte{emptyAudio, emptyVideo}, frames(2)...)...), 4, 4, ""},
		{"late audio", late, 42, 2, ""},
		{"broken audio", append([][]byte{videoConfig(0), brokenAudio, audioConfig(0)}, frames(2)...), 2, 2, "audio: the sequence header at offset "},
		{"broken video", append([][]byte{brokenVideo, audioConfig(0), videoConfig(0)}, frames(2)...), 2, 2, "video: the sequence header at offset 13"},
		{"broken audio later", append(append([][]byte{videoConfig(0), audioConfig(0)}, frames(2)...), append([][]byte{brokenAudio, brokenVideo}, frames(2)...)...), 4, 4, "audio: the sequence header at offset "},
		{
			"another track has the header",
			[][]byte{multitrack(1, 0), multitrack(1, 1, 0x21), multitrack(2, 0, asc...), multitrack(2, 1, 0x22), videoConfig(0), videoFrame(0, 0)}, 1, 1, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var warnings []string
			in := memory(flvBytes(c.tags...))
			in.warn = func(text string) { warnings = append(warnings, text) }
			f, err := openFLV(in)
			require.NoError(t, err)
			for range 2 {
				units, err := readAll(t, f)
				require.NoError(t, err)
				require.Len(t, of(units, flv.Video), c.video)
				require.Len(t, of(units, flv.Audio), c.audio)
				require.NoError(t, f.rewind())
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
	tags := [][]byte{videoConfig(0)}
	for range flvProbeTags {
		tags = append(tags, videoFrame(0, 0))
	}
	var warnings []string
	in := memory(flvBytes(append(tags, audioConfig(0), audioFrame(0), audioFrame(20))...))
	in.warn = func(text string) { warnings = append(warnings, text) }
	f, err := openFLV(in)
	require.NoError(t, err)
	units, err := readAll(t, f)
	require.NoError(t, err)
	require.Len(t, units, flvProbeTags)
	require.Len(t, warnings, 1)
	require.Regexp(t, `^audio begins at offset \d+, after the first 4096 tags, and is not sent$`, warnings[0])
}

// What is no tag is passed over with one warning, wherever it stands.
func TestFLVRubbish(t *testing.T) {
	good := [][]byte{videoConfig(0), videoFrame(0, 0), videoFrame(40, 0)}
	more := tag(9, 80, append([]byte{0x27, 1, 0, 0, 0}, append(u32(100), bytes.Repeat([]byte{0x41}, 100)...)...)...)
	at := len(flvBytes(good...))
	for _, c := range []struct {
		name    string
		rubbish []byte
	}{
		{"a line end", []byte("\r\n")},
		{"zeros", make([]byte, 20)},
		{"a page of zeros", make([]byte, 4096)},
		{"text that begins with a tab", []byte("\tcopied by a tool from the web")},
		{"a tag of another stream that is too long", []byte{9, 0xFF, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}},
		{"another file's header", flvBytes()},
		{"more than is read at a time", bytes.Repeat([]byte{0xFF}, 3*readSize+5)},
		{"headers of tags", bytes.Repeat([]byte{9, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0}, 1000)[1:]},
	} {
		for end, units := range map[bool]int{true: 2, false: 3} {
			t.Run(c.name, func(t *testing.T) {
				b := append(flvBytes(good...), c.rubbish...)
				if !end {
					b = append(b, more...)
				}
				var warnings []string
				in := memory(b)
				in.warn = func(text string) { warnings = append(warnings, text) }
				f, err := openFLV(in)
				require.NoError(t, err)
				for range 2 {
					got, err := readAll(t, f)
					require.NoError(t, err)
					require.Len(t, got, units)
					require.NoError(t, f.rewind())
				}
				require.Equal(t, []string{fmt.Sprintf("%d bytes at offset %d are left out: they are no FLV tag", len(c.rubbish), at)}, warnings)
			})
		}
	}
}

// failing has a fault at an offset.
type failing struct {
	*bytes.Reader
	at int64
}

var errDisk = errors.New("disk fault")

func (f failing) ReadAt(b []byte, offset int64) (int, error) {
	if offset+int64(len(b)) > f.at {
		return 0, errDisk
	}
	return f.Reader.ReadAt(b, offset)
}

func TestReadFaultsAreReported(t *testing.T) {
	for name, open := range map[string]func(*input) (medium, error){
		"bframes.flv": openFLV, "bframes.mp4": openMP4, "fragmented.mp4": openMP4, "tone.aac": openADTS,
		"av1.ivf": openIVF, "opus.ogg": openOgg, "alaw.wav": openWAV, "hevc.ts": openPlainTS, "tone.mp3": openMP3,
		"bframes.h265": func(in *input) (medium, error) { return openAnnexB(in, flv.HEVC, 0) },
		"bframes.h264": func(in *input) (medium, error) { return openAnnexB(in, flv.H264, 0) },
	} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		for at := 0; at < len(b)*9/10; at += len(b) / 50 {
			m, err := open(&input{ReaderAt: failing{bytes.NewReader(b), int64(at)}, size: int64(len(b))})
			if err == nil {
				_, err = readAll(t, m)
			}
			require.ErrorIs(t, err, errDisk, "%s at %d", name, at)
		}
	}
}

func FuzzFLV(f *testing.F) {
	f.Add(flvBytes(videoConfig(0), audioConfig(0), videoFrame(0, 40), audioFrame(0), videoFrame(40, 0)))
	f.Add(flvBytes(videoConfig(0xFFFFFFF0), videoFrame(0xFFFFFFF0, 0), videoFrame(0x10, 0)))
	f.Add(flvBytes(tag(18, 0, 1), tag(9, 0, append([]byte{0x90}, "hvc1"...)...), audioConfig(0), audioFrame(0)))
	f.Fuzz(func(t *testing.T, b []byte) { drain(t, b, openFLV) })
}
