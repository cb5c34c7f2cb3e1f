package mp4

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/mediatest"
)

func TestMP4Color(t *testing.T) {
	u16 := func(v ...uint16) (b []byte) {
		for _, x := range v {
			b = binary.BigEndian.AppendUint16(b, x)
		}
		return b
	}
	nclx := mediatest.Box("colr", []byte("nclx"), u16(9, 16, 9), []byte{0x80})
	nclc := mediatest.Box("colr", []byte("nclc"), u16(1, 1, 6))
	mdcv := mediatest.Box("mdcv", u16(8500, 39850, 6550, 2300, 35400, 14600, 15635, 16450), mediatest.U32(10_000_000, 50))
	clli := mediatest.Box("clli", u16(1000, 400))
	media := &flv.Color{BitDepth: 10, Primaries: 1, Transfer: 1, MatrixCoefficients: 1}
	for _, c := range []struct {
		name  string
		boxes [][]byte
		media *flv.Color
		want  *flv.Color
	}{
		{"nothing", nil, nil, nil},
		{"the media only", nil, media, media},
		{"nclx", [][]byte{nclx}, media, &flv.Color{BitDepth: 10, Primaries: 9, Transfer: 16, MatrixCoefficients: 9}},
		{"nclc", [][]byte{nclc}, nil, &flv.Color{Primaries: 1, Transfer: 1, MatrixCoefficients: 6}},
		{"HDR10", [][]byte{nclx, mdcv, clli}, nil, &flv.Color{
			Primaries: 9, Transfer: 16, MatrixCoefficients: 9, MaxCLL: 1000, MaxFALL: 400,
			Mastering: &flv.MasteringDisplay{
				RedX: 0.708, RedY: 0.292, GreenX: 0.17, GreenY: 0.797, BlueX: 0.131, BlueY: 0.046, WhiteX: 0.3127, WhiteY: 0.329,
				MaxLuminance: 1000, MinLuminance: 0.005,
			},
		}},
		{"light alone", [][]byte{clli}, nil, &flv.Color{Primaries: 2, Transfer: 2, MatrixCoefficients: 2, MaxCLL: 1000, MaxFALL: 400}},
		{"a colour profile", [][]byte{mediatest.Box("colr", []byte("prof"), make([]byte, 20))}, nil, nil},
		{"cut off", [][]byte{mediatest.Box("colr", []byte("nc")), mediatest.Box("mdcv", make([]byte, 23)), mediatest.Box("clli", make([]byte, 3))}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var colors colorBoxes
			all := box{payload: bytes.Join(c.boxes, nil)}
			require.NoError(t, all.each(colors.take))
			require.Equal(t, c.want, colors.over(c.media))
		})
	}
}

func TestMP4AudioEntries(t *testing.T) {
	entry := func(typ string, children ...[]byte) box {
		head := make([]byte, audioEntry)
		head[audioEntryChannels+1] = 2
		binary.BigEndian.PutUint16(head[audioEntryRate:], 44100)
		return box{typ: typ, payload: append(head, bytes.Join(children, nil)...)}
	}
	esds := func(objectType byte) []byte {
		return mediatest.Box("esds", mediatest.U32(0), []byte{3, 21, 0, 0, 0, 4, 13, objectType, 0x15, 0, 0, 0}, make([]byte, 8), []byte{6, 1, 2})
	}
	wave := mediatest.Box("wave", esds(objectTypeMP3))
	opus51 := mediatest.Box("dOps", []byte{0, 6, 1, 0x38, 0, 0, 0xBB, 0x80, 0xFF, 0, 1, 4, 2, 0, 4, 1, 2, 3, 5})
	for _, c := range []struct {
		name   string
		box    box
		codec  flv.Codec
		config string
		err    string
	}{
		{"mp3 in mp4a", entry("mp4a", esds(objectTypeMP3)), flv.MP3, "", ""},
		{"mpeg2 layer 3 in mp4a", entry("mp4a", esds(objectTypeMP3LS)), flv.MP3, "", ""},
		{"ac3 in mp4a", entry("mp4a", esds(objectTypeAC3)), flv.AC3, "", ""},
		{"eac3 in mp4a", entry("mp4a", esds(objectTypeEAC3)), flv.EAC3, "", ""},
		{"wave", entry("mp4a", wave), flv.MP3, "", ""},
		{"QuickTime mp3", entry(".mp3"), flv.MP3, "", ""},
		{"5.1 opus", entry("Opus", opus51), flv.Opus, "OpusHead\x01\x06\x38\x01\x80\xBB\x00\x00\x00\xFF\x01\x04\x02\x00\x04\x01\x02\x03\x05", ""},
		{"opus without dOps", entry("Opus"), 0, "", "Opus at offset 0 has no configuration"},
		{"cut dOps", entry("Opus", mediatest.Box("dOps", []byte{0, 2})), 0, "", "bad media file: box dOps"},
		{"dfLa", entry("fLaC", mediatest.Box("dfLa", mediatest.U32(0), []byte{1, 2})), 0, "", "dfLa at offset"},
		{"aac without its configuration", entry("mp4a", esds(objectTypeAAC)), 0, "", "AAC without its configuration"},
		{"vorbis in mp4a", entry("mp4a", esds(0xDD)), 0, "", "mp4a with object type 0xdd"},
		{"alac", entry("alac"), 0, "", "alac (alac)"},
		{"alaw of 44100 Hz", entry("alaw"), 0, "", "alaw: cannot be sent: G.711 with 44100 Hz and 2 channels"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := parseEntry(flv.Audio, c.box)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.codec, e.codec)
			require.Equal(t, c.config, string(e.config))
		})
	}
}
