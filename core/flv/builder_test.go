package flv

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func join(pieces [][]byte) []byte { return bytes.Join(pieces, nil) }

// body joins what a body is made of: strings and bytes.
func body(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case int:
			b = append(b, byte(p))
		case byte:
			b = append(b, p)
		case []byte:
			b = append(b, p...)
		default:
			panic(p)
		}
	}
	return b
}

var (
	enhancedAVC  = Form{Codec: H264, Enhanced: true}
	enhancedHEVC = Form{Codec: HEVC, Enhanced: true}
	sized        = []byte{0, 0, 0, 2, 9, 0xF0, 0, 0, 0, 4, 0x65, 0x88, 0x82, 8} // aud and idr
)

// videoCases and audioCases are bodies with what they mean: for building, parsing and as seeds.
var videoCases = []struct {
	name  string
	build func(*Builder) [][]byte
	body  []byte
	tag   VideoTag
}{
	{
		"sequence header", func(b *Builder) [][]byte { return b.AVCSequenceHeader(recordMain) },
		body(0x17, 0, 0, 0, 0, recordMain), VideoTag{Codec: H264, Key: true, Data: recordMain},
	},
	{
		"key frame", func(b *Builder) [][]byte { return b.AVCFrame(true, 80, [][]byte{aud, idr}) },
		body(0x17, 1, 0, 0, 80, sized),
		VideoTag{Codec: H264, Key: true, PacketType: PacketFrame, CompositionTime: 80, Data: sized},
	},
	{
		"negative composition time", func(b *Builder) [][]byte { return b.AVCFrame(false, -40, [][]byte{{0x41}}) },
		body(0x27, 1, 0xFF, 0xFF, 0xD8, 0, 0, 0, 1, 0x41),
		VideoTag{Codec: H264, PacketType: PacketFrame, CompositionTime: -40, Data: []byte{0, 0, 0, 1, 0x41}},
	},
	{
		"composition time out of range", func(b *Builder) [][]byte { return b.AVCFrame(false, 1<<24, nil) },
		body(0x27, 1, 0x7F, 0xFF, 0xFF),
		VideoTag{Codec: H264, PacketType: PacketFrame, CompositionTime: MaxCompositionTime, Data: []byte{}},
	},
	{
		"end of sequence", func(b *Builder) [][]byte { return b.AVCEndOfSequence() },
		body(0x17, 2, 0, 0, 0), VideoTag{Codec: H264, Key: true, PacketType: PacketEndOfSequence, Data: []byte{}},
	},
	{
		"HEVC, codec id 12", func(b *Builder) [][]byte {
			return b.VideoFrame(Form{Codec: HEVC}, Picture{CompositionTime: 40, Nanoseconds: 5}, [][]byte{{2, 1}})
		},
		body(0x2C, 1, 0, 0, 40, 0, 0, 0, 2, 2, 1),
		VideoTag{Codec: HEVC, PacketType: PacketFrame, CompositionTime: 40, Data: []byte{0, 0, 0, 2, 2, 1}},
	},
	{
		"HEVC, codec id 12, sequence header", func(b *Builder) [][]byte { return b.SequenceStart(Form{Codec: HEVC}, []byte{1, 1}) },
		body(0x1C, 0, 0, 0, 0, 1, 1), VideoTag{Codec: HEVC, Key: true, Data: []byte{1, 1}},
	},
	{
		"hvc1 sequence start", func(b *Builder) [][]byte { return b.SequenceStart(enhancedHEVC, []byte{1, 1}) },
		body(0x90, "hvc1", 1, 1), VideoTag{Codec: HEVC, Key: true, Data: []byte{1, 1}},
	},
	{
		"hvc1 key frame", func(b *Builder) [][]byte {
			return b.VideoFrame(enhancedHEVC, Picture{Key: true, CompositionTime: -1}, [][]byte{aud, idr})
		},
		body(0x91, "hvc1", 0xFF, 0xFF, 0xFF, sized),
		VideoTag{Codec: HEVC, Key: true, PacketType: PacketFrame, CompositionTime: -1, Data: sized},
	},
	{
		"hvc1 without composition time", func(b *Builder) [][]byte { return b.VideoFrame(enhancedHEVC, Picture{}, [][]byte{aud, idr}) },
		body(0xA3, "hvc1", sized), VideoTag{Codec: HEVC, PacketType: PacketFrame, Data: sized},
	},
	{
		"avc1", func(b *Builder) [][]byte {
			return b.VideoFrame(enhancedAVC, Picture{CompositionTime: 1000}, [][]byte{aud, idr})
		},
		body(0xA1, "avc1", 0, 3, 0xE8, sized), VideoTag{Codec: H264, PacketType: PacketFrame, CompositionTime: 1000, Data: sized},
	},
	{
		"av01 has no composition time", func(b *Builder) [][]byte {
			return b.VideoFrame(Form{Codec: AV1}, Picture{Key: true, CompositionTime: 40}, [][]byte{{1, 2}, {3}})
		},
		body(0x91, "av01", 1, 2, 3), VideoTag{Codec: AV1, Key: true, PacketType: PacketFrame, Data: []byte{1, 2, 3}},
	},
	{
		"vp09", func(b *Builder) [][]byte { return b.VideoFrame(Form{Codec: VP9}, Picture{}, [][]byte{{1}}) },
		body(0xA1, "vp09", 1), VideoTag{Codec: VP9, PacketType: PacketFrame, Data: []byte{1}},
	},
	{
		"vp08 sequence end", func(b *Builder) [][]byte { return b.SequenceEnd(Form{Codec: VP8}) },
		body(0x92, "vp08"), VideoTag{Codec: VP8, Key: true, PacketType: PacketEndOfSequence, Data: []byte{}},
	},
	{
		"metadata", func(b *Builder) [][]byte { return b.Metadata(enhancedHEVC, []byte{2, 0, 0}) },
		body(0xD4, "hvc1", 2, 0, 0), VideoTag{Codec: HEVC, PacketType: PacketMetadata, Data: []byte{2, 0, 0}},
	},
	{
		"metadata of track 1", func(b *Builder) [][]byte { return b.Metadata(Form{Codec: AV1, Track: 1}, []byte{2, 0, 0}) },
		body(0x96, 0x04, "av01", 1, 2, 0, 0), VideoTag{Codec: AV1, Track: 1, PacketType: PacketMetadata, Data: []byte{2, 0, 0}},
	},
	{
		"nanoseconds", func(b *Builder) [][]byte {
			return b.VideoFrame(Form{Codec: AV1}, Picture{Nanoseconds: 500000}, [][]byte{{1}})
		},
		body(0xA7, 2, 0x07, 0xA1, 0x20, 0x01, "av01", 1),
		VideoTag{Codec: AV1, PacketType: PacketFrame, Nanoseconds: 500000, Data: []byte{1}},
	},
	{
		"track 1 of H.264", func(b *Builder) [][]byte {
			return b.VideoFrame(Form{Codec: H264, Track: 1}, Picture{Key: true}, [][]byte{aud, idr})
		},
		body(0x96, 0x03, "avc1", 1, sized), VideoTag{Codec: H264, Track: 1, Key: true, PacketType: PacketFrame, Data: sized},
	},
	{
		"track 255 with all there is", func(b *Builder) [][]byte {
			return b.VideoFrame(Form{Codec: HEVC, Track: 255}, Picture{CompositionTime: -2, Nanoseconds: 1 << 30}, [][]byte{aud, idr})
		},
		body(0xA7, 2, 0x0F, 0x42, 0x3F, 0x06, 0x01, "hvc1", 255, 0xFF, 0xFF, 0xFE, sized),
		VideoTag{Codec: HEVC, Track: 255, PacketType: PacketFrame, CompositionTime: -2, Nanoseconds: MaxNanoseconds, Data: sized},
	},
}

var audioCases = []struct {
	name  string
	build func(*Builder) [][]byte
	body  []byte
	tag   AudioTag
}{
	{
		"sequence header", func(b *Builder) [][]byte { return b.AACSequenceHeader([]byte{0x12, 0x10}) },
		body(0xAF, 0, 0x12, 0x10), AudioTag{Codec: AAC, Data: []byte{0x12, 0x10}},
	},
	{
		"frame", func(b *Builder) [][]byte { return b.AACFrame([]byte{1, 2, 3}) },
		body(0xAF, 1, 1, 2, 3), AudioTag{Codec: AAC, PacketType: PacketFrame, Data: []byte{1, 2, 3}},
	},
	{
		"MP3 44100 stereo", func(b *Builder) [][]byte { return mp3(b, 44100, 2) },
		body(0x2F, 0xFF, 0xFB), AudioTag{Codec: MP3, PacketType: PacketFrame, Data: []byte{0xFF, 0xFB}},
	},
	{
		"MP3 48000 mono", func(b *Builder) [][]byte { return mp3(b, 48000, 1) },
		body(0x2E, 0xFF, 0xFB), AudioTag{Codec: MP3, PacketType: PacketFrame, Data: []byte{0xFF, 0xFB}},
	},
	{
		"MP3 22050", func(b *Builder) [][]byte { return mp3(b, 22050, 1) },
		body(0x2A, 0xFF, 0xFB), AudioTag{Codec: MP3, PacketType: PacketFrame, Data: []byte{0xFF, 0xFB}},
	},
	{
		"MP3 11025", func(b *Builder) [][]byte { return mp3(b, 11025, 2) },
		body(0x27, 0xFF, 0xFB), AudioTag{Codec: MP3, PacketType: PacketFrame, Data: []byte{0xFF, 0xFB}},
	},
	{
		"MP3 8000", func(b *Builder) [][]byte { return mp3(b, 8000, 2) },
		body(0xE3, 0xFF, 0xFB), AudioTag{Codec: MP3, PacketType: PacketFrame, Data: []byte{0xFF, 0xFB}},
	},
	{
		"A-law mono", func(b *Builder) [][]byte {
			return b.AudioFrame(Form{Codec: PCMA, Enhanced: true, Channels: 1}, 7, []byte{0xD5})
		},
		body(0x72, 0xD5), AudioTag{Codec: PCMA, PacketType: PacketFrame, SampleRate: 8000, Channels: 1, Data: []byte{0xD5}},
	},
	{
		"mu-law stereo", func(b *Builder) [][]byte { return b.AudioFrame(Form{Codec: PCMU, Channels: 2}, 0, []byte{0xFF, 0xFF}) },
		body(0x83, 0xFF, 0xFF), AudioTag{Codec: PCMU, PacketType: PacketFrame, SampleRate: 8000, Channels: 2, Data: []byte{0xFF, 0xFF}},
	},
	{
		"Opus sequence start", func(b *Builder) [][]byte { return b.SequenceStart(Form{Codec: Opus}, OpusHead(2)) },
		body(0x90, "Opus", OpusHead(2)), AudioTag{Codec: Opus, Data: OpusHead(2)},
	},
	{
		"AC-3 sequence start", func(b *Builder) [][]byte { return b.SequenceStart(Form{Codec: AC3}, nil) },
		body(0x90, "ac-3"), AudioTag{Codec: AC3, Data: []byte{}},
	},
	{
		"E-AC-3 frame", func(b *Builder) [][]byte { return b.AudioFrame(Form{Codec: EAC3}, 0, []byte{0x0B, 0x77}) },
		body(0x91, "ec-3", 0x0B, 0x77), AudioTag{Codec: EAC3, PacketType: PacketFrame, Data: []byte{0x0B, 0x77}},
	},
	{
		"FLAC sequence end", func(b *Builder) [][]byte { return b.SequenceEnd(Form{Codec: FLAC}) },
		body(0x92, "fLaC"), AudioTag{Codec: FLAC, PacketType: PacketEndOfSequence, Data: []byte{}},
	},
	{
		"enhanced MP3", func(b *Builder) [][]byte {
			return b.AudioFrame(Form{Codec: MP3, Enhanced: true}, 0, []byte{0xFF, 0xFB})
		},
		body(0x91, ".mp3", 0xFF, 0xFB), AudioTag{Codec: MP3, PacketType: PacketFrame, Data: []byte{0xFF, 0xFB}},
	},
	{
		"track 2 of AAC, with nanoseconds", func(b *Builder) [][]byte {
			return b.AudioFrame(Form{Codec: AAC, Track: 2}, 1, []byte{1, 2})
		},
		body(0x97, 2, 0, 0, 1, 0x05, 0x01, "mp4a", 2, 1, 2),
		AudioTag{Codec: AAC, Track: 2, PacketType: PacketFrame, Nanoseconds: 1, Data: []byte{1, 2}},
	},
}

func mp3(b *Builder, rate, channels int) [][]byte {
	return b.AudioFrame(Form{Codec: MP3, SampleRate: rate, Channels: channels}, 0, []byte{0xFF, 0xFB})
}

func videoTags(t *testing.T, body []byte) (tags []VideoTag) {
	t.Helper()
	for tag, err := range VideoTags(body) {
		require.NoError(t, err)
		tags = append(tags, tag)
	}
	return tags
}

func audioTags(t *testing.T, body []byte) (tags []AudioTag) {
	t.Helper()
	for tag, err := range AudioTags(body) {
		require.NoError(t, err)
		tags = append(tags, tag)
	}
	return tags
}

func TestBuilderAndTags(t *testing.T) {
	var b Builder
	for _, c := range videoCases {
		t.Run("video "+c.name, func(t *testing.T) {
			require.Equal(t, c.body, join(c.build(&b)))
			require.Equal(t, []VideoTag{c.tag}, videoTags(t, c.body))
		})
	}
	for _, c := range audioCases {
		t.Run("audio "+c.name, func(t *testing.T) {
			require.Equal(t, c.body, join(c.build(&b)))
			require.Equal(t, []AudioTag{c.tag}, audioTags(t, c.body))
		})
	}
}

func TestFormsWithoutABody(t *testing.T) {
	var b Builder
	for _, f := range []Form{{Codec: MP3}, {Codec: PCMA}, {Codec: PCMU}} {
		require.Empty(t, b.SequenceStart(f, nil), f.Codec)
		require.Empty(t, b.SequenceEnd(f), f.Codec)
	}
	require.Empty(t, b.SequenceEnd(Form{Codec: AAC}))
	require.Empty(t, b.Metadata(Form{Codec: H264}, []byte{2}))
	require.Empty(t, b.Metadata(Form{Codec: AAC, Enhanced: true}, []byte{2}))
}

func TestFormCheck(t *testing.T) {
	for c := H264; c <= PCMU; c++ {
		require.NoError(t, Form{Codec: c}.Check(), c)
		err := Form{Codec: c, Track: 3}.Check()
		if c == PCMA || c == PCMU {
			require.ErrorIs(t, err, ErrUnsupportedCodec)
			require.ErrorContains(t, err, c.String()+" as track 3")
		} else {
			require.NoError(t, err, c)
		}
	}
	require.ErrorIs(t, Form{}.Check(), ErrUnsupportedCodec)
	require.ErrorIs(t, Form{Codec: 99}.Check(), ErrUnsupportedCodec)
}

func TestFormV2(t *testing.T) {
	for _, c := range []struct {
		form Form
		v2   bool
	}{
		{Form{Codec: H264}, false},
		{enhancedAVC, false},
		{Form{Codec: H264, Track: 1}, true},
		{Form{Codec: AV1}, false},
		{Form{Codec: AAC}, false},
		{Form{Codec: AAC, Enhanced: true}, true},
		{Form{Codec: Opus}, true},
		{Form{Codec: PCMA, Enhanced: true}, false},
	} {
		require.Equal(t, c.v2, c.form.V2(), c.form)
	}
}

func TestBuilderDoesNotCopyOrAllocate(t *testing.T) {
	var b Builder
	nalus := make([][]byte, 40)
	for i := range nalus {
		nalus[i] = bytes.Repeat([]byte{byte(i)}, i+1)
	}
	pieces := b.AVCFrame(true, 0, nalus)
	require.Len(t, pieces, 80)
	for i, nalu := range nalus {
		require.Same(t, &nalu[0], &pieces[2*i+1][0])
	}
	back, err := SplitAVCC(nil, join(pieces)[5:], 4)
	require.NoError(t, err)
	require.Equal(t, nalus, back)
	for c := H264; c <= PCMU; c++ {
		f := Form{Codec: c, Enhanced: true, Track: 1}
		require.Zero(t, testing.AllocsPerRun(100, func() {
			if c.Kind() == Video {
				b.VideoFrame(f, Picture{CompositionTime: 40, Nanoseconds: 9}, nalus)
			} else {
				b.AudioFrame(f, 9, nalus[0])
			}
		}), c)
	}
}

func TestForget(t *testing.T) {
	var b Builder
	b.AVCFrame(true, 0, [][]byte{{0x65, 1}, {0x65, 2}})
	b.Forget()
	require.Empty(t, b.pieces)
	require.Nil(t, b.pieces[:4][1], "the caller's memory is held no more")

	var a AVC
	_, err := a.Take([][]byte{{0x65, 0x88}})
	require.NoError(t, err)
	a.Forget()
	require.Empty(t, a.nalus)
	require.Nil(t, a.nalus[:1][0])
}
