package mux

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/source"
	"luatrtmp/core/source/mediatest"
)

// A source that changes its codecs in the middle goes on: H.264 with AAC, HEVC without sound, HEVC
// with AC-3, and H.264 with AAC again.
func TestSourceChangesItsCodecs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ts")
	var file []byte
	for i, name := range []string{"bframes.ts", "hevc.ts", "ac3.ts", "bframes.ts"} {
		b, err := os.ReadFile(filepath.Join("..", "source", "testdata", name))
		require.NoError(t, err)
		shift := func(stamp []byte) { mediatest.PutStamp(stamp, mediatest.GetStamp(stamp)+int64(i)*20*90_000) }
		file = append(file, mediatest.EachPES(b, func(_ int, h []byte) {
			if shift(h[3:]); h[1]&0x40 != 0 {
				shift(h[8:])
			}
		})...)
	}
	require.NoError(t, os.WriteFile(path, file, 0o600))
	s, err := source.Open(source.Spec{Path: path})
	require.NoError(t, err)
	defer s.Close()
	m, w := attachedTo(func(d *Destination) {})
	info := s.Info()
	m.Begin(Expectation{Video: info.Video, Audio: info.Audio})
	for u, err := s.Next(); err == nil; u, err = s.Next() {
		require.NoError(t, m.SendUnit(u, uint32(u.DTS.Milliseconds())))
	}
	lines, _ := onWire(t, w)
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasSuffix(line, " frame") })
	for i, line := range lines { // without its time
		lines[i] = line[strings.IndexByte(line, ' ')+1:]
	}
	require.Equal(t, []string{
		"metadata", "video 0 h264 start", "video 0 h264 key", "audio 0 aac start", "video 0 h264 key", "video 0 h264 key",
		"metadata", "video 0 hevc start", "video 0 hevc key", "video 0 hevc key", "video 0 hevc key",
		"video 0 hevc key", "metadata", "audio 0 ac3 start", "video 0 hevc key", "video 0 hevc key",
		"metadata", "video 0 h264 start", "video 0 h264 key", "metadata", "audio 0 aac start", "video 0 h264 key", "video 0 h264 key",
	}, lines)
}
