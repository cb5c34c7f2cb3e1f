package flv

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestColorFields(t *testing.T) {
	require.Equal(t, []ColorField{
		{"colorConfig", "bitDepth", 10},
		{"colorConfig", "colorPrimaries", 9},
		{"colorConfig", "transferCharacteristics", 16},
		{"colorConfig", "matrixCoefficients", 9},
		{"hdrCll", "maxFall", 400},
		{"hdrCll", "maxCLL", 1000},
		{"hdrMdcv", "redX", 0.68},
		{"hdrMdcv", "redY", 0.32},
		{"hdrMdcv", "greenX", 0.265},
		{"hdrMdcv", "greenY", 0.69},
		{"hdrMdcv", "blueX", 0.15},
		{"hdrMdcv", "blueY", 0.06},
		{"hdrMdcv", "whitePointX", 0.3127},
		{"hdrMdcv", "whitePointY", 0.329},
		{"hdrMdcv", "maxLuminance", 1000},
		{"hdrMdcv", "minLuminance", 0.005},
	}, hdrColor.Fields())
	sdr := Color{Primaries: 1, Transfer: 1, MatrixCoefficients: 1}
	require.Len(t, sdr.Fields(), 3, "what is not known is left out")
	require.False(t, sdr.HDR())
	require.True(t, hdrColor.HDR())
	require.True(t, (&Color{Transfer: transferHLG}).HDR())
	require.False(t, (*Color)(nil).HDR())
}

func TestSEI(t *testing.T) {
	long := body(6, 5, 0xFF, 0x02, bytes.Repeat([]byte{0xAA}, 257)) // user data of 257 bytes
	for _, c := range []struct {
		name string
		nalu []byte
		cll  float64
	}{
		{"light levels", unhex("0690 04 03e8 0190 80"), 1000},
		{"behind user data", body(long, unhex("90 04 03e8 0190 80")), 1000},
		{"with emulation prevention", unhex("0690 04 0000 03 01f4 80"), 0},
		{"cut", unhex("0690 04 03e8"), 0},
		{"too short", unhex("0690 02 03e8 0190 80"), 0},
		{"without content", []byte{6}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var h hdr
			changed := h.takeSEI(c.nalu, avcHeaderSize)
			require.Equal(t, c.cll, h.maxCLL)
			require.Equal(t, c.cll > 0 || h.maxFALL > 0, changed)
			require.False(t, h.takeSEI(c.nalu, avcHeaderSize), "the same again is no change")
		})
	}
	var h hdr
	h.takeSEI(unhex("0690 04 0000 03 01f4 80"), avcHeaderSize)
	require.Equal(t, 500.0, h.maxFALL)
}

func TestH264Track(t *testing.T) {
	// As x264 and ffmpeg write it: 320x180 pixels, 25 frames per second, BT.709.
	record := unhex("0164000cffe1001c6764000cacd941419f9f016a020202800000030080000019078a14cb01000668ebe3cb22c0fdf8f800")
	track, err := NewVideoTrack(H264)
	require.NoError(t, err)
	require.Equal(t, H264, track.Codec())
	require.NoError(t, track.SetConfig(record))
	u, err := track.Take([][]byte{aud, idr})
	require.NoError(t, err)
	require.Equal(t, VideoUnit{Parts: [][]byte{aud, idr}, Key: true, ConfigChanged: true, Frames: 1}, u)
	require.Equal(t, record, track.Record())
	before := track.Info()
	require.Equal(t, VideoInfo{
		Codec: H264, Width: 320, Height: 180, FrameRate: 25,
		Color: &Color{BitDepth: 8, Primaries: 1, Transfer: 1, MatrixCoefficients: 1},
	}, before)

	u, err = track.Take([][]byte{unhex("0690 04 03e8 0190 80"), inter})
	require.NoError(t, err)
	require.Len(t, u.Parts, 2, "SEI stays")
	require.False(t, u.ConfigChanged)
	require.Equal(t, 400.0, track.Info().Color.MaxFALL)
	require.Zero(t, before.Color.MaxFALL, "what was told before does not change")
	require.True(t, H264.IsKey([][]byte{aud, idr}))
	require.False(t, IsKey([][]byte{aud, inter}))
}

func TestCodecs(t *testing.T) {
	for c := H264; c <= PCMU; c++ {
		again, ok := ParseCodec(c.String())
		require.True(t, ok)
		require.Equal(t, c, again)
	}
	_, ok := ParseCodec("")
	require.False(t, ok)
	_, ok = ParseCodec("theora")
	require.False(t, ok)
	require.Equal(t, "unknown", Codec(99).String())
	require.Empty(t, Codec(99).FourCC())
}
