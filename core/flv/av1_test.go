package flv

import (
	"luatrtmp/core/flv/bitstream"
	"testing"

	"github.com/stretchr/testify/require"
)

// Records as ffmpeg writes them into MP4, and parts of units: libaom (8 bits) and SVT-AV1 (10 bits), 320x180 pixels.
var (
	av1Main     = unhex("81000c000a0b000000043cfeccdaf90040")
	av1TenBit   = unhex("81004c000a0b000000043cfecc02f84040")
	av1Header   = av1Main[4:]
	av1Delim    = unhex("1200")
	av1Key      = unhex("320410 00a0b8")
	av1Hidden   = unhex("3202 0010") // a key frame that is not shown yet
	av1Inter    = unhex("3204 3020 2080")
	av1Existing = unhex("1a01c8")
	av1Padding  = unhex("7a020080")
	av1CLL      = unhex("2a06 01 03e8 0190 80")
	av1MDCV     = unhex("2a1a 02 ae14 51eb 43d7 b0a3 2666 0f5c 500d 543a 000fa000 00000052 80")
)

func newAV1(t testing.TB, record []byte) VideoTrack {
	t.Helper()
	track, err := NewVideoTrack(AV1)
	require.NoError(t, err)
	if record != nil {
		require.NoError(t, track.SetConfig(record))
	}
	return track
}

func TestAV1Record(t *testing.T) {
	for _, c := range []struct {
		name   string
		record []byte
	}{{"8 bits", av1Main}, {"10 bits", av1TenBit}} {
		t.Run(c.name, func(t *testing.T) {
			track := newAV1(t, c.record)
			require.Equal(t, c.record, track.Record())
			require.Equal(t, VideoInfo{Codec: AV1, Width: 320, Height: 180}, track.Info())

			fresh := newAV1(t, nil)
			u, err := fresh.Take([][]byte{body(av1Delim, c.record[4:], av1Key)})
			require.NoError(t, err)
			require.True(t, u.ConfigChanged)
			require.Equal(t, c.record, fresh.Record())
		})
	}
}

func TestAV1Take(t *testing.T) {
	track := newAV1(t, nil)
	require.Nil(t, track.Record())

	u, err := track.Take([][]byte{body(av1Delim, av1Key)})
	require.NoError(t, err)
	require.Equal(t, VideoUnit{Parts: [][]byte{av1Key}, Frames: 1}, u, "without a sequence header nothing can be decoded")

	u, err = track.Take([][]byte{body(av1Delim, av1Header, av1Padding, av1Key)})
	require.NoError(t, err)
	require.Equal(t, VideoUnit{Parts: [][]byte{av1Header, av1Key}, Key: true, ConfigChanged: true, Frames: 1}, u)

	noSize := body(av1Delim, av1Header[0]&^bitstream.OBUHasSize, av1Header[2:])
	u, err = track.Take([][]byte{noSize})
	require.NoError(t, err)
	require.False(t, u.ConfigChanged, "the same header without its size is the same")

	for _, c := range []struct {
		name  string
		unit  []byte
		parts []byte
		key   bool
	}{
		{"key frame alone", body(av1Delim, av1Key), av1Key, true},
		{"without delimiter", av1Key, av1Key, true},
		{"hidden key frame", body(av1Delim, av1Header, av1Hidden), body(av1Header, av1Hidden), false},
		{"inter frame", body(av1Delim, av1Inter, av1Key), body(av1Inter, av1Key), false},
		{"existing frame", body(av1Delim, av1Existing), av1Existing, false},
		{"delimiter alone", av1Delim, []byte{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, err := track.Take([][]byte{c.unit})
			require.NoError(t, err)
			require.Equal(t, c.parts, join(u.Parts))
			require.Equal(t, c.key, u.Key)
			require.Equal(t, c.key, AV1.IsKey([][]byte{c.unit}))
			require.False(t, u.ConfigChanged)
			track.Forget()
		})
	}

	u, err = track.Take([][]byte{body(av1Delim, av1TenBit[4:], av1Key)})
	require.NoError(t, err)
	require.True(t, u.ConfigChanged)
	require.Equal(t, av1TenBit, track.Record())
	parts := [][]byte{body(av1Delim, av1TenBit[4:], av1MDCV, av1Key)}
	_, err = track.Take(parts)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = track.Take(parts) }))
}

// withModel returns av1Header with timing information, a decoder model, and a display delay.
func withModel() []byte {
	r := bitstream.Reader{Buf: av1Header[2:]}
	var w bitstream.Writer
	copyBits := func(n uint32) { w.Put(r.U(n), int(n)) }
	copyBits(3 + 1 + 1)
	r.U(1 + 1)
	w.Put(1, 1) // timing_info_present_flag
	w.Put(1, 32)
	w.Put(50, 32)
	w.Put(1, 1) // equal_picture_interval
	w.Put(2, 3) // uvlc 1: two ticks
	w.Put(1, 1) // decoder_model_info_present_flag
	w.Put(9, 5)
	w.Put(1, 32)
	w.Put(0x155, 10)
	w.Put(1, 1) // initial_display_delay_present_flag
	copyBits(5 + 12 + 5)
	w.Put(1, 1) // decoder_model_present_for_this_op
	w.Put(0x2AA, 10)
	w.Put(0x155, 10)
	w.Put(1, 1)
	w.Put(1, 1) // initial_display_delay_present_for_this_op
	w.Put(9, 4)
	for r.Pos < 8*len(r.Buf) {
		copyBits(1)
	}
	return body(0x0A, len(w.Buf), w.Buf)
}

func TestAV1DecoderModel(t *testing.T) {
	track := newAV1(t, nil)
	u, err := track.Take([][]byte{body(av1Delim, withModel(), av1Key)})
	require.NoError(t, err)
	require.True(t, u.Key)
	require.Equal(t, body(av1Main[:4], withModel()), track.Record())
	require.Equal(t, VideoInfo{Codec: AV1, Width: 320, Height: 180, FrameRate: 25}, track.Info())
}

func TestAV1Color(t *testing.T) {
	track := newAV1(t, body(av1TenBit, av1CLL))
	require.Equal(t, body(av1TenBit, av1CLL), track.Record(), "metadata of a record stay in it")
	_, err := track.Take([][]byte{body(av1Delim, av1MDCV, av1Key)})
	require.NoError(t, err)
	c := track.Info().Color
	require.Equal(t, 10, c.BitDepth)
	require.Equal(t, 1000.0, c.MaxCLL)
	require.InDelta(t, 0.68, c.Mastering.RedX, 1e-4)
	require.InDelta(t, 0.06, c.Mastering.BlueY, 1e-4)
	require.InDelta(t, 0.329, c.Mastering.WhiteY, 1e-4)
	require.Equal(t, 4000.0, c.Mastering.MaxLuminance)
	require.InDelta(t, 0.005, c.Mastering.MinLuminance, 1e-4)
	require.True(t, c.HDR())
}

func TestAV1Errors(t *testing.T) {
	for _, c := range []struct {
		name   string
		record []byte
		err    error
		text   string
	}{
		{"empty", nil, ErrBadConfig, "0 bytes, expected at least 4"},
		{"marker", body(1, av1Main[1:]), ErrBadConfig, "begins with 01, expected 81"},
		{"no sequence header", body(av1Main[:4], av1CLL), ErrBadConfig, "without a sequence header"},
		{"cut", av1Main[:12], ErrBadConfig, "OBU of type 1 and 11 bytes at 0, 6 bytes follow"},
		{"cut header", body(av1Main[:4], 0x0A, 2, 0, 0), ErrBadParameterSet, "sequence header of 2 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			track := newAV1(t, av1TenBit)
			err := track.SetConfig(c.record)
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
			require.Equal(t, av1TenBit, track.Record(), "an error changes nothing")
		})
	}
	require.NoError(t, newAV1(t, nil).SetConfig(av1Main[:4]), "configOBUs may be missing")
	noSize := body(av1Main[:4], av1Header[0]&^bitstream.OBUHasSize, av1Header[2:])
	require.Equal(t, av1Main, newAV1(t, noSize).Record(), "sizes are added")

	track := newAV1(t, av1Main)
	u, err := track.Take([][]byte{body(av1Delim, av1Key, 0x32, 9, 1)})
	require.ErrorIs(t, err, ErrBadFrame)
	require.ErrorContains(t, err, "OBU of type 6 and 9 bytes at 8, 1 bytes follow")
	require.Empty(t, u.Parts)
	u, err = track.Take([][]byte{body(av1Delim, 0x0A, 1, 0, av1Key)})
	require.ErrorIs(t, err, ErrBadParameterSet)
	require.True(t, u.Key)
	require.Equal(t, av1Main, track.Record())
}

func TestVP(t *testing.T) {
	for _, c := range []struct {
		name       string
		codec      Codec
		key, inter string
		record     string
		info       VideoInfo
	}{
		{
			"VP9", VP9, "824983420013f00b360638241c1842000d60", "86004092f0a1250001",
			"01000000000b820202020000", VideoInfo{Codec: VP9, Width: 320, Height: 180},
		},
		{
			"VP9 4:4:4, 10 bits, BT.709", VP9, "b124c1a110009f8059b031c120e0c290006d80", "b30020497858948000c0",
			"01000000030ba60202010000",
			VideoInfo{
				Codec: VP9, Width: 320, Height: 180,
				Color: &Color{BitDepth: 10, Primaries: unspecified, Transfer: unspecified, MatrixCoefficients: 1},
			},
		},
		{
			"VP8", VP8, "f062009d012a4001b40000070885", "7112002311bc",
			"01000000000b820202020000", VideoInfo{Codec: VP8, Width: 320, Height: 180},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			track, err := NewVideoTrack(c.codec)
			require.NoError(t, err)
			require.Equal(t, c.codec, track.Codec())
			key, inter := [][]byte{unhex(c.key)}, [][]byte{unhex(c.inter)}
			u, err := track.Take(inter)
			require.NoError(t, err)
			require.Equal(t, VideoUnit{Parts: inter, Frames: 1}, u)
			require.Nil(t, track.Record())

			u, err = track.Take(key)
			require.NoError(t, err)
			require.Equal(t, VideoUnit{Parts: key, Key: true, ConfigChanged: true, Frames: 1}, u)
			require.Equal(t, unhex(c.record), track.Record())
			require.Equal(t, c.info, track.Info())
			require.True(t, c.codec.IsKey(key))
			require.False(t, c.codec.IsKey(inter))

			u, err = track.Take(key)
			require.NoError(t, err)
			require.False(t, u.ConfigChanged)
			require.NoError(t, track.SetConfig(track.Record()))
			require.NoError(t, track.SetConfig(track.Record()[4:]), "without version and flags")
			u, err = track.Take(key)
			require.NoError(t, err)
			require.False(t, u.ConfigChanged, "the record of its own changes nothing")
			require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = track.Take(inter) }))

			require.ErrorIs(t, track.SetConfig([]byte{1, 2}), ErrBadConfig)
			require.ErrorIs(t, track.SetConfig(make([]byte, 12)), ErrBadConfig)
			for _, bad := range [][]byte{{}, {0}, unhex(c.key)[:5], {0x22, 0x22}} {
				u, err = track.Take([][]byte{bad})
				require.ErrorIs(t, err, ErrBadFrame)
				require.Empty(t, u.Parts)
			}
			u, err = track.Take(nil)
			require.NoError(t, err)
			require.Empty(t, u.Parts)
			track.Forget()
		})
	}
}

func TestVPLevel(t *testing.T) {
	for _, c := range []struct {
		width, height int
		level         byte
	}{{176, 144, 10}, {640, 360, 21}, {1280, 720, 31}, {1920, 1080, 40}, {3840, 2160, 50}, {7680, 4320, 60}, {16384, 16384, 0}} {
		require.Equal(t, c.level, vpHeader{width: c.width, height: c.height}.level(), c)
	}
}

func TestVPKeepsWhatOnlyTheRecordSays(t *testing.T) {
	track, err := NewVideoTrack(VP9)
	require.NoError(t, err)
	require.NoError(t, track.SetConfig(unhex("01000000001f820910090000"))) // BT.2020, PQ
	require.True(t, track.Info().Color.HDR())
	_, err = track.Take([][]byte{unhex("824983420013f00b360638241c1842000d60")})
	require.NoError(t, err)
	require.Equal(t, unhex("01000000001f820910090000"), track.Record())
	require.Equal(t, 320, track.Info().Width)
}

func FuzzVideoTracks(f *testing.F) {
	f.Add(byte(AV1), av1Main, body(av1Delim, av1Header, av1Key))
	f.Add(byte(AV1), body(av1TenBit, av1CLL), body(av1Delim, av1MDCV, av1Existing))
	f.Add(byte(AV1), av1Main, body(av1Delim, withModel(), av1Key))
	f.Add(byte(VP9), unhex("01000000000b820202020000"), unhex("824983420013f00b360638241c1842000d60"))
	f.Add(byte(VP9), unhex("000b820202020000"), unhex("b124c1a110009f8059b031c120e0c290006d80"))
	f.Add(byte(VP8), unhex("01000000000b820202020000"), unhex("f062009d012a4001b40000070885"))
	f.Fuzz(func(t *testing.T, codec byte, record, unit []byte) {
		track, err := NewVideoTrack([]Codec{AV1, VP9, VP8}[codec%3])
		require.NoError(t, err)
		_ = track.SetConfig(record)
		size := 0
		for range 2 {
			u, _ := track.Take([][]byte{unit})
			size = len(join(u.Parts))
		}
		require.LessOrEqual(t, size, len(unit))
		u, _ := track.Take([][]byte{unit})
		require.False(t, u.ConfigChanged, "the same unit again is no change")
		track.Codec().IsKey([][]byte{unit})
		track.Info()
		if own := track.Record(); own != nil {
			again, _ := NewVideoTrack(track.Codec())
			require.NoError(t, again.SetConfig(own))
			require.Equal(t, own, again.Record())
		}
	})
}
