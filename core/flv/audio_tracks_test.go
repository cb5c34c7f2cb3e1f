package flv

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// Beginnings of frames as LAME, ffmpeg and libopus write them.
var (
	mp3Frame   = padded("fffb9464 000001ee0850bd3c", 384) // 48000 Hz, joint stereo, 128 kbit/s
	mp3MPEG2   = padded("fff344c4 0011d06a781f5818", 192) // 24000 Hz, mono
	mp3MPEG25  = padded("ffe318c4 000d20969c794c00", 72)  // 8000 Hz, mono
	ac3Frame   = padded("0b77b50b 1e40ebf8403eff99", 1792)
	eac3Frame  = padded("0b77017f 3487c00020842108", 768)
	opusStereo = unhex("fcfffe")      // CELT, 20 ms
	opusMono   = unhex("f8fffe")      // the same
	opusSixty  = unhex("fb03 010203") // three frames of 20 ms
	flacRecord = unhex("664c6143 80000022 120012000001500005170bb802f000005dc0a2fc3617bc0e6c99e035cbe06fb4e52a")
	flacFrame  = unhex("fff8ca98 00 b5 0102")        // 4608 samples... by code 12
	flacSized  = unhex("fff87a98 c280 02cf b5 0102") // a size of 16 bits after a number of 2 bytes: 720
)

func padded(head string, size int) []byte {
	b := make([]byte, size)
	copy(b, unhex(head))
	return b
}

func newAudio(t testing.TB, c Codec) AudioTrack {
	t.Helper()
	track, err := NewAudioTrack(c)
	require.NoError(t, err)
	require.Equal(t, c, track.Codec())
	return track
}

func TestAudioTracks(t *testing.T) {
	stereo := func(c Codec, rate int) AudioInfo { return AudioInfo{Codec: c, SampleRate: rate, Channels: 2} }
	mono := func(c Codec, rate int) AudioInfo { return AudioInfo{Codec: c, SampleRate: rate, Channels: 1} }
	for _, c := range []struct {
		name    string
		codec   Codec
		config  []byte
		frame   []byte
		record  []byte
		info    AudioInfo
		samples int
		rate    int
	}{
		{"AAC LC", AAC, unhex("1210"), []byte{0x21, 1}, unhex("1210"), stereo(AAC, 44100), 1024, 44100},
		{"HE-AAC", AAC, unhex("2b118800"), []byte{0x21, 1}, unhex("2b118800"), stereo(AAC, 48000), 1024, 24000},
		{"AAC with frames of 960", AAC, unhex("1214"), []byte{0x21, 1}, unhex("1214"), stereo(AAC, 44100), 960, 44100},
		{"MP3", MP3, nil, mp3Frame, nil, stereo(MP3, 48000), 1152, 48000},
		{"MP3, MPEG-2", MP3, nil, mp3MPEG2, nil, mono(MP3, 24000), 576, 24000},
		{"MP3, MPEG-2.5", MP3, nil, mp3MPEG25, nil, mono(MP3, 8000), 576, 8000},
		{"Opus of OpusHead", Opus, OpusHead(1), opusStereo, OpusHead(1), mono(Opus, 48000), 960, 48000},
		{"Opus alone", Opus, nil, opusStereo, OpusHead(2), stereo(Opus, 48000), 960, 48000},
		{"Opus alone, mono, 60 ms", Opus, nil, opusSixty, OpusHead(1), mono(Opus, 48000), 2880, 48000},
		{"FLAC", FLAC, flacRecord, flacFrame, flacRecord, stereo(FLAC, 48000), 4096, 48000},
		{"FLAC of a block", FLAC, flacRecord[4:], flacSized, flacRecord, stereo(FLAC, 48000), 720, 48000},
		{"FLAC of STREAMINFO", FLAC, flacRecord[8:], flacFrame, flacRecord, stereo(FLAC, 48000), 4096, 48000},
		{
			"FLAC of a file", FLAC, body("fLaC", 0, flacRecord[5:], 4, 0, 0, 1, 0), flacFrame, flacRecord, stereo(FLAC, 48000), 4096,
			48000,
		},
		{"AC-3 5.1", AC3, nil, ac3Frame, nil, AudioInfo{AC3, 48000, 6}, 1536, 48000},
		{"E-AC-3", EAC3, nil, eac3Frame, nil, stereo(EAC3, 48000), 1536, 48000},
		{"A-law", PCMA, nil, make([]byte, 160), nil, mono(PCMA, 8000), 160, 8000},
		{"mu-law stereo", PCMU, []byte{2}, make([]byte, 160), nil, stereo(PCMU, 8000), 80, 8000},
	} {
		t.Run(c.name, func(t *testing.T) {
			track := newAudio(t, c.codec)
			if c.config != nil {
				require.NoError(t, track.SetConfig(c.config))
			}
			require.NoError(t, track.Take(c.frame))
			require.True(t, track.Ready())
			require.Equal(t, c.record, track.Record())
			require.Equal(t, c.info, track.Info())
			n, rate := track.Samples(c.frame)
			require.Equal(t, []int{c.samples, c.rate}, []int{n, rate})
			require.Zero(t, testing.AllocsPerRun(100, func() { _ = track.Take(c.frame) }))
			if c.codec != PCMU && (c.codec != AAC || c.samples == SamplesPerFrame) {
				n, err := FrameSamples(c.codec, c.frame)
				require.NoError(t, err)
				require.Equal(t, c.samples, n)
			}
		})
	}
}

func TestAudioTracksThatWait(t *testing.T) {
	for _, c := range []Codec{AAC, FLAC, Opus, MP3, AC3, EAC3} {
		track := newAudio(t, c)
		require.False(t, track.Ready(), c)
		require.Nil(t, track.Record(), c)
		require.Zero(t, track.Info().SampleRate*track.Info().Channels, c)
	}
}

func TestOpusLearnsOfTheSecondChannel(t *testing.T) {
	track := newAudio(t, Opus)
	require.NoError(t, track.Take(opusMono))
	first := track.Record()
	require.NoError(t, track.Take(opusStereo))
	require.Equal(t, OpusHead(2), track.Record())
	require.Equal(t, OpusHead(1), first)
	require.NoError(t, track.Take(opusMono))
	require.Equal(t, OpusHead(2), track.Record())
	// As libopus and ffmpeg have it in an Ogg file.
	require.Equal(t, unhex("4f707573486561640102380180bb0000000000"), OpusHead(2))
}

func TestAudioErrors(t *testing.T) {
	with := func(b []byte, at int, v byte) []byte {
		b = bytes.Clone(b)
		b[at] = v
		return b
	}
	for _, c := range []struct {
		name          string
		codec         Codec
		config, frame []byte
		err           error
		text          string
	}{
		{"AAC empty", AAC, nil, nil, ErrBadFrame, "aac frame of 0 bytes"},
		{"AAC with ADTS", AAC, nil, adtsFrame, ErrBadFrame, "ADTS"},
		{"AAC configuration", AAC, unhex("ffff"), nil, ErrBadAudioConfig, "ff ff"},
		{"MP3 short", MP3, nil, mp3Frame[:4], ErrBadFrame, "4 bytes"},
		{"MP3 configuration", MP3, []byte{1}, nil, ErrBadConfig, "1 bytes for mp3, which has none"},
		{"layer 2", MP3, nil, with(mp3Frame, 1, 0xFD), ErrBadFrame, "layer 2"},
		{"no MP3", MP3, nil, ac3Frame, ErrBadFrame, "0b 77 b5 0b"},
		{"Opus empty", Opus, nil, nil, ErrBadFrame, "opus frame of 0 bytes"},
		{"Opus of no frames", Opus, nil, []byte{0xFB, 0}, ErrBadFrame, "0 samples"},
		{"Opus of 180 ms", Opus, nil, []byte{0x1B, 3}, ErrBadFrame, "8640 samples"},
		{"OpusHead cut", Opus, OpusHead(2)[:18], nil, ErrBadConfig, "18 bytes"},
		{"OpusHead version", Opus, with(OpusHead(2), 8, 16), nil, ErrBadConfig, "version 16"},
		{"OpusHead channels", Opus, with(OpusHead(2), 9, 3), nil, ErrBadConfig, "3 channels and mapping family 0"},
		{"OpusHead mapping", Opus, with(OpusHead(2), 18, 1), nil, ErrBadConfig, "needs 23"},
		{"FLAC configuration", FLAC, flacRecord[:20], nil, ErrBadConfig, "20 bytes"},
		{"FLAC block", FLAC, with(flacRecord, 4, 4), nil, ErrBadConfig, "type 4 and 34 bytes"},
		{"FLAC rate", FLAC, body(flacRecord[:18], 0, 0, 0, flacRecord[21:]), nil, ErrBadConfig, "sample rate 0"},
		{"FLAC empty", FLAC, nil, nil, ErrBadFrame, "flac frame of 0 bytes"},
		{"FLAC short", FLAC, nil, flacFrame[:4], ErrBadFrame, "4 bytes"},
		{"FLAC sync", FLAC, nil, mp3Frame, ErrBadFrame, "ff fb"},
		{"FLAC size 0", FLAC, nil, with(flacFrame, 2, 0), ErrBadFrame, "block size bits 0"},
		{"FLAC size cut", FLAC, nil, flacSized[:7], ErrBadFrame, "its block size is at 6"},
		{"AC-3 sync", AC3, nil, mp3Frame, ErrBadFrame, "begins with ff fb"},
		{"AC-3 short", AC3, nil, ac3Frame[:7], ErrBadFrame, "7 bytes"},
		{"AC-3 bsid", AC3, nil, eac3Frame, ErrBadFrame, "bsid 16"},
		{"AC-3 rate", AC3, nil, with(ac3Frame, 4, 0xC0), ErrBadFrame, "fscod"},
		{"E-AC-3 bsid", EAC3, nil, ac3Frame, ErrBadFrame, "bsid"},
		{"E-AC-3 dependent", EAC3, nil, with(eac3Frame, 2, 0x41), ErrBadFrame, "dependent substream"},
		{"G.711 empty", PCMA, nil, nil, ErrBadFrame, "pcma frame of 0 bytes"},
		{"G.711 half a sample", PCMU, []byte{2}, []byte{1}, ErrBadFrame, "1 bytes and 2 channels"},
		{"G.711 configuration", PCMU, []byte{3}, nil, ErrBadConfig, "03 for G.711"},
	} {
		t.Run(c.name, func(t *testing.T) {
			track := newAudio(t, c.codec)
			err := track.SetConfig(c.config)
			if c.config == nil || err == nil {
				err = track.Take(c.frame)
			}
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
		})
	}
}

func TestNoTracksForOthers(t *testing.T) {
	for _, c := range []Codec{NoCodec, AAC, 99} {
		_, err := NewVideoTrack(c)
		require.ErrorIs(t, err, ErrUnsupportedCodec)
	}
	for _, c := range []Codec{NoCodec, H264, 99} {
		_, err := NewAudioTrack(c)
		require.ErrorIs(t, err, ErrUnsupportedCodec)
		_, err = FrameSamples(c, []byte{1})
		require.ErrorIs(t, err, ErrUnsupportedCodec)
	}
}

func TestG711Config(t *testing.T) {
	config, err := G711Config(8000, 2)
	require.NoError(t, err)
	require.Equal(t, []byte{2}, config)
	for _, bad := range [][2]int{{16000, 1}, {8000, 0}, {8000, 3}} {
		_, err = G711Config(bad[0], bad[1])
		require.ErrorIs(t, err, ErrUnsupportedCodec)
	}
}

func TestFLACBlockSizes(t *testing.T) {
	for code, want := range []int{0, 192, 576, 1152, 2304, 4608, 0xB6, 0xB602, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768} {
		frame := bytes.Clone(flacFrame)
		frame[2] = byte(code << 4)
		n, err := flacSamples(frame)
		switch code {
		case 0:
			require.ErrorIs(t, err, ErrBadFrame)
		case 6, 7:
			require.NoError(t, err)
			require.Equal(t, map[int]int{6: 0xB5 + 1, 7: 0xB501 + 1}[code], n)
		default:
			require.NoError(t, err)
			require.Equal(t, want, n)
		}
	}
}

func TestSilentAAC(t *testing.T) {
	config, frame, err := SilentAAC(44100, 2)
	require.NoError(t, err)
	require.Equal(t, unhex("1210"), config)
	require.Equal(t, unhex("2000000000000e"), frame)
	track := newAudio(t, AAC)
	require.NoError(t, track.SetConfig(config))
	require.NoError(t, track.Take(frame))
	config, frame, err = SilentAAC(8000, 1)
	require.NoError(t, err)
	require.Equal(t, unhex("1588"), config)
	require.Len(t, frame, 4)
	for _, bad := range [][2]int{{44100, 0}, {44100, 3}, {44000, 2}, {0, 2}, {-1, 1}} {
		_, _, err = SilentAAC(bad[0], bad[1])
		require.ErrorIs(t, err, ErrBadAudioConfig, bad)
	}
}

func FuzzAudioTracks(f *testing.F) {
	f.Add(byte(AAC-AAC), unhex("1210"), []byte{0x21, 1})
	f.Add(byte(MP3-AAC), []byte{}, mp3Frame[:16])
	f.Add(byte(MP3-AAC), []byte{}, mp3MPEG25[:16])
	f.Add(byte(Opus-AAC), OpusHead(2), opusSixty)
	f.Add(byte(FLAC-AAC), flacRecord, flacSized)
	f.Add(byte(AC3-AAC), []byte{}, ac3Frame[:16])
	f.Add(byte(EAC3-AAC), []byte{}, eac3Frame[:16])
	f.Add(byte(PCMA-AAC), []byte{2}, []byte{1, 2})
	f.Fuzz(func(t *testing.T, codec byte, config, frame []byte) {
		track := newAudio(t, AAC+Codec(codec)%8)
		configErr := track.SetConfig(config)
		err := track.Take(frame)
		if n, _ := track.Samples(frame); err == nil && n < 0 {
			t.Fatal("negative duration")
		}
		_, _ = FrameSamples(track.Codec(), frame)
		if own := track.Record(); own != nil && configErr == nil {
			require.NoError(t, track.SetConfig(own))
			require.Equal(t, own, track.Record())
		}
	})
}
