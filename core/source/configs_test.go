package source

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// Info has the configurations of the first units before any is read, and reading begins with the
// first unit all the same.
func TestConfigsAreKnownAtOnce(t *testing.T) {
	for _, path := range []string{
		"testdata/bframes.flv", "testdata/bframes.mp4", "testdata/bframes.ts", "testdata/bframes.m2ts", "testdata/fragmented.mp4",
		"testdata/separate.mp4", "testdata/delayed.mov", "testdata/faststart.mp4", Clip,
	} {
		s, err := Open(Spec{Path: path})
		require.NoError(t, err)
		defer s.Close()
		info := s.Info()
		if info.Video == nil || info.Audio == nil {
			require.Nil(t, info.VideoConfig, path)
			require.Nil(t, info.AudioConfig, path)
			continue
		}
		var first [2][]byte
		var seen [2]bool
		for !seen[0] || !seen[1] {
			u, err := s.Next()
			require.NoError(t, err, path)
			i := 0
			if u.Kind == flv.Audio {
				i = 1
			}
			if !seen[i] {
				require.Equal(t, u.Codec == flv.AC3, len(u.Config) == 0, "%s: the first unit of a track has it", path)
				first[i], seen[i] = bytes.Clone(u.Config), true
			}
		}
		require.Equal(t, first[0], info.VideoConfig, path)
		require.Equal(t, first[1], info.AudioConfig, path)
		require.Equal(t, info, s.Info(), "it does not change")
	}
}

// Data rates come from the index of an MP4 file, or from what an FLV file says of itself.
func TestRates(t *testing.T) {
	for path, known := range map[string][2]bool{
		"testdata/bframes.mp4": {true, true}, "testdata/fragmented.mp4": {}, "testdata/bframes.flv": {true, true},
		"testdata/tone.mp4": {false, true}, "testdata/bframes.ts": {},
	} {
		s, err := Open(Spec{Path: path})
		require.NoError(t, err)
		defer s.Close()
		info := s.Info()
		var size [2]float64
		var length float64
		for {
			u, err := s.Next()
			if err != nil {
				break
			}
			i := 0
			if u.Kind == flv.Audio {
				i = 1
			}
			size[i] += float64(len(u.Data))
			for _, n := range u.NALUs {
				size[i] += float64(4 + len(n))
			}
			length = max(length, u.DTS.Seconds())
		}
		for i, rate := range []float64{info.VideoRate, info.AudioRate} {
			require.Equal(t, known[i], rate > 0, "%s: %v", path, rate)
			if known[i] {
				want := size[i] * 8 / 1000 / length
				require.InEpsilon(t, want, rate, 0.5, "%s: %v", path, info)
			}
		}
	}
}
