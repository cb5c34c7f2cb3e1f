package flv

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestManyTracks(t *testing.T) {
	require.Equal(t, []VideoTag{
		{Codec: H264, Track: 0, Key: true, PacketType: PacketFrame, CompositionTime: 40, Data: []byte{1, 2}},
		{Codec: H264, Track: 7, Key: true, PacketType: PacketFrame, CompositionTime: -1, Data: []byte{}},
	}, videoTags(t, body(0x96, 0x11, "avc1", 0, 0, 0, 5, 0, 0, 40, 1, 2, 7, 0, 0, 3, 0xFF, 0xFF, 0xFF)))

	require.Equal(t, []AudioTag{
		{Codec: Opus, Track: 1, PacketType: PacketFrame, Data: []byte{1}},
		{Codec: AAC, Track: 2, PacketType: PacketFrame, Data: []byte{2, 3}},
	}, audioTags(t, body(0x95, 0x21, "Opus", 1, 0, 0, 1, 1, "mp4a", 2, 0, 0, 2, 2, 3)))
}

func TestAnUnsupportedTrackAmongOthers(t *testing.T) {
	var (
		tags []VideoTag
		errs []error
	)
	for tag, err := range VideoTags(body(0xA6, 0x23, "vvc1", 4, 0, 0, 1, 1, "vp09", 5, 0, 0, 1, 9)) {
		if err != nil {
			require.Equal(t, uint8(4), tag.Track)
			errs = append(errs, err)
			continue
		}
		tags = append(tags, tag)
	}
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], ErrUnsupportedCodec)
	require.ErrorContains(t, errs[0], `"vvc1"`)
	require.Equal(t, []VideoTag{{Codec: VP9, Track: 5, PacketType: PacketFrame, Data: []byte{9}}}, tags)
}

func TestStopAmongTracks(t *testing.T) {
	n := 0
	for range AudioTags(body(0x95, 0x21, "Opus", 1, 0, 0, 1, 1, "mp4a", 2, 0, 0, 2, 2, 3)) {
		n++
		break
	}
	require.Equal(t, 1, n)
}

func TestModEx(t *testing.T) {
	long := body(0xA7, 255, 1, 0, make([]byte, 257), 0x57, 2, 0, 0, 9, 0x01, "vp08", 1)
	require.Equal(t, []VideoTag{{Codec: VP8, PacketType: PacketFrame, Nanoseconds: 9, Data: []byte{1}}}, videoTags(t, long),
		"a long modifier of an unknown type is passed over")
	require.Equal(t, []AudioTag{{Codec: Opus, PacketType: PacketFrame, Data: []byte{1}}},
		audioTags(t, body(0x97, 0, 5, 0x01, "Opus", 1)), "nanoseconds of one byte are none")
}

func TestCommands(t *testing.T) {
	for _, b := range [][]byte{{0x57, 0}, body(0xD1, 0)} {
		require.Equal(t, []VideoTag{{PacketType: PacketCommand, Data: []byte{0}}}, videoTags(t, b))
		tag, err := ParseVideoTag(b)
		require.NoError(t, err)
		require.Equal(t, VideoTag{PacketType: PacketEndOfSequence}, tag)
	}
	require.Equal(t, PacketMultichannelConfig, int(audioTags(t, body(0x94, "Opus", 1, 2))[0].PacketType))
}

// badTags are bodies that end in an error.
var badTags = []struct {
	name string
	kind Kind
	body []byte
	err  error
	text string
}{
	{"empty", Video, nil, ErrShortBody, "empty video body"},
	{"short", Video, []byte{0x17, 1, 0}, ErrShortBody, "3 bytes, the header has 5"},
	{"VP6", Video, []byte{0x14, 0, 0, 0, 0}, ErrUnsupportedCodec, "codec id 4 (VP6) cannot be sent"},
	{"unknown", Video, []byte{0x1F, 0, 0, 0, 0}, ErrUnsupportedCodec, "codec id 15 (unknown)"},
	{"VVC", Video, body(0x90, "vvc1"), ErrUnsupportedCodec, `video codec "vvc1" (Enhanced RTMP) cannot be sent`},
	{"audio as video", Video, body(0x90, "Opus"), ErrUnsupportedCodec, `"Opus"`},
	{"enhanced short", Video, []byte{0x90, 'h'}, ErrShortBody, "before the FourCC"},
	{"no composition time", Video, body(0x91, "hvc1", 0, 0), ErrShortBody, "before the composition time"},
	{"packet type", Video, []byte{0x17, 9, 0, 0, 0}, ErrUnsupportedCodec, "packet type 9"},
	{"enhanced packet type", Video, body(0x98, "av01"), ErrUnsupportedCodec, "av1 packet type 8"},
	{"MPEG-2 TS", Video, body(0x95, "av01", 1), ErrUnsupportedCodec, "MPEG transport stream"},
	{"ModEx without size", Video, []byte{0x97}, ErrShortBody, "before the size of a ModEx"},
	{"ModEx without long size", Video, []byte{0x97, 255, 0}, ErrShortBody, "before the size of a ModEx"},
	{"ModEx cut", Video, []byte{0x97, 2, 0, 0, 0}, ErrShortBody, "a ModEx of 3 bytes: 3 follow"},
	{"multitrack without type", Video, []byte{0x96}, ErrShortBody, "before the multitrack type"},
	{"multitrack type", Video, body(0x96, 0x31, "avc1", 0), ErrUnsupportedCodec, "multitrack type 3"},
	{"multitrack in multitrack", Video, body(0x96, 0x06, "avc1", 0), ErrUnsupportedCodec, "packet type 6 within"},
	{"no track", Video, []byte{0x96, 0x21}, ErrShortBody, "before the first track"},
	{"no track id", Video, body(0x96, 0x01, "avc1"), ErrShortBody, "before the track id"},
	{"no track size", Video, body(0x96, 0x11, "avc1", 9, 0, 0), ErrShortBody, "before the size of track 9"},
	{"track cut", Video, body(0x96, 0x11, "avc1", 9, 0, 0, 4, 1, 2, 3), ErrShortBody, "the end of track 9 of 4 bytes: 3 follow"},
	{"second FourCC cut", Video, body(0x96, 0x23, "avc1", 9, 0, 0, 1, 1, "hv"), ErrShortBody, "before the FourCC"},
	{"FourCC of all cut", Video, body(0x96, 0x13, "av"), ErrShortBody, "before the FourCC"},
	{"empty", Audio, nil, ErrShortBody, "empty audio body"},
	{"short", Audio, []byte{0xAF}, ErrShortBody, "1 byte"},
	{"Speex", Audio, []byte{0xB2, 0}, ErrUnsupportedCodec, "sound format 11 (Speex) cannot be sent"},
	{"enhanced", Audio, body(0x90, "vorb"), ErrUnsupportedCodec, `audio codec "vorb" (Enhanced RTMP)`},
	{"packet type", Audio, []byte{0xAF, 2}, ErrUnsupportedCodec, "packet type 2"},
	{"enhanced packet type", Audio, body(0x93, "Opus"), ErrUnsupportedCodec, "opus packet type 3"},
	{"track cut", Audio, body(0x95, 0x11, "mp4a", 9, 0, 0, 4), ErrShortBody, "the end of track 9 of 4 bytes: 0 follow"},
}

// lastError reads a body to its end.
func lastError(kind Kind, body []byte) (last error) {
	if kind == Video {
		for _, err := range VideoTags(body) {
			last = err
		}
		return last
	}
	for _, err := range AudioTags(body) {
		last = err
	}
	return last
}

func TestTagErrors(t *testing.T) {
	for _, c := range badTags {
		t.Run(c.kind.String()+" "+c.name, func(t *testing.T) {
			err := lastError(c.kind, c.body)
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
		})
	}
}

func TestParseOfOneCodecRefusesOthers(t *testing.T) {
	_, err := ParseVideoTag(body(0x90, "av01"))
	require.ErrorIs(t, err, ErrUnsupportedCodec)
	_, err = ParseVideoTag(body(0x96, 0x00, "avc1", 1, 0))
	require.ErrorIs(t, err, ErrUnsupportedCodec)
	_, err = ParseAudioTag([]byte{0x72, 0})
	require.ErrorIs(t, err, ErrUnsupportedCodec)
	tag, err := ParseAudioTag(body(0x91, "mp4a", 1))
	require.NoError(t, err)
	require.Equal(t, AudioTag{Codec: AAC, PacketType: PacketFrame, Data: []byte{1}}, tag)
}

func TestKindString(t *testing.T) {
	require.Equal(t, "audio video unknown", Audio.String()+" "+Video.String()+" "+Kind(18).String())
}

// rebuildVideo returns a body that has the same tag.
func rebuildVideo(tag VideoTag) []byte {
	f := Form{Codec: tag.Codec, Track: tag.Track, Enhanced: true}
	h := header{frameTypeInter, tag.PacketType, tag.CompositionTime, tag.Nanoseconds}
	if tag.Key {
		h.frameType = frameTypeKey
	}
	return append(appendHeader(nil, f, h), tag.Data...)
}

func FuzzParseVideoTag(f *testing.F) {
	for _, c := range videoCases {
		f.Add(c.body)
	}
	for _, c := range badTags {
		f.Add(c.body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for tag, err := range VideoTags(body) {
			if err != nil {
				require.True(t, errors.Is(err, ErrShortBody) || errors.Is(err, ErrUnsupportedCodec))
				continue
			}
			if tag.PacketType == PacketCommand {
				continue
			}
			again := videoTags(t, rebuildVideo(tag))
			require.Equal(t, []VideoTag{tag}, again)
		}
		_, _ = ParseVideoTag(body)
	})
}

func FuzzParseAudioTag(f *testing.F) {
	for _, c := range audioCases {
		f.Add(c.body)
	}
	for _, c := range badTags {
		f.Add(c.body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var b Builder
		for tag, err := range AudioTags(body) {
			if err != nil {
				require.True(t, errors.Is(err, ErrShortBody) || errors.Is(err, ErrUnsupportedCodec))
				continue
			}
			if tag.PacketType != PacketFrame {
				continue
			}
			form := Form{Codec: tag.Codec, Track: tag.Track, Enhanced: true, SampleRate: tag.SampleRate, Channels: tag.Channels}
			again := audioTags(t, join(b.AudioFrame(form, tag.Nanoseconds, tag.Data)))
			require.Equal(t, []AudioTag{tag}, again)
		}
		_, _ = ParseAudioTag(body)
	})
}
