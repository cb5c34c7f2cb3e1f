package flv

import (
	"bytes"
	"errors"
	"luatrtmp/core/flv/bitstream"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/stretchr/testify/require"
)

// Records as x265 and ffmpeg write them into MP4 with the sample entry hvc1: 320x180 pixels, 25 frames per second.
var (
	hevcMain = unhex("0101600000009000000000003cf000fcfdf8f800000f03a00001001840010c01ffff01600000030090000003000003003c959409" +
		"a10001002b42010101600000030090000003000003003ca00a080c1f3e595952930bc05a020000030002000003003210a2000100064401c073c189")
	// Main 10, BT.2020, PQ, with SEI.
	hevcHDR = unhex("0102200000009000000000003cf000fcfdfafa00000f04a00001001840010c01ffff02200000030090000003000003003cba0240" +
		"a10001002e42010102200000030090000003000003003ca00a080c1f3b65ba4a4c2f016a12201208000003000800000300c840a2000100064401c073c189" +
		"27000200094e01900403e8019080001e4e01891833c286c41d4c0bb884d03e803d13404200989680000003003280")
	// 4:4:4, two temporal sub-layers.
	hevc444 = unhex("0104080000009e08000000003cf000fcfff8f800001303a00001001b40010c02ffff0408000003009e0800000300003c0000959" +
		"4aca048a10001002d4201020408000003009e08000003" +
		"00003c00009001410183e372caca5654a4c2f0168080000003008000000c84a2000100084401c07318301890")

	vpsHEVC = hevcMain[28 : 28+24]
	spsHEVC = hevcMain[57 : 57+43]
	ppsHEVC = hevcMain[105:]

	hevcIDR      = unhex("2801ac74c2ea8bd26089a52740a0")
	hevcCRA      = unhex("2a01ac74c2ea8bd26089a52740a0")
	hevcTrailR   = unhex("0201d02149883a61501b5e4228cb")
	hevcTrailN   = unhex("0001e024fd7a240a4c228860204d")
	hevcTSAN     = unhex("0402e024fd7a240a4c221460082d")
	hevcMDCV     = unhex("4e01891833c286c41d4c0bb884d03e803d13404200989680000003003280")
	hevcCLL      = unhex("4e01900403e8019080")
	hevcTwoLayer = unhex("4209010160")
)

// hdrColor is what hevcHDR says.
var hdrColor = Color{
	BitDepth: 10, Primaries: 9, Transfer: 16, MatrixCoefficients: 9, MaxCLL: 1000, MaxFALL: 400,
	Mastering: &MasteringDisplay{
		GreenX: 0.265, GreenY: 0.69, BlueX: 0.15, BlueY: 0.06, RedX: 0.68, RedY: 0.32, WhiteX: 0.3127, WhiteY: 0.329,
		MaxLuminance: 1000, MinLuminance: 0.005,
	},
}

func newHEVC(t testing.TB, record []byte) VideoTrack {
	t.Helper()
	track, err := NewVideoTrack(HEVC)
	require.NoError(t, err)
	if record != nil {
		require.NoError(t, track.SetConfig(record))
	}
	return track
}

func TestHEVCRecordIsThatOfFFmpeg(t *testing.T) {
	for _, c := range []struct {
		name   string
		record []byte
		info   VideoInfo
	}{
		{"main", hevcMain, VideoInfo{Codec: HEVC, Width: 320, Height: 180, FrameRate: 25}},
		{"HDR", hevcHDR, VideoInfo{Codec: HEVC, Width: 320, Height: 180, FrameRate: 25, Color: &hdrColor}},
		{"4:4:4", hevc444, VideoInfo{Codec: HEVC, Width: 320, Height: 180, FrameRate: 25}},
	} {
		t.Run(c.name, func(t *testing.T) {
			track := newHEVC(t, c.record)
			require.Equal(t, c.record, track.Record())
			require.Equal(t, c.info, track.Info())
		})
	}
}

func TestHEVCTake(t *testing.T) {
	track := newHEVC(t, nil)
	require.Nil(t, track.Record())
	require.Equal(t, VideoInfo{Codec: HEVC}, track.Info())

	u, err := track.Take([][]byte{hevcTrailR, nil, {2}})
	require.NoError(t, err)
	require.Equal(t, VideoUnit{Parts: [][]byte{hevcTrailR}, Frames: 1}, u)

	u, err = track.Take([][]byte{vpsHEVC, spsHEVC})
	require.NoError(t, err)
	require.Empty(t, u.Parts)
	require.False(t, u.ConfigChanged, "a PPS is missing")

	u, err = track.Take([][]byte{vpsHEVC, spsHEVC, ppsHEVC, hevcCLL, hevcIDR})
	require.NoError(t, err)
	require.Equal(t, VideoUnit{Parts: [][]byte{hevcCLL, hevcIDR}, Key: true, ConfigChanged: true, Frames: 1}, u)
	require.Equal(t, hevcMain, track.Record())
	require.Equal(t, 1000.0, track.Info().Color.MaxCLL)

	before := track.Info().Color
	u, err = track.Take([][]byte{vpsHEVC, spsHEVC, ppsHEVC, hevcCLL, hevcCRA})
	require.NoError(t, err)
	require.True(t, u.Key)
	require.False(t, u.ConfigChanged, "the same sets again are no change")
	require.Same(t, before, track.Info().Color)

	u, err = track.Take([][]byte{hevcTrailN, hevcTrailN})
	require.NoError(t, err)
	require.True(t, u.Disposable)
	u, err = track.Take([][]byte{hevcTrailN, hevcTrailR})
	require.NoError(t, err)
	require.False(t, u.Disposable)
	u, err = track.Take([][]byte{hevcMDCV})
	require.NoError(t, err)
	require.False(t, u.Disposable)
	require.Equal(t, hdrColor.Mastering, track.Info().Color.Mastering)
	require.NotSame(t, before, track.Info().Color)

	u, err = track.Take([][]byte{hevcTwoLayer, hevcTrailN})
	require.NoError(t, err)
	require.Equal(t, [][]byte{hevcTwoLayer, hevcTrailN}, u.Parts, "the sets of other layers are not ours")
	require.True(t, u.Disposable)
	track.Forget()

	require.NoError(t, track.SetConfig(hevc444))
	u, err = track.Take([][]byte{hevcIDR})
	require.NoError(t, err)
	require.True(t, u.ConfigChanged)
	require.Equal(t, hevc444, track.Record())
}

func TestHEVCSubLayers(t *testing.T) {
	track := newHEVC(t, hevc444)
	u, err := track.Take([][]byte{hevcTrailN})
	require.NoError(t, err)
	require.False(t, u.Disposable, "pictures of the second sub-layer may refer to it")
	u, err = track.Take([][]byte{hevcTSAN})
	require.NoError(t, err)
	require.True(t, u.Disposable)
}

func TestHEVCKeyPictures(t *testing.T) {
	for typ := range byte(32) {
		nalu := []byte{typ << 1, 1, 0xAC}
		track := newHEVC(t, nil)
		u, err := track.Take([][]byte{nalu})
		require.NoError(t, err)
		require.Equal(t, typ >= 16 && typ <= 21, u.Key, typ)
		require.Equal(t, u.Key, HEVC.IsKey([][]byte{nalu}), typ)
	}
}

// H.265, Table 7-1: RASL_N and RASL_R alone refer to what is in front of their key frame; RADL pictures do not.
func TestHEVCLeadingPictures(t *testing.T) {
	for typ := range byte(64) {
		if typ >= 32 && typ <= 34 {
			continue // parameter sets
		}
		track := newHEVC(t, hevcMain)
		u, err := track.Take([][]byte{{35 << 1, 1, 0x50}, {typ << 1, 1, 0xAC}, {typ << 1, 1, 0x2C}})
		require.NoError(t, err)
		require.Equal(t, typ == 8 || typ == 9, u.Leading, typ)
		require.Equal(t, typ < 16 && typ%2 == 0, u.Disposable, typ)
		u, err = track.Take([][]byte{{typ << 1, 9, 0xAC}, hevcTrailR})
		require.NoError(t, err)
		require.False(t, u.Leading, "a picture of another layer says nothing of the base layer")
	}
}

func TestHEVCTakeDoesNotAllocate(t *testing.T) {
	track := newHEVC(t, hevcHDR)
	au := [][]byte{vpsHEVC, spsHEVC, ppsHEVC, hevcCLL, hevcMDCV, hevcIDR, hevcTrailR}
	_, err := track.Take(au)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = track.Take(au) }))
}

func TestHEVCBrokenSetIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		name string
		nalu []byte
		text string
	}{
		{"SPS cut in its head", spsHEVC[:20], "HEVC SPS of 20 bytes"},
		{"SPS cut behind its head", spsHEVC[:22], "HEVC SPS of 22 bytes"},
		{"VPS cut", vpsHEVC[:4], "VPS of 4 bytes"},
		{"PPS cut", ppsHEVC[:2], "PPS of 2 bytes"},
		{"PPS id", unhex("4401010180"), "PPS id 127"},
		{"large", append(bytes.Clone(ppsHEVC), make([]byte, maxParameterSetSize)...), "8198 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			track := newHEVC(t, hevcMain)
			_, err := track.Take([][]byte{hevcIDR})
			require.NoError(t, err)
			u, err := track.Take([][]byte{c.nalu, hevcIDR})
			require.ErrorIs(t, err, ErrBadParameterSet)
			require.ErrorContains(t, err, c.text)
			require.Equal(t, VideoUnit{Parts: [][]byte{hevcIDR}, Key: true, Frames: 1}, u)
			require.Equal(t, hevcMain, track.Record())
		})
	}
}

func TestHEVCSetConfigErrors(t *testing.T) {
	with := func(at int, v byte) []byte {
		r := bytes.Clone(hevcMain)
		r[at] = v
		return r
	}
	for _, c := range []struct {
		name   string
		record []byte
		text   string
	}{
		{"empty", nil, "0 bytes, expected at least 23"},
		{"version", with(0, 2), "version 2"},
		{"length size", with(21, 0x0E), "lengths of 3 bytes"},
		{"an array more", with(22, 4), "ends at 111, before the number of NAL units"},
		{"a set more", with(25, 2), "VPS_NUT of"},
		{"not a VPS", with(23, 0x21), "NAL unit type 32 at 28, expected 33"},
		{"cut", hevcMain[:len(hevcMain)-1], "of 6 bytes at 105, 5 bytes follow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			track := newHEVC(t, hevc444)
			err := track.SetConfig(c.record)
			require.ErrorIs(t, err, ErrBadConfig)
			require.ErrorContains(t, err, c.text)
			require.Equal(t, hevc444, track.Record(), "an error changes nothing")
		})
	}
}

func FuzzHEVC(f *testing.F) {
	f.Add(hevcMain, hevcIDR, hevcTrailN)
	f.Add(hevcHDR, hevcMDCV, hevcCLL)
	f.Add(hevc444, spsHEVC, ppsHEVC)
	f.Add(hevcMain, vpsHEVC, hevcTwoLayer)
	f.Fuzz(func(t *testing.T, record, a, b []byte) {
		track := newHEVC(t, nil)
		err := track.SetConfig(record)
		for _, au := range [][][]byte{{a, b}, {b}, {a, b}} {
			u, err := track.Take(au)
			if err != nil && !errors.Is(err, ErrBadNALUnit) {
				require.ErrorIs(t, err, ErrBadParameterSet)
			}
			require.LessOrEqual(t, len(u.Parts), len(au))
		}
		u, _ := track.Take(nil)
		require.False(t, u.ConfigChanged)
		track.Info()
		if own := track.Record(); own != nil && err == nil {
			again := newHEVC(t, own)
			require.Equal(t, own, again.Record())
		}
	})
}

// withSubLayerLevel returns the SPS of hevc444 with the level of a sub-layer.
func withSubLayerLevel() []byte {
	sps := hevc444[60 : 60+45]
	r := bitstream.Reader{Buf: h264.EmulationPreventionRemove(sps[hevcHeaderSize:])}
	var w bitstream.Writer
	copyBits := func(n uint32) { w.Put(r.U(n), int(n)) }
	copyBits(8)
	for range profileTierLevelSize {
		copyBits(8)
	}
	r.U(16)
	w.Put(0x4000, 16)
	w.Put(60, 8)
	for r.Pos < 8*len(r.Buf) {
		copyBits(1)
	}
	return append(bytes.Clone(sps[:hevcHeaderSize]), addEmulationPrevention(w.Buf)...)
}

func TestHEVCSubLayerLevels(t *testing.T) {
	track := newHEVC(t, hevc444)
	before := bytes.Clone(track.Record()[:hevcRecordHeader])
	u, err := track.Take([][]byte{withSubLayerLevel(), hevcIDR})
	require.NoError(t, err)
	require.True(t, u.ConfigChanged)
	require.Equal(t, before, track.Record()[:hevcRecordHeader])
	require.Contains(t, string(track.Record()), string(withSubLayerLevel()))
	require.Equal(t, VideoInfo{Codec: HEVC, Width: 320, Height: 180, FrameRate: 25}, track.Info())
}

func TestHEVCFrameRateOfTheVPS(t *testing.T) {
	r := bitstream.Reader{Buf: h264.EmulationPreventionRemove(vpsHEVC[hevcHeaderSize:])}
	var w bitstream.Writer
	for range 4 + profileTierLevelSize {
		w.Put(r.U(8), 8)
	}
	w.Put(0b1_1_1_1, 4) // sub-layer ordering information: three numbers, 0
	w.Put(0, 6)         // vps_max_layer_id
	w.Put(0b010_1, 4)   // vps_num_layer_sets_minus1 1, and the layers of the second set
	w.Put(1, 1)         // vps_timing_info_present_flag
	w.Put(1001, 32)
	w.Put(60000, 32)
	w.Put(0b0_1_0_1, 4)
	vps := append(bytes.Clone(vpsHEVC[:hevcHeaderSize]), addEmulationPrevention(w.Buf)...)

	set, err := parseHEVCVPS(vps)
	require.NoError(t, err)
	require.InDelta(t, 60000.0/1001, set.frameRate, 1e-9)

	track := newHEVC(t, hevc444)
	_, err = track.Take([][]byte{vps, spsHEVC[:30], hevcIDR}) // its VUI is cut
	require.ErrorIs(t, err, ErrBadParameterSet)
	require.InDelta(t, 60000.0/1001, track.Info().FrameRate, 1e-9, "the SPS does not say it")
}

func TestHEVCImpossibleSPS(t *testing.T) {
	good := hevcSPS{subLayers: 1, chroma: 1, width: 320, height: 180}
	require.NoError(t, good.check())
	for _, c := range []struct {
		text   string
		change func(*hevcSPS)
	}{
		{"SPS id 16", func(s *hevcSPS) { s.id = 16 }},
		{"8 sub-layers", func(s *hevcSPS) { s.subLayers = 8 }},
		{"chroma_format_idc 4", func(s *hevcSPS) { s.chroma = 4 }},
		{"picture of 0 x 180", func(s *hevcSPS) { s.width = 0 }},
		{"320 x 32769", func(s *hevcSPS) { s.height = maxDimension + 1 }},
		{"bit depths 8 + 9", func(s *hevcSPS) { s.lumaDepth = 9 }},
	} {
		bad := good
		c.change(&bad)
		err := bad.check()
		require.ErrorIs(t, err, ErrBadParameterSet)
		require.ErrorContains(t, err, c.text)
	}
}
