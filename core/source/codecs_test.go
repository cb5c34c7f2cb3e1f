package source

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// shown and sound are what all files of codecs.sh show and let hear.
func shown(c flv.Codec) *flv.VideoInfo {
	return &flv.VideoInfo{Codec: c, Width: 160, Height: 96, FrameRate: 25}
}

func sound(c flv.Codec, rate int) *flv.AudioInfo {
	return &flv.AudioInfo{Codec: c, SampleRate: rate, Channels: 1}
}

func TestCodecsAgreeWithFFprobe(t *testing.T) {
	h264 := &flv.VideoInfo{Codec: flv.H264, Width: 160, Height: 96, FrameRate: 30000.0 / 1001}
	for _, c := range []struct {
		name  string
		video *flv.VideoInfo
		audio *flv.AudioInfo
		like  string // a file with the same pictures whose sizes ffprobe gives as we do: in byte streams it counts start codes
	}{
		{"hvc1.mp4", shown(flv.HEVC), nil, ""},
		{"hev1.mp4", shown(flv.HEVC), nil, ""},
		{"hevc.ts", shown(flv.HEVC), nil, "hvc1.mp4"},
		{"av1.mp4", shown(flv.AV1), nil, ""},
		{"av1.ivf", shown(flv.AV1), nil, ""},
		{"vp9.mp4", shown(flv.VP9), nil, ""},
		{"vp9.ivf", shown(flv.VP9), nil, ""},
		{"vp9frag.mp4", &flv.VideoInfo{Codec: flv.VP9, Width: 160, Height: 96}, nil, ""},
		{"vp8.ivf", shown(flv.VP8), nil, ""},
		{"opus.ogg", nil, sound(flv.Opus, 48000), ""},
		{"opus.mp4", nil, sound(flv.Opus, 48000), ""},
		{"opus.ts", nil, sound(flv.Opus, 48000), ""},
		{"flac.oga", nil, sound(flv.FLAC, 8000), ""},
		{"flac.mp4", nil, sound(flv.FLAC, 8000), ""},
		{"tone.ac3", nil, sound(flv.AC3, 48000), ""},
		{"ac3.mp4", nil, sound(flv.AC3, 48000), ""},
		{"ac3.ts", shown(flv.HEVC), sound(flv.AC3, 48000), "hvc1.mp4"},
		{"tone.eac3", nil, sound(flv.EAC3, 48000), ""},
		{"eac3.mp4", nil, sound(flv.EAC3, 48000), ""},
		{"eac3.ts", nil, sound(flv.EAC3, 48000), ""},
		{"tone.mp3", nil, sound(flv.MP3, 48000), ""},
		{"tone22.mp3", nil, sound(flv.MP3, 22050), ""},
		{"tone.mp4", nil, sound(flv.MP3, 48000), ""},
		{"bframes.ts", h264, sound(flv.AAC, 44100), "bframes.mp4"},
		{"bframes.m2ts", h264, sound(flv.AC3, 48000), "bframes.mp4"},
		{"mp3.ts", nil, sound(flv.AAC, 44100), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openData(t, c.name)
			units, err := readAll(t, s)
			require.NoError(t, err)
			requireOrder(t, units)
			requireInfo(t, c.video, c.audio, s.Info())
			want := expected(t, c.name)
			for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
				a, b := of(want, kind), of(units, kind)
				require.Len(t, b, len(a), kind)
				for i := range a {
					require.InDelta(t, a[i].dts, b[i].dts, float64(time.Millisecond), "%v %d", kind, i)
					require.InDelta(t, a[i].pts, b[i].pts, float64(time.Millisecond), "%v %d", kind, i)
					if header := adtsHeader(c.name, b[i].codec); kind == flv.Audio || c.like == "" {
						require.Equal(t, a[i].size, b[i].size+header, "%v %d", kind, i)
					}
				}
			}
			if c.like != "" {
				requireSamePictures(t, c.like, units)
			}
		})
	}
}

// adtsHeader is what ffprobe counts and we do not.
func adtsHeader(name string, codec flv.Codec) int {
	if codec == flv.AAC && name[len(name)-3:] == ".ts" {
		return flv.ADTSHeaderSize
	}
	return 0
}

func requireInfo(t *testing.T, video *flv.VideoInfo, audio *flv.AudioInfo, info Info) {
	t.Helper()
	require.Equal(t, audio, info.Audio)
	if video == nil {
		require.Nil(t, info.Video)
		return
	}
	require.NotNil(t, info.Video)
	require.Equal(t, []any{video.Codec, video.Width, video.Height}, []any{info.Video.Codec, info.Video.Width, info.Video.Height})
	require.InDelta(t, video.FrameRate, info.Video.FrameRate, 1e-6)
}

func requireSamePictures(t *testing.T, name string, units []unit) {
	t.Helper()
	other, err := readAll(t, openData(t, name))
	require.NoError(t, err)
	a, b := of(other, flv.Video), of(units, flv.Video)
	require.Len(t, b, len(a))
	for i := range a {
		require.NotZero(t, a[i].pictures)
		require.Equal(t, a[i].pictures, b[i].pictures, "picture %d", i)
	}
}

// Raw HEVC has no times: they are made from the frame rate and the picture order count, and have to be those of the same video in MP4.
func TestRawHEVCHasTheTimesOfMP4(t *testing.T) {
	s := openData(t, "bframes.h265")
	requireInfo(t, shown(flv.HEVC), nil, s.Info())
	raw, err := readAll(t, s)
	require.NoError(t, err)
	requireOrder(t, raw)
	boxed, err := readAll(t, openData(t, "hvc1.mp4"))
	require.NoError(t, err)
	require.Len(t, raw, len(boxed))
	for i := range raw {
		require.InDelta(t, boxed[i].dts, raw[i].dts, 1000, "unit %d", i)
		require.InDelta(t, boxed[i].pts, raw[i].pts, 1000, "unit %d", i)
		require.Equal(t, boxed[i].pictures, raw[i].pictures, "unit %d", i)
	}
	units, err := readAll(t, openData(t, "bframes.h265?fps=50"))
	require.NoError(t, err)
	require.Equal(t, 20*time.Millisecond, units[1].dts)
}

// The configuration is the same wherever it comes from, as far as the containers have it.
func TestConfigsAgree(t *testing.T) {
	first := func(name string, kind flv.Kind) []byte {
		units, err := readAll(t, openData(t, name))
		require.NoError(t, err)
		return of(units, kind)[0].config
	}
	require.Equal(t, first("opus.ogg", flv.Audio), first("opus.mp4", flv.Audio))
	require.Equal(t, first("flac.oga", flv.Audio)[:26], first("flac.mp4", flv.Audio)[:26], "all but the checksum")
	require.Equal(t, first("bframes.ts", flv.Video)[:8], first("bframes.mp4", flv.Video)[:8])
}
