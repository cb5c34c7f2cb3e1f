package mutations_test

import (
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source"
)

// units returns copies of the access units of a file of the test data.
func units(t testing.TB, name string) (all []flv.AccessUnit) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, testFile(t, name), 0o600))
	s, err := source.Open(source.Spec{Path: path})
	require.NoError(t, err)
	defer s.Close()
	for {
		u, err := s.Next()
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		c := *u
		c.Data, c.Config, c.NALUs = slices.Clone(u.Data), slices.Clone(u.Config), nil
		for _, n := range u.NALUs {
			c.NALUs = append(c.NALUs, slices.Clone(n))
		}
		all = append(all, c)
	}
}

// longPackets returns transport streams with 16 bytes of error correction behind each packet.
func longPackets(t testing.TB) (files [][]byte) {
	for _, name := range []string{"bframes.ts", "ac3.ts"} {
		var b []byte
		for packet := range slices.Chunk(testFile(t, name), 188) {
			b = append(append(b, packet...), make([]byte, 16)...)
		}
		files = append(files, b)
	}
	return files
}

// enhancedFLV returns FLV files with the FourCCs of Enhanced RTMP, one with several tracks.
func enhancedFLV(t testing.TB) (files [][]byte) {
	for _, names := range [][]string{{"hvc1.mp4", "opus.ogg"}, {"av1.ivf", "flac.oga"}, {"vp9.ivf", "tone.ac3"}, {"vp8.ivf", "tone.eac3"}, {"bframes.mp4"}} {
		var all []flv.AccessUnit
		for _, name := range names {
			all = append(all, units(t, name)...)
		}
		slices.SortStableFunc(all, func(a, b flv.AccessUnit) int { return int(a.DTS - b.DTS) })
		b := []byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00")
		for i := range all {
			if config := all[i].Config; config != nil {
				b = appendTag(b, &all[i], append(enhancedHeader(&all[i], 0, i%2 == 1), config...))
			}
			b = appendTag(b, &all[i], frameBody(&all[i], i%2 == 1))
		}
		files = append(files, b)
	}
	return files
}

func appendTag(b []byte, u *flv.AccessUnit, body []byte) []byte {
	n, ms := len(body), u.DTS/time.Millisecond
	b = append(b, byte(u.Kind), byte(n>>16), byte(n>>8), byte(n), byte(ms>>16), byte(ms>>8), byte(ms), byte(ms>>24), 0, 0, 0)
	b = append(b, body...)
	return binary.BigEndian.AppendUint32(b, uint32(11+n))
}

// enhancedHeader returns what stands in front of the data, in a body for one track or for one of several.
func enhancedHeader(u *flv.AccessUnit, packetType byte, several bool) []byte {
	first, multitrack := byte(0x90), byte(5)
	if u.Kind == flv.Video {
		if multitrack = 6; !isKey(u) {
			first = 0xA0
		}
	}
	if !several {
		return append([]byte{first | packetType}, u.Codec.FourCC()...)
	}
	return append(append([]byte{first | multitrack, packetType}, u.Codec.FourCC()...), 0)
}

func frameBody(u *flv.AccessUnit, several bool) []byte {
	b := enhancedHeader(u, 1, several)
	if u.Codec.HasNALUs() {
		late := uint32((u.PTS - u.DTS) / time.Millisecond)
		b = append(b, byte(late>>16), byte(late>>8), byte(late))
	}
	for _, n := range u.NALUs {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(n))), n...)
	}
	return append(b, u.Data...)
}
