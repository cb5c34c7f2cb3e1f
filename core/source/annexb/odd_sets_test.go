package annexb

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/mediatest"
)

// Pictures of HEVC have the display order that they have, also where the SPS has levels of sub-layers, or a VUI that is cut.
func TestOrderWithOddSPS(t *testing.T) {
	file := mediatest.Encode(t, "layers.h265", "-c:v", "libx265", "-x265-params", "temporal-layers=1:bframes=4:b-pyramid=1:keyint=25:log-level=0")
	times := func(file []byte) (all []time.Duration, info flv.VideoInfo) {
		m, err := Open(mediatest.Memory(file), flv.HEVC, 0)
		require.NoError(t, err)
		units, err := mediatest.ReadAll(t, m)
		require.NoError(t, err)
		for _, u := range units {
			all = append(all, u.PTS-u.DTS)
		}
		return all, *m.Info().Video
	}
	want, wantInfo := times(file)
	require.Len(t, want, 50)
	require.NotEqual(t, want[1], want[2], "it has B-frames")

	sps := bytes.SplitN(file[bytes.Index(file, []byte{0, 0, 1, 0x42, 1})+3:], []byte{0, 0, 0, 1}, 2)[0]
	for _, c := range []struct {
		name string
		sps  []byte
	}{
		{"level of a sub-layer", mediatest.WithSubLayerLevel(t, sps)},
		{"cut VUI", sps[:len(sps)-6]},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, info := times(bytes.ReplaceAll(file, sps, c.sps))
			require.Equal(t, want, got)
			require.Equal(t, wantInfo, info)
		})
	}
}
