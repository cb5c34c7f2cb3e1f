package source

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// whole is a copy of a unit with all that is sent of it.
type whole struct {
	kind     flv.Kind
	dts, pts time.Duration
	body     []byte
}

func wholeOf(u *flv.AccessUnit) whole {
	w := whole{u.Kind, u.DTS, u.PTS, bytes.Clone(u.Data)}
	for _, nalu := range u.NALUs {
		w.body = append(append(w.body, 0, 0, 1), nalu...)
	}
	return w
}

func openBackward(t *testing.T, spec string) *ascending {
	t.Helper()
	parsed, err := ParseSpec(spec)
	require.NoError(t, err)
	s, err := Open(parsed)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s.(*ascending)
}

// readWhole reads up to n units, and returns their configurations beside them.
func readWhole(t *testing.T, s Source, n int) (units []whole, configs [][]byte) {
	t.Helper()
	for len(units) < n {
		u, err := s.Next()
		if err == io.EOF {
			break
		}
		if err == ErrAgain {
			continue
		}
		require.NoError(t, err)
		units, configs = append(units, wholeOf(u)), append(configs, bytes.Clone(u.Config))
	}
	return units, configs
}

// Wherever a source stands, it goes back to the last key frame that it has yielded, and everything comes again from there: all of the
// video, and the audio but for what lies around the key frame.
func TestBack(t *testing.T) {
	for _, name := range []string{
		"clip", "bframes.flv", "mp3.flv", "bframes.mp4", "faststart.mp4", "fragmented.mp4", "separate.mp4", "negative.mp4", "delayed.mov", "trimmed.mp4",
		"hevc.mp4", "hev1.mp4", "av1.mp4", "vp9.mp4", "vp9frag.mp4", "bframes.ts", "bframes.m2ts", "hevc.ts", "ac3.ts",
		"bframes.mkv", "live.mkv", "hevc.mkv", "vp9.webm", "bframes.mkv?loop=1", "bframes.h264", "bframes.h265", "slices.h264", "av1.ivf", "vp8.ivf", "vp9.ivf", "bframes.flv?loop=1", "bframes.mp4?loop=1", "bframes.ts?loop=1",
		"bframes.h264?loop=1", "vp8.ivf?loop=1", "fragmented.mp4?loop=1",
	} {
		t.Run(name, func(t *testing.T) {
			const most = 400
			spec := name
			if name != Clip {
				spec = filepath.Join("testdata", name)
			}
			all, _ := readWhole(t, openBackward(t, spec), most)
			s := openBackward(t, spec)
			key, keys, config := -1, 0, []byte(nil)
			for i := range all {
				u, err := s.Next()
				require.NoError(t, err)
				require.Equal(t, all[i], wholeOf(u))
				if u.Kind == flv.Video && u.Config != nil {
					config = bytes.Clone(u.Config)
				}
				if s.noted && s.isKey(u) {
					key = i
					keys++
				}
				if key < 0 || i%7 != 0 && i != len(all)-1 {
					continue
				}
				require.NoError(t, s.Back())
				again, configs := readWhole(t, s, i-key+1)
				requireAgain(t, all[key:], again)
				require.Equal(t, config, configs[0], "the key frame has its configuration")
				s = openBackward(t, spec) // a fresh one stands where this one began
				_, _ = readWhole(t, s, i+1)
			}
			require.Positive(t, keys)
		})
	}
}

// requireAgain requires that units come again: all of the video, and the audio behind the first tenth of a second.
func requireAgain(t *testing.T, want, got []whole) {
	t.Helper()
	require.NotEmpty(t, got)
	require.Equal(t, want[0], got[0], "the key frame comes first")
	for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
		w, g := []whole{}, []whole{}
		for _, u := range want {
			if u.kind == kind && (kind == flv.Video || u.dts > want[0].dts+100*time.Millisecond) {
				w = append(w, u)
			}
		}
		for _, u := range got {
			if u.kind == kind && (kind == flv.Video || u.dts > want[0].dts+100*time.Millisecond) {
				g = append(g, u)
			}
		}
		require.LessOrEqual(t, len(g), len(w))
		require.Equal(t, w[:len(g)], g, kind)
	}
}

// Going back twice, also over the end of a round, and going back before anything was read.
func TestBackAgain(t *testing.T) {
	for _, name := range []string{"bframes.flv", "fragmented.mp4", "bframes.mkv", "bframes.ts", "bframes.h264", "vp8.ivf", "av1.ivf"} {
		t.Run(name, func(t *testing.T) {
			spec := filepath.Join("testdata", name) + "?loop=1"
			s := openBackward(t, spec)
			require.NoError(t, s.Back())
			all, _ := readWhole(t, s, 700)
			for range 2 {
				require.NoError(t, s.Back())
				again, _ := readWhole(t, s, 5)
				var key int
				for i, u := range all {
					if u.kind == flv.Video && u.dts == again[0].dts {
						key = i
					}
				}
				requireAgain(t, all[key:], again)
			}
		})
	}
	s := openBackward(t, "testdata/tone.aac")
	all, _ := readWhole(t, s, 10)
	require.NoError(t, s.Back())
	next, _ := readWhole(t, s, 1)
	require.Greater(t, next[0].dts, all[9].dts, "audio has no key frames: it goes on")
}

// What lies between the place that a reader goes back to and the key frame is passed over one unit a call: who reads can stop.
func TestBackDoesNotReadAllAtOnce(t *testing.T) {
	const keyAt = 1000
	m := &counted{key: keyAt}
	s := &ascending{backward: &backward{Reader: m, noted: true, at: keyAt * time.Millisecond}}
	require.NoError(t, s.Back())
	for i := range keyAt {
		_, err := s.Next()
		require.ErrorIs(t, err, ErrAgain)
		require.Equal(t, i+1, m.n)
	}
	u, err := s.Next()
	require.NoError(t, err)
	require.Equal(t, s.at, u.DTS)
}

// counted is video of 1000 frames in a second, one of them a key frame.
type counted struct {
	media.Reader
	n, key int
}

func (c *counted) Mark()       {}
func (c *counted) Back() error { return nil }

func (c *counted) Next() (*flv.AccessUnit, error) {
	c.n++
	at := time.Duration(c.n-1) * time.Millisecond
	slice := byte(0x41)
	if c.n-1 == c.key {
		slice = 0x65
	}
	return &flv.AccessUnit{Kind: flv.Video, DTS: at, PTS: at, NALUs: [][]byte{{slice, 0x88}}}, nil
}

// Audio alone has no key frames: Back does nothing, and the times go on, also where they stood still.
func TestBackWithoutAKeyFrame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.flv")
	require.NoError(t, os.WriteFile(path, mediatest.FLV(mediatest.FLVAudioConfig(0), mediatest.FLVAudioFrame(500), mediatest.FLVAudioFrame(500),
		mediatest.FLVAudioFrame(100), mediatest.FLVAudioFrame(100), mediatest.FLVAudioFrame(700)), 0o600))
	s := openBackward(t, path)
	got := ""
	for range 5 {
		u, err := s.Next()
		require.NoError(t, err)
		got += fmt.Sprint(u.DTS, " ")
		require.NoError(t, s.Back())
	}
	require.Equal(t, "0s 1ms 2ms 3ms 200ms ", got)
}

// What comes again has the times that it had, also where they were lifted because they stood still.
func TestBackKeepsLiftedTimes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.flv")
	key, frame, sound := mediatest.FLVVideoFrame, func(at uint32) []byte { return mediatest.FLVTag(9, at, 0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, 0x9A) }, mediatest.FLVAudioFrame
	require.NoError(t, os.WriteFile(path, mediatest.FLV(mediatest.FLVVideoConfig(0), mediatest.FLVAudioConfig(0), key(0, 0), sound(0), frame(40), frame(40),
		frame(40), sound(40), key(40, 0), sound(40), frame(40), sound(40), frame(80), sound(80)), 0o600))
	all, _ := readWhole(t, openBackward(t, path), 100)
	for n := range all {
		s := openBackward(t, path)
		_, _ = readWhole(t, s, n+1)
		require.NoError(t, s.Back())
		again, _ := readWhole(t, s, 100)
		for i, u := range again {
			require.Contains(t, all, u, "unit %d after %d", i, n)
		}
	}
}
