package annexb

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// outputOrder returns where in the file the frames begin that ffmpeg decodes, in its output order.
func outputOrder(t *testing.T, name string, file []byte) (offsets []int64) {
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, file, 0o600))
	out := mediatest.Run(t, "ffprobe", "-v", "quiet", "-threads", "1", "-select_streams", "v:0", "-show_frames",
		"-show_entries", "frame=pkt_pos", "-of", "default=nokey=1:noprint_wrappers=1", path)
	for _, s := range strings.Fields(out) {
		at, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			continue // the name of a section
		}
		offsets = append(offsets, at)
	}
	return offsets
}

// located is a picture with its place in the file.
type located struct {
	offset   int64
	dts, pts time.Duration
}

func readLocated(t *testing.T, m media.Reader) (all []located) {
	t.Helper()
	for {
		u, err := m.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, located{m.(*reader).last.offset, u.DTS, u.PTS})
	}
}

func TestAnnexBHasTheOrderOfFFmpeg(t *testing.T) {
	type arguments = []string
	x264 := func(params string, more ...string) func(t *testing.T) []byte {
		return func(t *testing.T) []byte {
			args := append(arguments{"-c:v", "libx264", "-preset", "veryfast", "-x264-params", params}, more...)
			return mediatest.Encode(t, "a.h264", args...)
		}
	}
	x265 := func(params string) func(t *testing.T) []byte {
		return func(t *testing.T) []byte {
			return mediatest.Encode(t, "a.h265", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=0:"+params)
		}
	}
	for _, c := range []struct {
		name string
		file func(t *testing.T) []byte
	}{
		{"no B-frames.h264", x264("bframes=0:keyint=10")},
		{"B-frames.h264", x264("bframes=3:b-adapt=0:b-pyramid=none:keyint=25:scenecut=0")},
		{"pyramid.h264", x264("bframes=3:b-adapt=0:b-pyramid=normal:keyint=12:scenecut=0")},
		{"strict pyramid.h264", x264("bframes=5:b-adapt=0:b-pyramid=strict:keyint=30:scenecut=0")},
		{"16 B-frames.h264", x264("bframes=16:b-adapt=0:b-pyramid=normal:ref=4:keyint=60:scenecut=0")},
		{"open GOP.h264", x264("bframes=3:b-adapt=0:open-gop=1:keyint=10:min-keyint=10:scenecut=0")},
		{"short GOPs.h264", x264("bframes=3:b-adapt=0:keyint=3:min-keyint=1")},
		{"key frames only.h264", x264("keyint=1")},
		{"intra refresh.h264", x264("bframes=2:b-adapt=0:intra-refresh=1:keyint=20")},
		{"interlaced.h264", x264("bframes=3:b-adapt=0:b-pyramid=normal:keyint=20:tff=1")},
		{"bottom field first.h264", x264("bframes=2:b-adapt=0:keyint=20:bff=1")},
		{"GOPs that end early.h264", func(t *testing.T) []byte {
			whole := x264("bframes=3:b-adapt=0:b-pyramid=none:keyint=50:scenecut=0:aud=1")(t)
			return bytes.Repeat(bytes.Join(mediatest.AccessUnits(whole, mediatest.AUD[:5])[:10], nil), 4)
		}},
		{"pyramids that end early.h264", func(t *testing.T) []byte {
			whole := x264("bframes=7:b-adapt=0:b-pyramid=normal:keyint=50:scenecut=0:aud=1")(t)
			var file []byte
			for n := 1; n < 20; n++ {
				file = append(file, bytes.Join(mediatest.AccessUnits(whole, mediatest.AUD[:5])[:n], nil)...)
			}
			return file
		}},
		{"B-frames.h265", x265("bframes=3:b-adapt=0:b-pyramid=0:open-gop=0:keyint=25")},
		{"pyramid.h265", x265("bframes=7:b-adapt=0:b-pyramid=1:rc-lookahead=30:open-gop=0:keyint=25:scenecut=0")},
		{"16 B-frames.h265", x265("bframes=16:b-adapt=0:b-pyramid=1:rc-lookahead=30:open-gop=0:keyint=60:scenecut=0")},
		{"open GOP.h265", x265("bframes=4:b-adapt=0:open-gop=1:keyint=10:min-keyint=10:scenecut=0")},
		{"RADL.h265", x265("bframes=4:b-adapt=0:open-gop=0:radl=2:keyint=25:min-keyint=25:scenecut=0")},
		{"short GOPs.h265", x265("bframes=2:b-adapt=0:open-gop=0:keyint=4:min-keyint=1")},
		{"fields.h265", x265("interlace=tff:bframes=3:b-adapt=0:keyint=20")},
		{"begins with a CRA picture.h265", func(t *testing.T) []byte {
			whole := x265("bframes=4:b-adapt=0:open-gop=1:keyint=10:min-keyint=10:scenecut=0:aud=1:repeat-headers=1")(t)
			units := mediatest.AccessUnits(whole, mediatest.NAL(0x46, 1))
			cra := 0
			for i, unit := range units[1:] {
				if bytes.Contains(unit, mediatest.NAL(0x2A, 1)[1:]) {
					cra = i + 1
					break
				}
			}
			require.NotZero(t, cra)
			return bytes.Join(units[cra:], nil)
		}},
		{"GOPs with RADL pictures that end early.h265", func(t *testing.T) []byte {
			whole := x265("bframes=4:b-adapt=0:open-gop=0:radl=2:keyint=10:min-keyint=10:scenecut=0:aud=1:repeat-headers=1")(t)
			units := mediatest.AccessUnits(whole, mediatest.NAL(0x46, 1))
			return bytes.Repeat(bytes.Join(units[:7], nil), 4)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := c.file(t)
			codec := flv.H264
			if filepath.Ext(c.name) == ".h265" {
				codec = flv.HEVC
			}
			m, err := Open(mediatest.Memory(file), codec, 25)
			require.NoError(t, err)
			all := readLocated(t, m)
			for i, u := range all {
				require.Equal(t, time.Duration(i)*40*time.Millisecond, u.dts)
				require.GreaterOrEqual(t, u.pts, u.dts, "picture %d", i)
			}
			slices.SortStableFunc(all, func(a, b located) int { return cmp.Compare(a.pts, b.pts) })
			want := outputOrder(t, "a"+filepath.Ext(c.name), file)
			require.Len(t, all, len(want))
			for i, u := range all {
				require.Equal(t, all[0].pts+time.Duration(i)*40*time.Millisecond, u.pts, "frame %d", i)
				require.InDelta(t, want[i], u.offset, 4, "frame %d: ffmpeg's begins with its start code", i)
			}
		})
	}
}

// A file that is repeated goes on in presentation order, also when the delay between decoding and
// presentation becomes known behind what is read when the file is opened.
func TestAnnexBLoopKeepsTheOrder(t *testing.T) {
	args := strings.Fields("-c:v libx264 -preset veryfast -bf 3 -b_strategy 0 -x264-params aud=1:scenecut=0")
	units := mediatest.AccessUnits(mediatest.Encode(t, "a.h264", args...), mediatest.AUD[:5])
	m, err := Open(mediatest.Memory(bytes.Join(units[:14], nil)), flv.H264, 25)
	require.NoError(t, err)
	m.(*reader).clock.delay = 0
	var round time.Duration // where it began
	seen := map[time.Duration]bool{}
	for i := range 14 * 3 {
		u, err := m.Next()
		if err == io.EOF {
			round += m.End()
			require.NoError(t, m.Rewind())
			u, err = m.Next()
		}
		require.NoError(t, err)
		require.Equal(t, time.Duration(i)*40*time.Millisecond, round+u.DTS)
		require.GreaterOrEqual(t, u.PTS, u.DTS)
		require.False(t, seen[round+u.PTS], "picture %d", i)
		seen[round+u.PTS] = true
	}
}
