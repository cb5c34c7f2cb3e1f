package flv

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// Parameter sets and records as x264 and ffmpeg write them.
var (
	spsMain    = unhex("674d401fa6110280bfe5c044000003000400000300c83c60c846") // 640x360, 25 fps
	ppsMain    = unhex("68e84332c8")                                           // id 0
	spsHigh    = unhex("6764000cac76110a37e4c04400000fa40003a9803c50a61180")   // 160x90, 30000/1001 fps
	ppsHigh    = unhex("68e843b2c8b0")                                         // id 0
	ppsOne     = unhex("684ec0")                                               // id 1, SPS 0
	recordMain = unhex("014d401fffe1001a" + hex.EncodeToString(spsMain) + "010005" + hex.EncodeToString(ppsMain))
	recordHigh = unhex("0164000cffe10019" + hex.EncodeToString(spsHigh) + "010006" + hex.EncodeToString(ppsHigh) + "fdf8f800")
	idr        = []byte{0x65, 0x88, 0x82, 8}
	inter      = []byte{0x41, 0x9A, 0x24}
	disposable = []byte{0x01, 0x9E, 0x45}
	aud        = []byte{0x09, 0xF0}
)

func TestAVCTake(t *testing.T) {
	var avc AVC
	require.Nil(t, avc.Record())
	require.Equal(t, VideoInfo{}, avc.Info())
	require.Equal(t, 4, avc.LengthSize())

	u, err := avc.Take([][]byte{inter})
	require.NoError(t, err)
	require.Equal(t, AVCUnit{NALUs: [][]byte{inter}, Frames: 1}, u)

	u, err = avc.Take([][]byte{spsMain})
	require.NoError(t, err)
	require.Empty(t, u.NALUs)
	require.False(t, u.ConfigChanged)
	require.Nil(t, avc.Record())

	u, err = avc.Take([][]byte{aud, spsMain, ppsMain, idr})
	require.NoError(t, err)
	require.Equal(t, AVCUnit{NALUs: [][]byte{aud, idr}, Key: true, ConfigChanged: true, Frames: 1}, u)
	require.Equal(t, recordMain, avc.Record())
	require.Equal(t, VideoInfo{Width: 640, Height: 360, FrameRate: 25}, avc.Info())

	u, err = avc.Take([][]byte{aud, spsMain, ppsMain, idr})
	require.NoError(t, err)
	require.False(t, u.ConfigChanged)

	u, err = avc.Take([][]byte{disposable, disposable})
	require.NoError(t, err)
	require.True(t, u.Disposable)
	u, err = avc.Take([][]byte{disposable, inter})
	require.NoError(t, err)
	require.False(t, u.Disposable)
	u, err = avc.Take([][]byte{aud})
	require.NoError(t, err)
	require.False(t, u.Disposable)

	before := avc.Record()
	u, err = avc.Take([][]byte{spsHigh, ppsHigh, idr})
	require.NoError(t, err)
	require.True(t, u.ConfigChanged)
	require.Equal(t, recordHigh, avc.Record())
	require.Equal(t, recordMain, before)
	require.InDelta(t, 30000.0/1001, avc.Info().FrameRate, 1e-9)
}

func TestAVCSetsAreListedInOrder(t *testing.T) {
	var avc AVC
	_, err := avc.Take([][]byte{ppsOne, spsMain, ppsMain})
	require.NoError(t, err)
	r := avc.Record()
	require.Equal(t, byte(2), r[8+len(spsMain)])
	first, second := bytes.Index(r, ppsMain), bytes.Index(r, ppsOne)
	require.Greater(t, first, 0)
	require.Greater(t, second, first)
}

func TestAVCBrokenSetIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		name string
		nalu []byte
		text string
	}{
		{"cut SPS", spsMain[:8], "SPS of 8 bytes"},
		{"SPS without content", []byte{0x67}, "SPS of 1 bytes"},
		{"PPS without content", []byte{0x68}, "PPS of 1 bytes"},
		{"PPS id 256", []byte{0x68, 0x00, 0x80, 0x80, 0x80}, "PPS id 256"},
		{"large", append([]byte{0x68, 0xE8}, make([]byte, maxParameterSetSize)...), "8194 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var avc AVC
			require.NoError(t, avc.SetConfig(recordMain))
			_, err := avc.Take([][]byte{idr})
			require.NoError(t, err)
			u, err := avc.Take([][]byte{c.nalu, idr})
			require.ErrorIs(t, err, ErrBadParameterSet)
			require.ErrorContains(t, err, c.text)
			require.Equal(t, AVCUnit{NALUs: [][]byte{idr}, Key: true, Frames: 1}, u)
			require.Equal(t, recordMain, avc.Record())
		})
	}
}

func TestAVCTakeDoesNotAllocate(t *testing.T) {
	var avc AVC
	au := [][]byte{aud, spsMain, ppsMain, idr, inter}
	_, err := avc.Take(au)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = avc.Take(au) }))
}

func TestSetConfig(t *testing.T) {
	var avc AVC
	require.NoError(t, avc.SetConfig(recordHigh))
	require.Equal(t, recordHigh, avc.Record())
	require.Equal(t, 160, avc.Info().Width)
	u, err := avc.Take([][]byte{inter})
	require.NoError(t, err)
	require.True(t, u.ConfigChanged, "the first record is news")

	require.NoError(t, avc.SetConfig(recordHigh))
	u, err = avc.Take([][]byte{inter})
	require.NoError(t, err)
	require.False(t, u.ConfigChanged, "the same record again is none")

	short := bytes.Clone(recordMain)
	short[4] = 0xFD // lengths of 2 bytes
	require.NoError(t, avc.SetConfig(short))
	require.Equal(t, 2, avc.LengthSize())
	require.Equal(t, recordMain, avc.Record(), "lengths are written with 4 bytes")
}

func TestSetConfigErrors(t *testing.T) {
	with := func(at int, v byte) []byte {
		r := bytes.Clone(recordMain)
		r[at] = v
		return r
	}
	for _, c := range []struct {
		name   string
		record []byte
		text   string
	}{
		{"empty", nil, "0 bytes, expected at least 7"},
		{"version", with(0, 0), "version 0"},
		{"length size", with(4, 0xFE), "lengths of 3 bytes"},
		{"SPS missing", with(5, 0xE2), "SPS of 256 bytes at 36, 6 bytes follow"},
		{"SPS beyond", with(7, 0xFF), "of 255 bytes at 8"},
		{"not an SPS", with(8, 0x68), "NAL unit type 8 at 8"},
		{"cut", recordMain[:len(recordMain)-1], "of 5 bytes at 37, 4 bytes follow"},
		{"cut before the PPS", recordMain[:34], "before the number of PPS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var avc AVC
			require.NoError(t, avc.SetConfig(recordHigh))
			err := avc.SetConfig(c.record)
			require.ErrorIs(t, err, ErrBadConfig)
			require.ErrorContains(t, err, c.text)
			require.Equal(t, recordHigh, avc.Record(), "an error changes nothing")
		})
	}
}

func FuzzSetConfig(f *testing.F) {
	f.Add(recordMain)
	f.Add(recordHigh)
	f.Fuzz(func(t *testing.T, record []byte) {
		var avc AVC
		if avc.SetConfig(record) != nil {
			return
		}
		avc.Info()
		if own := avc.Record(); own != nil {
			var again AVC
			require.NoError(t, again.SetConfig(own))
			require.Equal(t, own, again.Record())
			require.Equal(t, avc.Info(), again.Info())
		}
	})
}

func FuzzAVCTake(f *testing.F) {
	f.Add(spsMain, ppsMain, idr)
	f.Add(spsHigh, ppsHigh, disposable)
	f.Add(aud, ppsOne, inter)
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		var avc AVC
		for _, au := range [][][]byte{{a, b, c}, {a}, {b, c}} {
			u, err := avc.Take(au)
			if err != nil && !errors.Is(err, ErrBadNALUnit) {
				require.ErrorIs(t, err, ErrBadParameterSet)
			}
			require.LessOrEqual(t, len(u.NALUs), len(au))
			_, _ = avc.Slice(c)
		}
		avc.Info()
		u, _ := avc.Take([][]byte{a, b})
		u, _ = avc.Take([][]byte{a, b})
		if !bytes.Equal(a, b) && len(a) > 0 && len(b) > 0 && a[0]&0x1F != b[0]&0x1F {
			require.False(t, u.ConfigChanged, "the same sets again are no change")
		}
	})
}
