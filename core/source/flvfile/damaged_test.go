package flvfile

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// One damaged bit in the header of a tag, or in the first byte of its body, costs that tag, as with FFmpeg, and one line of the log.
func TestFLVDamagedTag(t *testing.T) {
	whole := mediatest.File(t, "bframes.flv")
	var tags []int // offsets
	for p := 13; p+tagHeaderSize < len(whole); {
		tags = append(tags, p)
		p += tagHeaderSize + previousTagSize + int(whole[p+1])<<16 + int(whole[p+2])<<8 + int(whole[p+3])
	}
	f, err := Open(mediatest.Memory(whole))
	require.NoError(t, err)
	good, err := mediatest.ReadAll(t, f)
	require.NoError(t, err)
	for _, c := range []struct {
		name    string
		kind    flv.Kind
		at      int // in the tag
		bits    byte
		warning string
	}{
		{"a size that is too large", flv.Video, 2, 0x08, "(has a wrong size: reading goes on at offset|are left out: they are no FLV tag)"},
		{"a size that is too large by one byte", flv.Audio, 3, 0x01, "(has a wrong size: reading goes on at offset|are left out: they are no FLV tag)"},
		{"a size that is too small", flv.Video, 3, 0x20, "are left out: they are no FLV tag"},
		{"another codec of audio", flv.Audio, tagHeaderSize, 0x80, "is left out, as are others like it: track 0 changes from aac to mp3"},
		{"encrypted", flv.Audio, 0, filter, "is left out, as are others like it: encrypted FLV"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tried := 0
			for _, at := range tags[20 : len(tags)-2] {
				if flv.Kind(whole[at]) != c.kind {
					continue
				}
				b := bytes.Clone(whole)
				if b[at+c.at] ^= c.bits; c.at < tagHeaderSize && c.at > 0 && b[at+c.at] < whole[at+c.at] != (c.name == "a size that is too small") {
					continue // the bit was set already
				}
				var warnings []string
				in := mediatest.Memory(b)
				in.Warn = func(text string) { warnings = append(warnings, text) }
				f, err := Open(in)
				require.NoError(t, err)
				units, err := mediatest.ReadAll(t, f)
				require.NoError(t, err)
				require.GreaterOrEqual(t, len(units), len(good)-1, "%d: %v", at, warnings)
				require.NotEmpty(t, warnings)
				require.Regexp(t, c.warning, warnings[len(warnings)-1])
				tried++
			}
			require.Greater(t, tried, 3)
		})
	}
}

// A track that changes its codec for good ends with an error that says so; what stands beside it is sent before.
func TestFLVTrackThatChangesItsCodec(t *testing.T) {
	mp3 := []byte{0x2F, 0xFF, 0xFB, 0x90, 0x64}
	tags := [][]byte{mediatest.FLVVideoConfig(0), mediatest.FLVAudioConfig(0), mediatest.FLVVideoFrame(0, 0), mediatest.FLVAudioFrame(0)}
	tags = append(tags, mediatest.FLVTag(8, 20, mp3...), mediatest.FLVAudioFrame(40), mediatest.FLVVideoFrame(40, 0))
	f, err := Open(mediatest.Memory(mediatest.FLV(tags...)))
	require.NoError(t, err)
	units, err := mediatest.ReadAll(t, f)
	require.NoError(t, err, "one tag")
	require.Len(t, units, 4)

	tags = append(tags, mediatest.FLVTag(8, 60, mp3...), mediatest.FLVTag(8, 80, mp3...), mediatest.FLVVideoFrame(80, 0))
	f, err = Open(mediatest.Memory(mediatest.FLV(tags...)))
	require.NoError(t, err)
	units, err = mediatest.ReadAll(t, f)
	require.ErrorIs(t, err, media.ErrUnsupported)
	require.ErrorContains(t, err, "track 0 changes from aac to mp3")
	require.Len(t, units, 5)
}
