package flv

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// IsKey says the same as Take, also of access units whose slices do not belong together.
func TestIsKeyAsTake(t *testing.T) {
	sps, pps := unhex("674d401fa6110280bfe5c044000003000400000300c83c60c846"), unhex("68e84332c8")
	idr, inter := []byte{0x65, 0x88, 0x82, 8}, []byte{0x41, 0x9A, 0x24}
	for _, c := range []struct {
		nalus [][]byte
		key   bool
	}{
		{[][]byte{sps, pps, idr}, true}, {[][]byte{sps, pps, inter, idr}, true}, {[][]byte{sps, pps, inter}, false},
	} {
		track, err := NewVideoTrack(H264)
		require.NoError(t, err)
		unit, err := track.Take(c.nalus)
		require.NoError(t, err)
		require.Equal(t, c.key, unit.Key)
		require.Equal(t, c.key, H264.IsKey(c.nalus))
	}
}
