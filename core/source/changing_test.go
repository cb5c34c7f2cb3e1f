package source

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// content is what of an access unit has to be the same when a file is read again.
type content struct {
	kind flv.Kind
	dts  time.Duration
	sum  [sha256.Size]byte
}

func contentOf(u *flv.AccessUnit) content {
	return content{u.Kind, u.DTS, sha256.Sum256(append(bytes.Join(u.NALUs, []byte{0, 0, 1}), u.Data...))}
}

// contents reads to the end, and returns its error.
func contents(s Source) (all []content, err error) {
	for len(all) < 100_000 {
		u, err := s.Next()
		if err != nil {
			return all, err
		}
		all = append(all, contentOf(u))
	}
	return all, errors.New("there is no end")
}

func sumsOf(all []content, kind flv.Kind) (sums [][sha256.Size]byte) {
	for _, c := range all {
		if c.kind == kind {
			sums = append(sums, c.sum)
		}
	}
	return sums
}

// changing are the test data of all formats.
var changing = []struct {
	name  string
	whole bool // it is opened only when all is there: its index is at its end, or it has only one page
}{
	{"bframes.flv", false}, {"fragmented.mp4", false}, {"faststart.mp4", false}, {"bframes.mp4", true}, {"delayed.mov", true}, {"bframes.ts", false},
	{"bframes.m2ts", false}, {"bframes.mkv", false}, {"live.mkv", false}, {"vp8.webm", false}, {"bframes.h264", false}, {"bframes.h265", false}, {"av1.ivf", false}, {"opus.ogg", true},
	{"alaw.wav", false}, {"tone.aac", false}, {"tone.mp3", false}, {"tone.ac3", false}, {"tone.eac3", false},
}

// repeated returns a file that is larger than what readers keep, where its format allows to write it again behind itself.
func repeated(name string, b []byte) []byte {
	switch filepath.Ext(name) {
	case ".ts", ".m2ts", ".h264", ".h265", ".aac", ".ac3", ".eac3":
		return bytes.Repeat(b, 1+8*media.ReadSize/len(b))
	}
	return b
}

// A file that becomes shorter while it is read ends with an error that says so. What came before is what the file had: no byte that was
// read before is handed out again.
func TestFilesThatShrink(t *testing.T) {
	for _, c := range changing {
		for _, loop := range []bool{false, true} {
			for _, keep := range []int{0, 44, 50, 90} { // bytes, or percent
				if c.whole && keep == 90 {
					continue // what is lost may be no media
				}
				b := repeated(c.name, mediatest.File(t, c.name))
				path := filepath.Join(t.TempDir(), c.name)
				require.NoError(t, os.WriteFile(path, b, 0o600))
				s, err := Open(Spec{Path: path})
				require.NoError(t, err)
				want, err := contents(s)
				require.Equal(t, io.EOF, err)
				require.NoError(t, s.Close())

				s, err = Open(Spec{Path: path, Loop: loop})
				require.NoError(t, err)
				var got []content
				for range 3 {
					u, err := s.Next()
					require.NoError(t, err)
					got = append(got, contentOf(u))
				}
				size := int64(keep)
				if keep >= 50 {
					size = int64(len(b)) * size / 100
				}
				require.NoError(t, os.Truncate(path, size))
				rest, err := contents(s)
				got = append(got, rest...)
				require.NoError(t, s.Close())
				if err == io.EOF && !loop && len(b) <= media.ReadSize { // it was in memory as a whole
					err = media.ErrTruncated
				}
				require.ErrorIs(t, err, media.ErrTruncated, "%s, %d left", c.name, size)
				require.LessOrEqual(t, len(got), 2*len(want), c.name) // the round that was begun, and what is left
				for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
					is, was := sumsOf(got, kind), sumsOf(want, kind)
					for i := range is[:max(len(is)-2, 0)] { // the last ones may be cut off in formats without lengths
						require.True(t, was[i%len(was)] == is[i], "%s, %d left: %v %d of %d", c.name, size, kind, i, len(is))
					}
				}
			}
		}
	}
}

// A file that is written while it is read is read up to where it ends by then.
func TestFilesThatGrow(t *testing.T) {
	for _, c := range changing {
		if c.whole {
			continue
		}
		b := repeated(c.name, mediatest.File(t, c.name))
		path := filepath.Join(t.TempDir(), c.name)
		require.NoError(t, os.WriteFile(path, b, 0o600))
		s, err := Open(Spec{Path: path})
		require.NoError(t, err)
		want, err := contents(s)
		require.Equal(t, io.EOF, err)
		require.NoError(t, s.Close())

		for _, percent := range []int{60, 97} {
			first := len(b) * percent / 100
			require.NoError(t, os.WriteFile(path, b[:first], 0o600))
			s, err = Open(Spec{Path: path})
			require.NoError(t, err, c.name)
			var got []content
			for range 2 {
				u, err := s.Next()
				require.NoError(t, err)
				got = append(got, contentOf(u))
			}
			file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
			require.NoError(t, err)
			_, err = file.Write(b[first:])
			require.NoError(t, err)
			require.NoError(t, file.Close())
			rest, err := contents(s)
			require.Equal(t, io.EOF, err, "%s from %d%% on", c.name, percent)
			require.True(t, slices.Equal(want, append(got, rest...)), "%s from %d%% on", c.name, percent)
			require.NoError(t, s.Close())
		}
	}
}
