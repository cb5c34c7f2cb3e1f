package source

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/annexb"
	"luatrtmp/core/source/audioframes"
	"luatrtmp/core/source/flvfile"
	"luatrtmp/core/source/ivf"
	"luatrtmp/core/source/matroska"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
	"luatrtmp/core/source/mp4"
	"luatrtmp/core/source/mpegts"
	"luatrtmp/core/source/ogg"
	"luatrtmp/core/source/wav"
)

// mediaFiles are all files of the test data.
func mediaFiles(t testing.TB) []string {
	entries, err := os.ReadDir("testdata")
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && ext != ".csv" && ext != ".sh" {
			names = append(names, e.Name())
		}
	}
	require.Greater(t, len(names), 40)
	return names
}

// Of a file that is cut off, all that is there is read, and what is missing is reported unless the cut is between two units.
func TestCutFiles(t *testing.T) {
	for _, name := range mediaFiles(t) {
		b := mediatest.File(t, name)
		m, err := openInput(name, mediatest.Memory(b), 0)
		if err != nil {
			continue // refused for what it holds
		}
		whole, err := mediatest.ReadAll(t, m)
		require.NoError(t, err)
		skipped := m.Info().Skipped
		for i := range 40 {
			cut := b[:len(b)*i/40]
			var units []mediatest.Unit
			m, err := openInput(name, mediatest.Memory(cut), 0)
			if err == nil {
				units, err = mediatest.ReadAll(t, m)
				require.NoError(t, m.Rewind())
			}
			if err != nil {
				require.True(t, errors.Is(err, media.ErrTruncated) || errors.Is(err, media.ErrBadMedia) || errors.Is(err, media.ErrUnsupported), "%s: %v", name, err)
			}
			if m != nil && !slices.Equal(m.Info().Skipped, skipped) {
				continue // another track may be the first one that shows itself
			}
			for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
				all, some := mediatest.Of(whole, kind), mediatest.Of(units, kind)
				require.LessOrEqual(t, len(some), len(all), name)
				for i := range some[:max(len(some)-1, 0)] { // the last one may be cut off in formats without lengths
					require.Equal(t, all[i].Size, some[i].Size, "%s: %v %d of %d", name, kind, i, len(some))
				}
			}
		}
	}
}

// Damage of any kind ends in an error or in less media: no panic, and no more units than the file can have.
func TestDamagedFiles(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	for _, name := range mediaFiles(t) {
		b := mediatest.File(t, name)
		for range 60 {
			damaged := bytes.Clone(b)
			for range 1 + random.IntN(8) {
				damaged[random.IntN(len(b))] ^= byte(1 << random.IntN(8))
			}
			m, err := openInput(name, mediatest.Memory(damaged), 0)
			if err != nil {
				continue
			}
			for units := 0; ; units++ {
				if _, err := m.Next(); err != nil {
					break
				}
				require.LessOrEqual(t, units, 4*len(b), name)
			}
			require.NoError(t, m.Rewind())
			require.NoError(t, m.Close())
		}
	}
}

func TestContentDecidesForAllFormats(t *testing.T) {
	dir := t.TempDir()
	for name, other := range map[string]string{
		"hevc.ts": "a.mp4", "vp9.webm": "a.flv", "av1.ivf": "a.ts", "opus.ogg": "a.wav", "alaw.wav": "a.ogg", "tone.mp3": "a.aac", "tone22.mp3": "b.aac", "tone.aac": "a.mp3",
		"tone.ac3": "a.mp3", "tone.eac3": "a.ac3", "bframes.h264": "a.h265", "bframes.h265": "a.h264",
	} {
		path := filepath.Join(dir, other)
		require.NoError(t, os.WriteFile(path, mediatest.File(t, name), 0o600))
		s, err := Open(Spec{Path: path})
		require.NoError(t, err, name)
		want := openData(t, name)
		require.Equal(t, want.Info(), s.Info())
		a, err := mediatest.ReadAll(t, want)
		require.NoError(t, err)
		b, err := mediatest.ReadAll(t, s)
		require.NoError(t, err)
		require.Equal(t, a, b)
		require.NoError(t, s.Close())
	}
}

// failing has a fault at an offset.
type failing struct {
	*bytes.Reader
	at int64
}

var errDisk = errors.New("disk fault")

func (f failing) ReadAt(b []byte, offset int64) (int, error) {
	if offset+int64(len(b)) > f.at {
		return 0, errDisk
	}
	return f.Reader.ReadAt(b, offset)
}

func TestReadFaultsAreReported(t *testing.T) {
	for name, open := range map[string]func(*media.Input) (media.Reader, error){
		"bframes.flv": flvfile.Open, "bframes.mp4": mp4.Open, "fragmented.mp4": mp4.Open, "tone.aac": func(in *media.Input) (media.Reader, error) { return audioframes.Open(in, audioframes.ADTS) },
		"av1.ivf": ivf.Open, "hevc.mkv": matroska.Open, "vp8.webm": matroska.Open, "opus.ogg": ogg.Open, "alaw.wav": wav.Open, "hevc.ts": mpegts.Open, "tone.mp3": func(in *media.Input) (media.Reader, error) { return audioframes.Open(in, audioframes.MP3) },
		"bframes.h265": func(in *media.Input) (media.Reader, error) { return annexb.Open(in, flv.HEVC, 0) },
		"bframes.h264": func(in *media.Input) (media.Reader, error) { return annexb.Open(in, flv.H264, 0) },
	} {
		b, err := os.ReadFile(mediatest.Path(name))
		require.NoError(t, err)
		for at := 0; at < len(b)*9/10; at += len(b) / 50 {
			m, err := open(&media.Input{ReaderAt: failing{bytes.NewReader(b), int64(at)}, Size: int64(len(b))})
			if err == nil {
				_, err = mediatest.ReadAll(t, m)
			}
			require.ErrorIs(t, err, errDisk, "%s at %d", name, at)
		}
	}
}

// A byte stream is read also where the file begins inside a NAL unit.
func TestPieceOfByteStream(t *testing.T) {
	for name, codec := range map[string]flv.Codec{"bframes.h264": flv.H264, "bframes.h265": flv.HEVC} {
		path := filepath.Join(t.TempDir(), "piece.bin")
		require.NoError(t, os.WriteFile(path, append([]byte{0x65, 0x88, 0x84, 1, 2, 3}, mediatest.File(t, name)...), 0o600))
		var warnings []string
		s, err := Open(Spec{Path: path, FPS: 10, Warn: func(text string) { warnings = append(warnings, text) }})
		require.NoError(t, err, name)
		require.Equal(t, codec, s.Info().Video.Codec)
		require.Equal(t, 10.0, s.Info().Video.FrameRate)
		require.Len(t, warnings, 1, name)
		require.NoError(t, s.Close())
	}
}
