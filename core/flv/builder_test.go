package flv

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func join(pieces [][]byte) []byte { return bytes.Join(pieces, nil) }

// videoCases and audioCases are bodies with what they mean: for building, parsing and as seeds.
var videoCases = []struct {
	name  string
	build func(*Builder) [][]byte
	body  []byte
	tag   VideoTag
}{
	{
		"sequence header", func(b *Builder) [][]byte { return b.AVCSequenceHeader(recordMain) },
		append([]byte{0x17, 0, 0, 0, 0}, recordMain...), VideoTag{Key: true, Data: recordMain},
	},
	{
		"key frame", func(b *Builder) [][]byte { return b.AVCFrame(true, 80, [][]byte{aud, idr}) },
		[]byte{0x17, 1, 0, 0, 80, 0, 0, 0, 2, 9, 0xF0, 0, 0, 0, 4, 0x65, 0x88, 0x82, 8},
		VideoTag{Key: true, PacketType: PacketFrame, CompositionTime: 80, Data: []byte{0, 0, 0, 2, 9, 0xF0, 0, 0, 0, 4, 0x65, 0x88, 0x82, 8}},
	},
	{
		"negative composition time", func(b *Builder) [][]byte { return b.AVCFrame(false, -40, [][]byte{{0x41}}) },
		[]byte{0x27, 1, 0xFF, 0xFF, 0xD8, 0, 0, 0, 1, 0x41},
		VideoTag{PacketType: PacketFrame, CompositionTime: -40, Data: []byte{0, 0, 0, 1, 0x41}},
	},
	{
		"composition time out of range", func(b *Builder) [][]byte { return b.AVCFrame(false, 1<<24, nil) },
		[]byte{0x27, 1, 0x7F, 0xFF, 0xFF}, VideoTag{PacketType: PacketFrame, CompositionTime: MaxCompositionTime, Data: []byte{}},
	},
	{
		"end of sequence", func(b *Builder) [][]byte { return b.AVCEndOfSequence() },
		[]byte{0x17, 2, 0, 0, 0}, VideoTag{Key: true, PacketType: PacketEndOfSequence, Data: []byte{}},
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
		[]byte{0xAF, 0, 0x12, 0x10}, AudioTag{Data: []byte{0x12, 0x10}},
	},
	{
		"frame", func(b *Builder) [][]byte { return b.AACFrame([]byte{1, 2, 3}) },
		[]byte{0xAF, 1, 1, 2, 3}, AudioTag{PacketType: PacketFrame, Data: []byte{1, 2, 3}},
	},
}

func TestBuilderAndTags(t *testing.T) {
	var b Builder
	for _, c := range videoCases {
		t.Run("video "+c.name, func(t *testing.T) {
			require.Equal(t, c.body, join(c.build(&b)))
			tag, err := ParseVideoTag(c.body)
			require.NoError(t, err)
			require.Equal(t, c.tag, tag)
		})
	}
	for _, c := range audioCases {
		t.Run("audio "+c.name, func(t *testing.T) {
			require.Equal(t, c.body, join(c.build(&b)))
			tag, err := ParseAudioTag(c.body)
			require.NoError(t, err)
			require.Equal(t, c.tag, tag)
		})
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
	require.Zero(t, testing.AllocsPerRun(100, func() {
		b.AVCFrame(false, 40, nalus)
		b.AACFrame(nalus[0])
	}))
}

func TestTagErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		body []byte
		err  error
		text string
	}{
		{"empty", nil, ErrShortBody, "empty video body"},
		{"short", []byte{0x17, 1, 0}, ErrShortBody, "3 bytes, the header has 5"},
		{"VP6", []byte{0x14, 0, 0, 0, 0}, ErrUnsupportedCodec, "codec id 4 (VP6)"},
		{"legacy HEVC", []byte{0x1C, 0, 0, 0, 0}, ErrUnsupportedCodec, "codec id 12 (HEVC, legacy form)"},
		{"unknown", []byte{0x1F, 0, 0, 0, 0}, ErrUnsupportedCodec, "codec id 15 (unknown)"},
		{"enhanced", append([]byte{0x90}, "hvc1"...), ErrUnsupportedCodec, `"hvc1" (Enhanced RTMP)`},
		{"enhanced short", []byte{0x90, 'h'}, ErrShortBody, "2 bytes"},
		{"packet type", []byte{0x17, 9, 0, 0, 0}, ErrUnsupportedCodec, "packet type 9"},
	} {
		t.Run("video "+c.name, func(t *testing.T) {
			_, err := ParseVideoTag(c.body)
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
		})
	}
	for _, c := range []struct {
		name string
		body []byte
		err  error
		text string
	}{
		{"empty", nil, ErrShortBody, "empty audio body"},
		{"short", []byte{0xAF}, ErrShortBody, "1 byte"},
		{"MP3", []byte{0x2F, 0}, ErrUnsupportedCodec, "sound format 2 (MP3)"},
		{"A-law", []byte{0x72, 0}, ErrUnsupportedCodec, "sound format 7 (G.711 A-law)"},
		{"enhanced", append([]byte{0x90}, "Opus"...), ErrUnsupportedCodec, `"Opus" (Enhanced RTMP)`},
		{"packet type", []byte{0xAF, 2}, ErrUnsupportedCodec, "packet type 2"},
	} {
		t.Run("audio "+c.name, func(t *testing.T) {
			_, err := ParseAudioTag(c.body)
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
		})
	}
	command, err := ParseVideoTag([]byte{0x57, 0})
	require.NoError(t, err)
	require.Equal(t, VideoTag{PacketType: PacketEndOfSequence}, command)
}

func TestKindString(t *testing.T) {
	require.Equal(t, "audio video unknown", Audio.String()+" "+Video.String()+" "+Kind(18).String())
}

func FuzzParseVideoTag(f *testing.F) {
	for _, c := range videoCases {
		f.Add(c.body)
	}
	f.Add(append([]byte{0x90}, "hvc1"...))
	f.Fuzz(func(t *testing.T, body []byte) {
		tag, err := ParseVideoTag(body)
		if err != nil || body[0] != 0x17 && body[0] != 0x27 {
			return
		}
		require.Equal(t, body, append(appendHeader(nil, Form{Codec: H264}, header{body[0] >> 4, tag.PacketType, tag.CompositionTime, 0}), tag.Data...))
	})
}

func FuzzParseAudioTag(f *testing.F) {
	for _, c := range audioCases {
		f.Add(c.body)
	}
	f.Add(append([]byte{0x90}, "Opus"...))
	f.Fuzz(func(t *testing.T, body []byte) {
		tag, err := ParseAudioTag(body)
		if err == nil {
			require.Equal(t, body, append([]byte{body[0], tag.PacketType}, tag.Data...))
		}
	})
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
