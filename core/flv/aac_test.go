package flv

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseASC(t *testing.T) {
	for _, c := range []struct {
		name string
		asc  []byte
		info AudioInfo
		core int
	}{
		{"LC 44100 stereo", []byte{0x12, 0x10}, AudioInfo{SampleRate: 44100, Channels: 2}, 44100},
		{"LC 48000 mono, as ffmpeg writes it", unhex("118856e500"), AudioInfo{SampleRate: 48000, Channels: 1}, 48000},
		{"LC 7.1", []byte{0x11, 0xB8}, AudioInfo{SampleRate: 48000, Channels: 8}, 48000},
		{"SBR 24000 to 48000", []byte{0x2B, 0x11, 0x88, 0x00}, AudioInfo{SampleRate: 48000, Channels: 2}, 24000},
		{"PS mono 22050 to stereo 44100", []byte{0xEB, 0x8A, 0x08, 0x00}, AudioInfo{SampleRate: 44100, Channels: 2}, 22050},
		{"Main 44100 stereo", []byte{0x0A, 0x10}, AudioInfo{SampleRate: 44100, Channels: 2}, 44100},
		{"SSR 44100 stereo", []byte{0x1A, 0x10}, AudioInfo{SampleRate: 44100, Channels: 2}, 44100},
		{"LTP 44100 stereo", []byte{0x22, 0x10}, AudioInfo{SampleRate: 44100, Channels: 2}, 44100},
	} {
		t.Run(c.name, func(t *testing.T) {
			info, err := ParseASC(c.asc)
			require.NoError(t, err)
			require.Equal(t, c.info, info)
			core, err := CoreSampleRate(c.asc)
			require.NoError(t, err)
			require.Equal(t, c.core, core)
		})
	}
	for _, bad := range [][]byte{nil, {0x12}, {0x8A, 0x10}, {0x17, 0x80, 0, 0, 0x10}, {0xFF, 0xFF}} {
		_, err := ParseASC(bad)
		require.ErrorIs(t, err, ErrBadAudioConfig)
		_, err = CoreSampleRate(bad)
		require.ErrorIs(t, err, ErrBadAudioConfig)
	}
}

var (
	adtsFrame    = []byte{0xFF, 0xF1, 0x50, 0x80, 0x01, 0x7F, 0xFC, 1, 2, 3, 4}       // 44100, stereo, 4 bytes
	adtsFrameCRC = []byte{0xFF, 0xF0, 0x50, 0x80, 0x01, 0x7F, 0xFC, 0xAA, 0xBB, 5, 6} // the same with a CRC, 2 bytes
)

func TestSplitADTS(t *testing.T) {
	require.True(t, IsADTS(adtsFrame))
	require.True(t, IsADTS(adtsFrameCRC))
	require.False(t, IsADTS([]byte{0x21, 0x10}))
	require.False(t, IsADTS([]byte{0xFF, 0xFB}), "MPEG audio layer 3")
	require.False(t, IsADTS(nil))

	both := append(bytes.Clone(adtsFrame), adtsFrameCRC...)
	frames, config, err := SplitADTS(nil, both)
	require.NoError(t, err)
	require.Equal(t, [][]byte{{1, 2, 3, 4}, {5, 6}}, frames)
	require.Equal(t, []byte{0x12, 0x10}, config)
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _, _ = SplitADTS(frames[:0], both) }))
}

func TestSplitADTSErrors(t *testing.T) {
	with := func(at int, v byte) []byte {
		b := append(bytes.Clone(adtsFrame), adtsFrame...)
		b[len(adtsFrame)+at] = v
		return b
	}
	for _, c := range []struct {
		name string
		adts []byte
		good int
		text string
	}{
		{"empty", nil, 0, "empty"},
		{"short", adtsFrame[:5], 0, "5 bytes, the header has 7"},
		{"cut", adtsFrame[:9], 0, "frame length 11, but 9 bytes are left"},
		{"syncword", with(0, 0xFE), 1, "at 11: bad ADTS frame: begins with fe f1"},
		{"rate", with(2, 0x74), 1, "sampling frequency index 13"},
		{"blocks", with(6, 0xFD), 1, "2 raw data blocks"},
		{"length", with(4, 0), 1, "frame length 3"},
		{"other configuration", with(2, 0x4C), 1, "changes from 12 10 to 11 90"},
	} {
		t.Run(c.name, func(t *testing.T) {
			frames, _, err := SplitADTS(nil, c.adts)
			require.ErrorIs(t, err, ErrBadADTS)
			require.ErrorContains(t, err, c.text)
			require.Len(t, frames, c.good)
		})
	}
}

func FuzzSplitADTS(f *testing.F) {
	f.Add(adtsFrame)
	f.Add(append(bytes.Clone(adtsFrame), adtsFrameCRC...))
	f.Fuzz(func(t *testing.T, adts []byte) {
		frames, config, err := SplitADTS(nil, adts)
		if err != nil {
			require.ErrorIs(t, err, ErrBadADTS)
		} else {
			require.Len(t, config, 2)
			require.NotEmpty(t, frames)
		}
		for _, frame := range frames {
			require.NotEmpty(t, frame)
		}
	})
}

func FuzzParseASC(f *testing.F) {
	for _, asc := range []string{"1210", "118856e500", "2b118800", "eb8a0800"} {
		f.Add(unhex(asc))
	}
	f.Fuzz(func(t *testing.T, config []byte) {
		info, err := ParseASC(config)
		if err == nil {
			require.Positive(t, info.SampleRate)
		}
	})
}

// AAC that cannot be sent is named. SSR is sent as LC, as in ADTS.
func TestAACProfiles(t *testing.T) {
	for _, c := range []struct {
		name  string
		asc   []byte
		sent  []byte
		fault string
	}{
		{"Main", []byte{0x0A, 0x10}, []byte{0x0A, 0x10}, ""},
		{"LC", []byte{0x12, 0x10}, []byte{0x12, 0x10}, ""},
		{"SSR", []byte{0x1A, 0x10}, []byte{0x12, 0x10}, ""},
		{"LTP", []byte{0x22, 0x10}, []byte{0x22, 0x10}, ""},
		{"HE-AAC", []byte{0x2B, 0x11, 0x88, 0}, []byte{0x2B, 0x11, 0x88, 0}, ""},
		{"with error resilience", []byte{0x8A, 0x10, 0}, nil, "AAC LC with error resilience"},
		{"LD", []byte{0xBA, 0x10, 0}, nil, "AAC-LD"},
		{"ELD", []byte{0xF8, 0xE8, 0x40, 0}, nil, "AAC-ELD"},
		{"USAC", []byte{0xF9, 0x48, 0x40, 0}, nil, "xHE-AAC"},
		{"MP3", []byte{0xF8, 0x48, 0x40, 0}, nil, "MP3"},
		{"nothing", []byte{0, 0}, nil, "00 00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			track, err := NewAudioTrack(AAC)
			require.NoError(t, err)
			before := bytes.Clone(c.asc)
			err = track.SetConfig(c.asc)
			require.Equal(t, before, c.asc, "it is the caller's")
			require.Equal(t, c.sent, track.Record())
			if c.fault != "" {
				require.ErrorIs(t, err, ErrBadAudioConfig)
				require.ErrorContains(t, err, c.fault)
				return
			}
			require.NoError(t, err)
		})
	}
}
