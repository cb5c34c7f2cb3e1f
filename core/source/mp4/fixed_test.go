package mp4

import (
	"bytes"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"
	"github.com/stretchr/testify/require"

	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// The times in mvhd, tkhd and mdhd have 8 bytes in version 1.
func TestMP4Versions(t *testing.T) {
	short := mediatest.U32(0, 0, 0, 30000, 0, 0)
	long := mediatest.U32(1<<24, 0, 0, 0, 0, 30000, 0, 0, 0)
	for _, payload := range [][]byte{short, long, append(bytes.Clone(long), 1, 2, 3)} {
		v, err := decode[*mp4.MdhdBox](box{typ: "mdhd", payload: payload}, mp4.DecodeMdhdSR)
		require.NoError(t, err)
		require.Equal(t, uint32(30000), v.Timescale)
	}
	for _, payload := range [][]byte{nil, {1}, short[:15], long[:23]} {
		_, err := decode[*mp4.MdhdBox](box{typ: "mdhd", payload: payload, offset: 40}, mp4.DecodeMdhdSR)
		require.ErrorIs(t, err, media.ErrBadMedia)
		require.ErrorContains(t, err, "box mdhd at offset 40")
	}
}

func TestMP4TrackFragment(t *testing.T) {
	b := box{typ: "tfhd", payload: mediatest.U32(0x3B, 7, 1, 2, 3, 4, 5, 0x10000)}
	h, err := decode[*mp4.TfhdBox](b, mp4.DecodeTfhdSR)
	require.NoError(t, err)
	require.Equal(t, uint64(1<<32+2), h.BaseDataOffset)
	require.Equal(t, runDefaults{entry: 2, duration: 4, size: 5, flags: 0x10000}, runDefaults{}.with(h))
	b.payload = b.payload[:31]
	_, err = decode[*mp4.TfhdBox](b, mp4.DecodeTfhdSR)
	require.ErrorIs(t, err, media.ErrBadMedia)
}

func TestMP4ElementaryStream(t *testing.T) {
	codec := append([]byte{descriptorCodec, 17, objectTypeAAC}, make([]byte, 12)...)
	info := []byte{descriptorInfo, 2, 0x11, 0x90}
	join := func(parts ...[]byte) []byte { return append(make([]byte, 4), bytes.Join(parts, nil)...) }
	for _, c := range []struct {
		name    string
		payload []byte
		object  byte
		config  []byte
		ok      bool
	}{
		{"plain", join([]byte{descriptorES, 22, 0, 1, 0}, codec, info, []byte{6, 1, 2}), objectTypeAAC, info[2:], true},
		{"every field", join([]byte{descriptorES, 30, 0, 1, 0xE0, 0, 2, 3, 'a', 'b', 'c', 0, 4}, codec, info), objectTypeAAC, info[2:], true},
		{"a long length", join([]byte{descriptorES, 0x80, 0x80, 0x80, 22, 0, 1, 0}, codec, []byte{descriptorInfo, 0x80, 0x80, 0x80, 2, 0x11, 0x90}), objectTypeAAC, info[2:], true},
		{"without the decoder's information", join([]byte{descriptorES, 18, 0, 1, 0}, codec, []byte{6, 1, 2}), objectTypeAAC, nil, true},
		{"the information is cut", join([]byte{descriptorES, 22, 0, 1, 0}, codec, info[:3]), 0, nil, false},
		{"an URL is cut", join([]byte{descriptorES, 22, 0, 1, 0x40, 200, 'a'}), 0, nil, false},
		{"a huge length", join([]byte{descriptorInfo, 0xFF, 0xFF, 0xFF, 0x7F}), 0, nil, false},
		{"no version", nil, 0, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := box{typ: "esds", payload: c.payload}
			object, config, err := b.elementaryStream()
			if !c.ok {
				require.ErrorIs(t, err, media.ErrBadMedia)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.object, object)
			require.Equal(t, c.config, config)
		})
	}
}

func TestMP4BoxHeader(t *testing.T) {
	large := []byte{0, 0, 0, 1, 'm', 'o', 'o', 'v', 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0}
	for _, c := range []struct {
		name   string
		b      []byte
		header int
		size   uint64
		ok     bool
	}{
		{"plain", []byte{0, 0, 0, 9, 'm', 'o', 'o', 'v', 0}, 8, 9, true},
		{"to the end", []byte{0, 0, 0, 0, 'm', 'o', 'o', 'v', 0}, 8, 100, true},
		{"large", large, 16, 20, true},
		{"large, cut", large[:15], 8, 0, false},
		{"smaller than its header", []byte{0, 0, 0, 7, 'm', 'o', 'o', 'v'}, 8, 7, false},
		{"large, smaller than its header", append(bytes.Clone(large[:15]), 15), 16, 15, false},
		{"larger than any file", append(append(bytes.Clone(large[:8]), 0x80), make([]byte, 7)...), 16, 1 << 63, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			typ, header, size, ok := parseBoxHeader(c.b, 100)
			require.Equal(t, "moov", typ)
			require.Equal(t, c.header, header)
			require.Equal(t, c.size, size)
			require.Equal(t, c.ok, ok)
		})
	}
}
