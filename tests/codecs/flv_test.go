package codecs_test

import (
	"encoding/binary"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source"
	"luatrtmp/tests/media"
)

// tagged returns an FLV file with the frames of another file in forms that FFmpeg does not write: VP8 of Enhanced RTMP, and HEVC as codec id 12.
func tagged(t testing.TB, base string) string {
	t.Helper()
	s, err := source.Open(source.Spec{Path: base})
	require.NoError(t, err)
	defer s.Close()
	var tags []media.Tag
	for {
		u, err := s.Next()
		if err != nil {
			break
		}
		key, data := u.Codec.IsKey([][]byte{u.Data}), u.Data
		if u.Codec.HasNALUs() {
			key, data = u.Codec.IsKey(u.NALUs), nil
			for _, n := range u.NALUs {
				data = append(binary.BigEndian.AppendUint32(data, uint32(len(n))), n...)
			}
		}
		first := byte(0x20)
		if key {
			first = 0x10
		}
		ms := uint32(u.DTS / time.Millisecond)
		add := func(first byte, head string, data []byte) {
			tags = append(tags, media.Tag{Type: media.TagVideo, MS: ms, Body: append(append([]byte{first}, head...), data...)})
		}
		switch late := uint32((u.PTS - u.DTS) / time.Millisecond); {
		case u.Codec == flv.HEVC:
			if u.Config != nil {
				add(first|12, "\x00\x00\x00\x00", u.Config)
			}
			add(first|12, string([]byte{1, byte(late >> 16), byte(late >> 8), byte(late)}), data)
		default:
			if u.Config != nil {
				add(first|0x80, u.Codec.FourCC(), u.Config)
			}
			add(first|0x81, u.Codec.FourCC(), data)
		}
	}
	path := filepath.Join(t.TempDir(), "tagged.flv")
	media.WriteFLV(t, path, tags)
	return path
}
