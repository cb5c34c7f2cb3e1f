package flvfile_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source"
	"luatrtmp/core/source/flvfile"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// body joins strings, bytes and slices.
func body(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case int:
			b = append(b, byte(p))
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

// open opens a file of the test data.
func open(t *testing.T, name string) source.Source {
	s, err := source.Open(source.Spec{Path: mediatest.Path(name)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// firstOf returns the configuration and the first frames of a file of the test data.
func firstOf(t *testing.T, name string, kind flv.Kind) (config []byte, frames [][]byte) {
	s := open(t, name)
	for len(frames) < 3 {
		u, err := s.Next()
		require.NoError(t, err)
		if u.Kind != kind {
			continue
		}
		if config == nil {
			config = u.Config
		}
		data := slices.Clone(u.Data)
		for _, nalu := range u.NALUs {
			data = append(append(data, mediatest.U32(uint32(len(nalu)))...), nalu...)
		}
		frames = append(frames, data)
	}
	return config, frames
}

func TestEnhancedFLV(t *testing.T) {
	for _, c := range []struct {
		codec  flv.Codec
		file   string
		config []any // what stands before the configuration; nil: none is sent
		frame  []any // and before a frame
	}{
		{flv.H264, "bframes.mp4", []any{0x90, "avc1"}, []any{0x91, "avc1", 0, 0, 40}},
		{flv.HEVC, "hvc1.mp4", []any{0x90, "hvc1"}, []any{0x91, "hvc1", 0, 0, 40}},
		{flv.HEVC, "hvc1.mp4", []any{0x90, "hvc1"}, []any{0x93, "hvc1"}},
		{flv.HEVC, "hvc1.mp4", []any{0x1C, 0, 0, 0, 0}, []any{0x1C, 1, 0, 0, 40}},
		{flv.AV1, "av1.ivf", []any{0x90, "av01"}, []any{0x91, "av01"}},
		{flv.AV1, "av1.ivf", nil, []any{0x91, "av01"}},
		{flv.AV1, "av1.ivf", []any{0x90, "av01", 0xFF, 0xFF}, []any{0x91, "av01"}}, // a header that says nothing: the frames do
		{flv.VP9, "vp9.ivf", []any{0x90, "vp09"}, []any{0x91, "vp09"}},
		{flv.VP9, "vp9.ivf", nil, []any{0x93, "vp09"}},
		{flv.VP8, "vp8.ivf", []any{0x90, "vp08"}, []any{0x91, "vp08"}},
		{flv.AAC, "bframes.mp4", []any{0x90, "mp4a"}, []any{0x91, "mp4a"}},
		{flv.Opus, "opus.ogg", []any{0x90, "Opus"}, []any{0x91, "Opus"}},
		{flv.FLAC, "flac.oga", []any{0x90, "fLaC"}, []any{0x91, "fLaC"}},
		{flv.AC3, "tone.ac3", nil, []any{0x91, "ac-3"}},
		{flv.EAC3, "tone.eac3", nil, []any{0x91, "ec-3"}},
		{flv.MP3, "tone.mp3", nil, []any{0x91, ".mp3"}},
		{flv.MP3, "tone.mp3", nil, []any{0x2E}},
		{flv.PCMA, "alaw.wav", nil, []any{0x72}},
		{flv.PCMU, "mulaw.wav", nil, []any{0x83}},
	} {
		t.Run(c.codec.String(), func(t *testing.T) {
			kind := c.codec.Kind()
			config, frames := firstOf(t, c.file, kind)
			var tags [][]byte
			if c.config != nil {
				tags = append(tags, mediatest.FLVTag(byte(kind), 0, body(body(c.config...), config)...))
			}
			for i, frame := range frames {
				tags = append(tags, mediatest.FLVTag(byte(kind), uint32(20*i), body(body(c.frame...), frame)...))
			}
			m, err := flvfile.Open(mediatest.Memory(mediatest.FLV(tags...)))
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, m)
			require.NoError(t, err)
			require.Len(t, units, len(frames))
			for i, u := range units {
				require.Equal(t, c.codec, u.Codec)
				require.Equal(t, len(frames[i]), u.Size)
				require.Equal(t, time.Duration(i)*20*time.Millisecond, u.DTS)
			}
			require.Equal(t, config, units[0].Config)
			want := open(t, c.file).Info()
			if kind == flv.Audio {
				require.Equal(t, want.Audio, m.Info().Audio)
				return
			}
			require.Equal(t, c.codec, m.Info().Video.Codec)
			require.Equal(t, want.Video.Width, m.Info().Video.Width)
		})
	}
}

func TestFLVTracks(t *testing.T) {
	opusHead, opus := firstOf(t, "opus.ogg", flv.Audio)
	multi := func(timestamp uint32, packet int, track int, data []byte) []byte {
		return mediatest.FLVTag(8, timestamp, body(0x95, packet, "Opus", track, data)...)
	}
	f, err := flvfile.Open(mediatest.Memory(mediatest.FLV(
		mediatest.FLVTag(9, 0, body(0x96, 0, "vvc1", 2, 1)...), mediatest.FLVVideoConfig(0), multi(0, 0, 3, opusHead), mediatest.FLVTag(8, 0, body(0x90, "Opus", opusHead)...),
		mediatest.FLVVideoFrame(0, 0), multi(0, 1, 3, opus[0]), mediatest.FLVTag(8, 0, body(0x91, "Opus", opus[1])...), multi(20, 1, 3, opus[2]),
		mediatest.FLVTag(9, 40, body(0x94, "avc1", 2, 0, 9, "colorInfo", 5)...), mediatest.FLVTag(9, 40, 0x57, 0),
		mediatest.FLVTag(9, 40, body(0xA7, 2, 0, 0, 100, 1, "avc1", 0, 0, 0, 0, 0, 0, 1, 0x41)...),
	)))
	require.NoError(t, err)
	units, err := mediatest.ReadAll(t, f)
	require.NoError(t, err)
	require.Equal(t, "0s/0s 0s/0s 20ms/20ms 40.0001ms/40.0001ms ", mediatest.Times(units))
	require.Equal(t, len(opus[0]), units[1].Size, "the first track that shows itself")
	require.Equal(t, []string{
		`video track 2: video codec "vvc1" (Enhanced RTMP) cannot be sent`, "audio: the first one is sent",
	}, f.Info().Skipped)

	f, err = flvfile.Open(mediatest.Memory(mediatest.FLV(mediatest.FLVVideoConfig(0), mediatest.FLVVideoFrame(0, 0), mediatest.FLVTag(9, 40, body(0x91, "vp09", 1, 2)...), mediatest.FLVTag(9, 80, body(0x91, "vp09", 1, 2)...))))
	require.NoError(t, err)
	units, err = mediatest.ReadAll(t, f)
	require.ErrorIs(t, err, media.ErrUnsupported)
	require.ErrorContains(t, err, "track 0 changes from h264 to vp9")
	require.Len(t, units, 1)
}

func FuzzEnhancedFLV(f *testing.F) {
	for _, b := range [][]byte{
		body(0x96, 0, "vvc1", 2, 1), body(0x95, 0x21, "Opus", 1, 0, 0, 1, 1, "mp4a", 2, 0, 0, 2, 2, 3), body(0x91, "av01", 0x12, 0, 0x0A),
		body(0x91, "vp08", 0x10, 2, 0, 0x9D, 1, 0x2A, 16, 0, 16, 0), body(0x72, 1, 2), body(0xA7, 2, 0, 0, 100, 1, "avc1", 0, 0, 0, 0, 0, 0, 1, 0x41),
	} {
		f.Add(b, true)
		f.Add(b, false)
	}
	f.Fuzz(func(t *testing.T, b []byte, video bool) {
		kind := byte(flv.Audio)
		if video {
			kind = byte(flv.Video)
		}
		if len(b) < 1<<20 {
			file := mediatest.FLV(mediatest.FLVTag(kind, 0, b...), mediatest.FLVVideoConfig(0), mediatest.FLVAudioConfig(0), mediatest.FLVTag(kind, 20, b...), mediatest.FLVVideoFrame(40, 0), mediatest.FLVAudioFrame(40), mediatest.FLVTag(kind, 60, b...))
			mediatest.Drain(t, file, flvfile.Open)
			mediatest.DrainAll(t, file, flvfile.Open)
		}
	})
}
