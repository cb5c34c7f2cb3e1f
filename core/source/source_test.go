package source

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/mediatest"
)

func openData(t testing.TB, spec string) Source {
	parsed, err := ParseSpec(filepath.Join("testdata", spec))
	require.NoError(t, err)
	s, err := Open(parsed)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestFilesAgreeWithFFprobe(t *testing.T) {
	video := &flv.VideoInfo{Width: 160, Height: 96, FrameRate: 30000.0 / 1001}
	audio := &flv.AudioInfo{SampleRate: 44100, Channels: 1}
	for _, c := range []struct {
		name   string
		header int // bytes of framing that ffprobe counts and we do not
		video  *flv.VideoInfo
	}{
		{"bframes.mp4", 0, video},    // moov at the end
		{"faststart.mp4", 0, video},  // moov in front
		{"fragmented.mp4", 0, video}, // moof per key frame
		{"separate.mp4", 0, video},   // moof per track, default-base-is-moof
		{"negative.mp4", 0, video},   // ctts version 1
		{"trimmed.mp4", 0, video},    // an edit in the middle of a GOP
		{"delayed.mov", 0, video},    // an empty edit, QuickTime sample entries
		{"bframes.flv", 0, video},
		{"tone.aac", 7, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openData(t, c.name)
			units, err := mediatest.ReadAll(t, s)
			require.NoError(t, err)
			mediatest.RequireOrder(t, units)
			require.Equal(t, audio.SampleRate, s.Info().Audio.SampleRate)
			require.Equal(t, audio.Channels, s.Info().Audio.Channels)
			if c.video == nil {
				require.Nil(t, s.Info().Video)
			} else {
				require.Equal(t, c.video.Width, s.Info().Video.Width)
				require.Equal(t, c.video.Height, s.Info().Video.Height)
				require.InDelta(t, c.video.FrameRate, s.Info().Video.FrameRate, 1e-9)
			}
			want := mediatest.Expected(t, c.name)
			for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
				a, b := mediatest.Of(want, kind), mediatest.Of(units, kind)
				require.Len(t, b, len(a), kind)
				for i := range a {
					require.InDelta(t, a[i].DTS, b[i].DTS, float64(time.Millisecond), "%v %d", kind, i)
					require.InDelta(t, a[i].PTS, b[i].PTS, float64(time.Millisecond), "%v %d", kind, i)
					require.Equal(t, a[i].Size, b[i].Size+c.header, "%v %d", kind, i)
				}
			}
		})
	}
}

// Raw H.264 has no times: they are made from the frame rate and the picture order count, and have to be those of the same video in MP4.
func TestAnnexBHasTheTimesOfMP4(t *testing.T) {
	raw, err := mediatest.ReadAll(t, openData(t, "bframes.h264"))
	require.NoError(t, err)
	mediatest.RequireOrder(t, raw)
	boxed, err := mediatest.ReadAll(t, openData(t, "bframes.mp4"))
	require.NoError(t, err)
	boxed = mediatest.Of(boxed, flv.Video)
	require.Len(t, raw, len(boxed))
	for i := range raw {
		require.InDelta(t, boxed[i].DTS, raw[i].DTS, 1000, "unit %d", i)
		require.InDelta(t, boxed[i].PTS, raw[i].PTS, 1000, "unit %d", i)
	}
}

func TestClip(t *testing.T) {
	m, err := openInput(Clip, clipInput(), 0)
	require.NoError(t, err)
	require.Equal(t, flv.VideoInfo{Codec: flv.H264, Width: 640, Height: 360, FrameRate: 25}, *m.Info().Video)
	require.Equal(t, flv.AudioInfo{Codec: flv.AAC, SampleRate: 48000, Channels: 1}, *m.Info().Audio)
	units, err := mediatest.ReadAll(t, m)
	require.NoError(t, err)
	mediatest.RequireOrder(t, units)
	require.Len(t, mediatest.Of(units, flv.Video), 96)
	require.Len(t, mediatest.Of(units, flv.Audio), 180)
	for i, u := range mediatest.Of(units, flv.Video) {
		require.Equal(t, time.Duration(i)*40*time.Millisecond, u.DTS)
		require.Equal(t, u.DTS, u.PTS)
	}
	require.Equal(t, 3840*time.Millisecond, m.End())
	require.LessOrEqual(t, len(clipFLV), 50_000)
}

func TestLoopGoesOn(t *testing.T) {
	for _, name := range []string{"clip", "bframes.mp4?loop=1", "bframes.flv?loop=1", "fragmented.mp4?loop=1", "bframes.h264?loop=1", "tone.aac?loop=1",
		"bframes.mkv?loop=1", "live.mkv?loop=1", "vp9.webm?loop=1", "mulaw.mka?loop=1", "bframes.h265?loop=1", "av1.ivf?loop=1", "vp8.ivf?loop=1", "opus.ogg?loop=1", "flac.oga?loop=1", "chained.ogg?loop=1", "alaw.wav?loop=1",
		"bframes.ts?loop=1", "hevc.ts?loop=1", "opus.ts?loop=1", "vp9.mp4?loop=1", "opus.mp4?loop=1"} {
		t.Run(name, func(t *testing.T) {
			var s Source
			if name == Clip {
				var err error
				s, err = Open(Spec{Path: Clip})
				require.NoError(t, err)
			} else {
				s = openData(t, name)
			}
			seen := map[flv.Kind]int{}
			starts := map[flv.Kind][]time.Duration{}
			last, lastPTS := time.Duration(0), map[time.Duration]bool{}
			for len(starts[flv.Video])+len(starts[flv.Audio]) < 8 {
				u, err := s.Next()
				require.NoError(t, err)
				require.LessOrEqual(t, last, u.DTS)
				last = u.DTS
				if u.Config != nil {
					starts[u.Kind] = append(starts[u.Kind], u.DTS)
				}
				first := u.Kind == flv.Video && u.Config != nil && len(starts[flv.Video]) > 1
				require.Equal(t, first, u.Anew, "the first picture of each further round")
				if u.Kind == flv.Video {
					require.False(t, lastPTS[u.PTS], "no two pictures at one time: %v", u.PTS)
					lastPTS[u.PTS] = true
				}
				seen[u.Kind]++
			}
			for _, at := range starts {
				for i := 2; i < len(at); i++ {
					require.Equal(t, at[1]-at[0], at[i]-at[i-1], "all rounds have the same length")
				}
			}
			if v, a := starts[flv.Video], starts[flv.Audio]; len(v) > 0 && len(a) > 0 {
				require.Equal(t, v[0]-a[0], v[3]-a[3], "audio and video stay together")
			}
		})
	}
}

// Codecs without a configuration show no begin of a round: there is none to be heard either.
func TestLoopOfFramesGoesOn(t *testing.T) {
	for name, frame := range map[string]time.Duration{
		"tone.mp3": 24 * time.Millisecond, "tone.ac3": 32 * time.Millisecond, "tone.eac3": 32 * time.Millisecond, "ac3.mp4": 32 * time.Millisecond,
		"eac3.ts": 32 * time.Millisecond,
	} {
		s := openData(t, name+"?loop=1")
		for i := range 200 {
			u, err := s.Next()
			require.NoError(t, err)
			require.InDelta(t, time.Duration(i)*frame, u.DTS, float64(time.Millisecond), name)
		}
	}
}

func TestLoopDoesNotDriftIn10000Rounds(t *testing.T) {
	s, err := Open(Spec{Path: filepath.Join("testdata", "tone.aac"), Loop: true})
	require.NoError(t, err)
	defer s.Close()
	var frames, rounds int64
	for rounds <= 10_000 {
		u, err := s.Next()
		require.NoError(t, err)
		if u.Config != nil {
			rounds++
		}
		exact := time.Duration(float64(frames) * 1024 / 44100 * float64(time.Second))
		if d := u.DTS - exact; d < -100*time.Microsecond || d > 100*time.Microsecond {
			require.Fail(t, "drift", "%v in round %d", d, rounds)
		}
		frames++
	}
}

func TestNextDoesNotAllocate(t *testing.T) {
	for _, name := range []string{
		"bframes.mp4", "bframes.flv", "bframes.h264", "tone.aac", "bframes.h265", "hvc1.mp4", "tone.mp3?loop=1", "tone.ac3?loop=1", "tone.eac3?loop=1", "alaw.wav?loop=1",
		"opus.ogg?loop=1", "opus.mp4?loop=1", "vp9.ivf?loop=1", "av1.mp4?loop=1", "bframes.mkv", "vp9.webm?loop=1",
	} { // transport streams go through a library that allocates
		t.Run(name, func(t *testing.T) {
			s := openData(t, name)
			for range 12 { // buffers grow
				_, err := s.Next()
				require.NoError(t, err)
			}
			require.LessOrEqual(t, testing.AllocsPerRun(8, func() {
				if _, err := s.Next(); err != nil {
					panic(err)
				}
			}), 1.0)
		})
	}
}

func ExampleParseSpec() {
	spec, err := ParseSpec("video.h264?fps=30&loop=1")
	fmt.Println(spec.Path, spec.Loop, spec.FPS, err)
	_, err = ParseSpec("video.h264?speed=2")
	fmt.Println(err)
	// Output:
	// video.h264 true 30 <nil>
	// bad source "video.h264": unknown parameter "speed", expected loop or fps
}

func TestAnnexBFrameRate(t *testing.T) {
	for spec, dts := range map[string]time.Duration{
		"bframes.h264":                  33366666,
		"bframes.h264?fps=50":           20 * time.Millisecond,
		"bframes.h264?fps=24000%2F1001": 41708333,
		"bframes.h264?fps=0.5":          2 * time.Second,
	} {
		units, err := mediatest.ReadAll(t, openData(t, spec))
		require.NoError(t, err)
		require.Equal(t, dts, units[1].DTS, spec)
	}
}
