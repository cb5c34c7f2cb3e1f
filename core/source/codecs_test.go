package source

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/asticode/go-astits"
	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

func TestCodecsAgreeWithFFprobe(t *testing.T) {
	h264 := &flv.VideoInfo{Codec: flv.H264, Width: 160, Height: 96, FrameRate: 30000.0 / 1001}
	for _, c := range []struct {
		name  string
		video *flv.VideoInfo
		audio *flv.AudioInfo
		like  string // a file with the same pictures whose sizes ffprobe gives as we do: in byte streams it counts start codes
	}{
		{"hvc1.mp4", mediatest.Shown(flv.HEVC), nil, ""},
		{"hev1.mp4", mediatest.Shown(flv.HEVC), nil, ""},
		{"hevc.ts", mediatest.Shown(flv.HEVC), nil, "hvc1.mp4"},
		{"av1.mp4", mediatest.Shown(flv.AV1), nil, ""},
		{"av1.ivf", mediatest.Shown(flv.AV1), nil, ""},
		{"vp9.mp4", mediatest.Shown(flv.VP9), nil, ""},
		{"vp9.ivf", mediatest.Shown(flv.VP9), nil, ""},
		{"vp9frag.mp4", &flv.VideoInfo{Codec: flv.VP9, Width: 160, Height: 96}, nil, ""},
		{"vp8.ivf", mediatest.Shown(flv.VP8), nil, ""},
		{"opus.ogg", nil, mediatest.Sound(flv.Opus, 48000), ""},
		{"opus.mp4", nil, mediatest.Sound(flv.Opus, 48000), ""},
		{"opus.ts", nil, mediatest.Sound(flv.Opus, 48000), ""},
		{"flac.oga", nil, mediatest.Sound(flv.FLAC, 8000), ""},
		{"flac.mp4", nil, mediatest.Sound(flv.FLAC, 8000), ""},
		{"tone.ac3", nil, mediatest.Sound(flv.AC3, 48000), ""},
		{"ac3.mp4", nil, mediatest.Sound(flv.AC3, 48000), ""},
		{"ac3.ts", mediatest.Shown(flv.HEVC), mediatest.Sound(flv.AC3, 48000), "hvc1.mp4"},
		{"tone.eac3", nil, mediatest.Sound(flv.EAC3, 48000), ""},
		{"eac3.mp4", nil, mediatest.Sound(flv.EAC3, 48000), ""},
		{"eac3.ts", nil, mediatest.Sound(flv.EAC3, 48000), ""},
		{"tone.mp3", nil, mediatest.Sound(flv.MP3, 48000), ""},
		{"tone22.mp3", nil, mediatest.Sound(flv.MP3, 22050), ""},
		{"tone.mp4", nil, mediatest.Sound(flv.MP3, 48000), ""},
		{"bframes.ts", h264, mediatest.Sound(flv.AAC, 44100), "bframes.mp4"},
		{"bframes.m2ts", h264, mediatest.Sound(flv.AC3, 48000), "bframes.mp4"},
		{"mp3.ts", nil, mediatest.Sound(flv.AAC, 44100), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openData(t, c.name)
			units, err := mediatest.ReadAll(t, s)
			require.NoError(t, err)
			mediatest.RequireOrder(t, units)
			requireInfo(t, c.video, c.audio, s.Info())
			want := mediatest.Expected(t, c.name)
			for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
				a, b := mediatest.Of(want, kind), mediatest.Of(units, kind)
				require.Len(t, b, len(a), kind)
				for i := range a {
					require.InDelta(t, a[i].DTS, b[i].DTS, float64(time.Millisecond), "%v %d", kind, i)
					require.InDelta(t, a[i].PTS, b[i].PTS, float64(time.Millisecond), "%v %d", kind, i)
					if header := adtsHeader(c.name, b[i].Codec); kind == flv.Audio || c.like == "" {
						require.Equal(t, a[i].Size, b[i].Size+header, "%v %d", kind, i)
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

func requireInfo(t *testing.T, video *flv.VideoInfo, audio *flv.AudioInfo, info media.Info) {
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

func requireSamePictures(t *testing.T, name string, units []mediatest.Unit) {
	t.Helper()
	other, err := mediatest.ReadAll(t, openData(t, name))
	require.NoError(t, err)
	a, b := mediatest.Of(other, flv.Video), mediatest.Of(units, flv.Video)
	require.Len(t, b, len(a))
	for i := range a {
		require.NotZero(t, a[i].Pictures)
		require.Equal(t, a[i].Pictures, b[i].Pictures, "picture %d", i)
	}
}

// Raw HEVC has no times: they are made from the frame rate and the picture order count, and have to be those of the same video in MP4.
func TestRawHEVCHasTheTimesOfMP4(t *testing.T) {
	s := openData(t, "bframes.h265")
	requireInfo(t, mediatest.Shown(flv.HEVC), nil, s.Info())
	raw, err := mediatest.ReadAll(t, s)
	require.NoError(t, err)
	mediatest.RequireOrder(t, raw)
	boxed, err := mediatest.ReadAll(t, openData(t, "hvc1.mp4"))
	require.NoError(t, err)
	require.Len(t, raw, len(boxed))
	for i := range raw {
		require.InDelta(t, boxed[i].DTS, raw[i].DTS, 1000, "unit %d", i)
		require.InDelta(t, boxed[i].PTS, raw[i].PTS, 1000, "unit %d", i)
		require.Equal(t, boxed[i].Pictures, raw[i].Pictures, "unit %d", i)
	}
	units, err := mediatest.ReadAll(t, openData(t, "bframes.h265?fps=50"))
	require.NoError(t, err)
	require.Equal(t, 20*time.Millisecond, units[1].DTS)
}

// The configuration is the same wherever it comes from, as far as the containers have it.
func TestConfigsAgree(t *testing.T) {
	first := func(name string, kind flv.Kind) []byte {
		units, err := mediatest.ReadAll(t, openData(t, name))
		require.NoError(t, err)
		return mediatest.Of(units, kind)[0].Config
	}
	require.Equal(t, first("opus.ogg", flv.Audio), first("opus.mp4", flv.Audio))
	require.Equal(t, first("flac.oga", flv.Audio)[:26], first("flac.mp4", flv.Audio)[:26], "all but the checksum")
	require.Equal(t, first("bframes.ts", flv.Video)[:8], first("bframes.mp4", flv.Video)[:8])
}

// Containers announce MP2 as they do MP3. It is named and left out: no player of RTMP expects it, nor what looks like MP3 in it.
func TestMP2IsLeftOut(t *testing.T) {
	mp2 := append([]byte{0xFF, 0xFD, 0x84, 0xC0}, make([]byte, 380)...) // 128 kbit/s, 48 kHz: 384 bytes
	copy(mp2[300:], []byte{0xFF, 0xFB, 0x14, 0xC4})                     // looks like MP3
	mp3 := append([]byte{0xFF, 0xFB, 0x14, 0xC4}, make([]byte, 92)...)
	asMP2 := func(name string) []byte {
		return bytes.ReplaceAll(mediatest.File(t, name), []byte{0xFF, 0xFB}, []byte{0xFF, 0xFD})
	}
	video := mediatest.Muxed(t, map[uint16]astits.StreamType{256: astits.StreamTypeAACAudio, 257: astits.StreamTypeMPEG1Audio},
		mediatest.PES(256, 9000, mediatest.ADTSFrame), mediatest.PES(257, 9000, append(bytes.Clone(mp2[200:]), bytes.Repeat(mp2, 3)...)), mediatest.PES(256, 10920, mediatest.ADTSFrame))
	both := mediatest.Muxed(t, map[uint16]astits.StreamType{256: astits.StreamTypeMPEG1Audio, 257: astits.StreamTypeMPEG1Audio},
		mediatest.PES(256, 9000, bytes.Repeat(mp2, 3)), mediatest.PES(257, 9000, append(bytes.Clone(mp3), mp3...)))
	for _, c := range []struct {
		name    string
		file    []byte
		codec   flv.Codec // of what is sent; NoCodec: nothing
		frames  int
		skipped string
	}{
		{"the file", bytes.Repeat(mp2, 4), flv.NoCodec, 0, ""},
		{"MPEG-TS", mediatest.File(t, "mpeg2.ts"), flv.NoCodec, 0, "PID 257 (audio)"},
		{"MPEG-TS, beginning inside a frame", video, flv.AAC, 2, "PID 257 (audio)"},
		{"MPEG-TS, beside MP3", both, flv.MP3, 2, "PID 256 (audio)"},
		{"MP4", asMP2("tone.mp4"), flv.NoCodec, 0, "track 1 (audio)"},
		{"FLV", asMP2("mp3.flv"), flv.H264, 3, "audio"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := openInput("a", mediatest.Memory(c.file), 0)
			if c.codec == flv.NoCodec {
				require.ErrorContains(t, err, c.skipped)
				require.ErrorContains(t, err, media.MP2)
				require.ErrorIs(t, err, media.ErrUnsupported)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []string{c.skipped + ": " + media.MP2}, m.Info().Skipped)
			units, err := mediatest.ReadAll(t, m)
			require.NoError(t, err)
			require.Len(t, units, c.frames)
			for _, u := range units {
				require.Equal(t, c.codec, u.Codec)
			}
		})
	}
}

// Some Android muxers write one length and then an access unit with start codes between its NAL units, others start codes only.
func TestStartCodesInPlaceOfLengths(t *testing.T) {
	want, err := mediatest.ReadAll(t, openData(t, "bframes.mp4"))
	require.NoError(t, err)
	video := mediatest.Of(want, flv.Video)
	for _, first := range []bool{true, false} { // the first length is kept
		for _, name := range []string{"bframes.mp4", "bframes.flv"} {
			b := mediatest.File(t, name)
			m, err := openInput(name, mediatest.Memory(b), 0)
			require.NoError(t, err)
			for { // the reader has copied the samples: they are changed in b for the reader that comes after
				u, err := m.Next()
				if err == io.EOF {
					break
				}
				require.NoError(t, err)
				if u.Kind != flv.Video {
					continue
				}
				size := 0
				for _, nalu := range u.NALUs {
					size += 4 + len(nalu)
				}
				at := bytes.Index(b, u.NALUs[0]) - 4
				require.Positive(t, at)
				for i, nalu := range u.NALUs {
					prefix := mediatest.U32(1)
					if first && i == 0 {
						prefix = mediatest.U32(uint32(size - 4))
					}
					copy(b[at:], prefix)
					at += 4 + len(nalu)
				}
			}
			m, err = openInput(name, mediatest.Memory(b), 0)
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, m)
			require.NoError(t, err)
			got := mediatest.Of(units, flv.Video)
			require.Len(t, got, len(video), name)
			for i := range got {
				require.Equal(t, video[i].NALUs, got[i].NALUs, "%s: %d", name, i)
				require.Equal(t, video[i].Pictures, got[i].Pictures, "%s: %d", name, i)
			}
		}
	}
}
