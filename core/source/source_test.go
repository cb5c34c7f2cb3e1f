package source

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// unit is a copy of an access unit, which is valid until the next one only.
type unit struct {
	kind     flv.Kind
	codec    flv.Codec
	dts, pts time.Duration
	size     int // with lengths of 4 bytes
	nalus    int
	pictures int // bytes of the slices
	config   []byte
}

func copyUnit(u *flv.AccessUnit) unit {
	c := unit{kind: u.Kind, codec: u.Codec, pictures: pictureBytes(u), dts: u.DTS, pts: u.PTS, size: len(u.Data), nalus: len(u.NALUs), config: u.Config}
	for _, nalu := range u.NALUs {
		c.size += 4 + len(nalu)
	}
	return c
}

// hasConfig tells the codecs whose tracks begin with a configuration.
func hasConfig(c flv.Codec) bool { return c != flv.MP3 && c != flv.AC3 && c != flv.EAC3 }

// pictureBytes counts what is in the slices of H.264 and HEVC: the same in all containers.
func pictureBytes(u *flv.AccessUnit) (n int) {
	for _, nalu := range u.NALUs {
		if u.Codec == flv.HEVC && nalu[0]>>1 < 32 || u.Codec == flv.H264 && nalu[0]&0x1F <= 5 {
			n += len(nalu)
		}
	}
	return n
}

// readAll reads to the end and returns the error, nil for io.EOF. It checks what every source promises.
func readAll(t require.TestingT, s interface {
	Next() (*flv.AccessUnit, error)
}) ([]unit, error) {
	var units []unit
	last := map[flv.Kind]unit{}
	for {
		u, err := s.Next()
		if err != nil {
			_, again := s.Next()
			require.Equal(t, err, again, "errors stay")
			if err == io.EOF {
				err = nil
			}
			return units, err
		}
		c := copyUnit(u)
		require.Equal(t, c.kind, c.codec.Kind())
		if before, ok := last[c.kind]; ok {
			require.Equal(t, before.codec, c.codec)
		} else if hasConfig(c.codec) {
			require.NotEmpty(t, c.config, "the first unit of a track carries its configuration")
		}
		last[c.kind] = c
		units = append(units, c)
	}
}

// requireOrder checks the order over the tracks and that time begins at 0.
func requireOrder(t *testing.T, units []unit) {
	require.NotEmpty(t, units)
	require.Zero(t, units[0].dts)
	for i := 1; i < len(units); i++ {
		a, b := units[i-1], units[i]
		require.LessOrEqual(t, a.dts, b.dts, "unit %d", i)
		if a.dts == b.dts {
			require.GreaterOrEqual(t, a.kind, b.kind, "video comes first: unit %d", i)
		}
	}
}

func of(units []unit, kind flv.Kind) (some []unit) {
	for _, u := range units {
		if u.kind == kind {
			some = append(some, u)
		}
	}
	return some
}

func openData(t testing.TB, spec string) Source {
	parsed, err := ParseSpec(filepath.Join("testdata", spec))
	require.NoError(t, err)
	s, err := Open(parsed)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// expected reads a table made by ffprobe (see testdata/make.sh), shifted so that the smallest decode time is 0.
func expected(t *testing.T, name string) []unit {
	f, err := os.Open(filepath.Join("testdata", name+".csv"))
	require.NoError(t, err)
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	var units []unit
	first := time.Duration(math.MaxInt64)
	for _, r := range records {
		u := unit{kind: flv.Audio, dts: seconds(t, r[1]), pts: seconds(t, r[2])}
		if r[0] == "video" {
			u.kind = flv.Video
		}
		u.size, err = strconv.Atoi(r[3])
		require.NoError(t, err)
		first = min(first, u.dts)
		units = append(units, u)
	}
	for i := range units {
		units[i].dts -= first
		units[i].pts -= first
	}
	return units
}

func seconds(t *testing.T, s string) time.Duration {
	v, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return time.Duration(v * float64(time.Second))
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
			units, err := readAll(t, s)
			require.NoError(t, err)
			requireOrder(t, units)
			require.Equal(t, audio.SampleRate, s.Info().Audio.SampleRate)
			require.Equal(t, audio.Channels, s.Info().Audio.Channels)
			if c.video == nil {
				require.Nil(t, s.Info().Video)
			} else {
				require.Equal(t, c.video.Width, s.Info().Video.Width)
				require.Equal(t, c.video.Height, s.Info().Video.Height)
				require.InDelta(t, c.video.FrameRate, s.Info().Video.FrameRate, 1e-9)
			}
			want := expected(t, c.name)
			for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
				a, b := of(want, kind), of(units, kind)
				require.Len(t, b, len(a), kind)
				for i := range a {
					require.InDelta(t, a[i].dts, b[i].dts, float64(time.Millisecond), "%v %d", kind, i)
					require.InDelta(t, a[i].pts, b[i].pts, float64(time.Millisecond), "%v %d", kind, i)
					require.Equal(t, a[i].size, b[i].size+c.header, "%v %d", kind, i)
				}
			}
		})
	}
}

// Raw H.264 has no times: they are made from the frame rate and the picture order count, and have to be those of the same video in MP4.
func TestAnnexBHasTheTimesOfMP4(t *testing.T) {
	raw, err := readAll(t, openData(t, "bframes.h264"))
	require.NoError(t, err)
	requireOrder(t, raw)
	boxed, err := readAll(t, openData(t, "bframes.mp4"))
	require.NoError(t, err)
	boxed = of(boxed, flv.Video)
	require.Len(t, raw, len(boxed))
	for i := range raw {
		require.InDelta(t, boxed[i].dts, raw[i].dts, 1000, "unit %d", i)
		require.InDelta(t, boxed[i].pts, raw[i].pts, 1000, "unit %d", i)
	}
}

func TestClip(t *testing.T) {
	m, err := openInput(Clip, clipInput(), 0)
	require.NoError(t, err)
	require.Equal(t, flv.VideoInfo{Codec: flv.H264, Width: 640, Height: 360, FrameRate: 25}, *m.Info().Video)
	require.Equal(t, flv.AudioInfo{Codec: flv.AAC, SampleRate: 48000, Channels: 1}, *m.Info().Audio)
	units, err := readAll(t, m)
	require.NoError(t, err)
	requireOrder(t, units)
	require.Len(t, of(units, flv.Video), 96)
	require.Len(t, of(units, flv.Audio), 180)
	for i, u := range of(units, flv.Video) {
		require.Equal(t, time.Duration(i)*40*time.Millisecond, u.dts)
		require.Equal(t, u.dts, u.pts)
	}
	require.Equal(t, 3840*time.Millisecond, m.end())
	require.LessOrEqual(t, len(clipFLV), 50_000)
}

func TestLoopGoesOn(t *testing.T) {
	for _, name := range []string{"clip", "bframes.mp4?loop=1", "bframes.flv?loop=1", "fragmented.mp4?loop=1", "bframes.h264?loop=1", "tone.aac?loop=1",
		"bframes.h265?loop=1", "av1.ivf?loop=1", "vp8.ivf?loop=1", "opus.ogg?loop=1", "flac.oga?loop=1", "chained.ogg?loop=1", "alaw.wav?loop=1",
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
		"opus.ogg?loop=1", "opus.mp4?loop=1", "vp9.ivf?loop=1", "av1.mp4?loop=1",
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
