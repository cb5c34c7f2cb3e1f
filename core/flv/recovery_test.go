package flv_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/annexb"
	"luatrtmp/core/source/mediatest"
)

// Recovery points of H.264 are key frames, as FFmpeg has them: recordings of broadcasts have no IDR pictures. The pictures that are
// decoded behind one and shown before it are leading pictures.
func TestRecoveryPoints(t *testing.T) {
	for _, c := range []struct {
		name, params string
		keys         int
		leading      int // at each recovery point
	}{
		{"open GOPs", "open-gop=1:keyint=12:min-keyint=12:bframes=3:b-adapt=0:scenecut=0:b-pyramid=none", 5, 3},
		{"open GOPs with a pyramid", "open-gop=1:keyint=12:min-keyint=12:bframes=3:b-adapt=0:scenecut=0:b-pyramid=normal", 5, 3},
		{"closed GOPs", "open-gop=0:keyint=10:min-keyint=10:bframes=3:b-adapt=0:scenecut=0", 5, 0},
		{"intra refresh", "intra-refresh=1:keyint=20:bframes=0", 3, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := mediatest.Encode(t, "a.h264", "-c:v", "libx264", "-preset", "veryfast", "-x264-params", c.params)
			path := filepath.Join(t.TempDir(), "a.h264")
			require.NoError(t, os.WriteFile(path, file, 0o600))
			flags := strings.Fields(mediatest.Run(t, "ffprobe", "-v", "quiet", "-select_streams", "v", "-show_entries", "packet=flags", "-of", "csv=p=0", path))

			m, err := annexb.Open(mediatest.Memory(file), flv.H264, 25)
			require.NoError(t, err)
			track, err := flv.NewVideoTrack(flv.H264)
			require.NoError(t, err)
			keys, leading, shown := 0, 0, time.Duration(0)
			for i := range flags {
				u, err := m.Next()
				require.NoError(t, err)
				unit, err := track.Take(u.NALUs)
				require.NoError(t, err)
				require.Equal(t, strings.HasPrefix(flags[i], "K"), unit.Key, "picture %d", i)
				require.Equal(t, unit.Key, flv.H264.IsKey(u.NALUs))
				if unit.Key {
					keys, shown = keys+1, u.PTS
				}
				require.Equal(t, u.PTS < shown, unit.Leading, "picture %d", i)
				if unit.Leading {
					leading++
				}
			}
			require.Equal(t, c.keys, keys)
			require.Equal(t, c.leading*(keys-1), leading)
		})
	}
}
