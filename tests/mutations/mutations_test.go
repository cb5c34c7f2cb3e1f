// Package mutations_test reads damaged files of every format: made from the small files of the test data, by numbers that make the same
// files again. Each is read to its end and in a loop.
//
//	go test ./tests/mutations -mutations 100000                              100,000 files of each format
//	go test ./tests/mutations -run TestMutated/mp4 -mutations 1 -first 4711  one file again
package mutations_test

import (
	"flag"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
)

var (
	mutations = flag.Int("mutations", 150, "how many damaged files of each format are read")
	first     = flag.Uint64("first", 0, "the number of the first damaged file")
)

// deadline is far above what reading a small file takes on any machine.
const deadline = 2 * time.Minute

// maxFailures is how many files of a format may fail before the rest is left out.
const maxFailures = 20

// format is one kind of files.
type format struct {
	name     string
	ext      string
	files    []string                      // of the test data
	made     func(testing.TB) [][]byte     // files that the test data lack
	elements func(b []byte) (starts []int) // where structures begin
	mend     func(b []byte)                // brings checksums in order; nil: there are none
}

var formats = []format{
	{name: "flv", ext: ".flv", files: []string{"bframes.flv", "mp3.flv"}, elements: flvTags},
	{name: "enhanced flv", ext: ".flv", made: enhancedFLV, elements: flvTags},
	{name: "mp4", ext: ".mp4", elements: boxes, files: []string{
		"bframes.mp4", "faststart.mp4", "negative.mp4", "trimmed.mp4", "hvc1.mp4", "hev1.mp4", "av1.mp4", "vp9.mp4", "opus.mp4", "flac.mp4",
		"ac3.mp4", "eac3.mp4", "tone.mp4", "mp3.mp4",
	}},
	{name: "fragmented mp4", ext: ".mp4", files: []string{"fragmented.mp4", "separate.mp4", "vp9frag.mp4"}, elements: boxes},
	{name: "mov", ext: ".mov", files: []string{"delayed.mov"}, elements: boxes},
	{name: "ts of 188 bytes", ext: ".ts", elements: packets(188), files: []string{
		"bframes.ts", "hevc.ts", "ac3.ts", "eac3.ts", "mp3.ts", "opus.ts", "mpeg2.ts",
	}},
	{name: "ts of 192 bytes", ext: ".m2ts", files: []string{"bframes.m2ts"}, elements: packets(192)},
	{name: "ts of 204 bytes", ext: ".ts", made: longPackets, elements: packets(204)},
	{name: "matroska", ext: ".mkv", elements: elements, files: []string{
		"bframes.mkv", "hevc.mkv", "av1.mkv", "live.mkv", "ac3.mka", "mp3.mka", "mulaw.mka",
	}},
	{name: "webm", ext: ".webm", files: []string{"vp8.webm", "vp9.webm"}, elements: elements},
	{name: "h264", ext: ".h264", files: []string{"bframes.h264", "slices.h264"}, elements: atPattern("\x00\x00\x01")},
	{name: "hevc", ext: ".h265", files: []string{"bframes.h265"}, elements: atPattern("\x00\x00\x01")},
	{name: "av1 in ivf", ext: ".ivf", files: []string{"av1.ivf"}, elements: ivfFrames},
	{name: "vp9 in ivf", ext: ".ivf", files: []string{"vp9.ivf"}, elements: ivfFrames},
	{name: "vp8 in ivf", ext: ".ivf", files: []string{"vp8.ivf"}, elements: ivfFrames},
	{name: "opus in ogg", ext: ".ogg", files: []string{"opus.ogg", "chained.ogg", "theora.ogg", "vorbis.ogg"}, elements: atPattern("OggS"), mend: mendPages},
	{name: "flac in ogg", ext: ".oga", files: []string{"flac.oga"}, elements: atPattern("OggS"), mend: mendPages},
	{name: "wav", ext: ".wav", files: []string{"alaw.wav", "mulaw.wav", "pcm.wav"}, elements: riffChunks},
	{name: "adts", ext: ".aac", files: []string{"tone.aac"}, elements: atPattern("\xFF\xF1")},
	{name: "mp3", ext: ".mp3", files: []string{"tone.mp3", "tone22.mp3"}, elements: atPattern("\xFF")},
	{name: "ac3", ext: ".ac3", files: []string{"tone.ac3"}, elements: atPattern("\x0B\x77")},
	{name: "eac3", ext: ".eac3", files: []string{"tone.eac3"}, elements: atPattern("\x0B\x77")},
}

// Of a damaged file of any format is read what can be read: its units are as every source promises, there are no more of them than the file
// has bytes, reading them takes memory in proportion to the file, and what is wrong is an error that says where.
func TestMutated(t *testing.T) {
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			var files [][]byte
			for _, name := range f.files {
				files = append(files, testFile(t, name))
			}
			if f.made != nil {
				files = append(files, f.made(t)...)
			}
			path := filepath.Join(t.TempDir(), "mutated"+f.ext)
			repeat(t, func(random *rand.Rand) ([]byte, func() (int, error)) {
				m := mutator{Rand: random, files: files, elements: f.elements}
				b := m.file()
				if f.mend != nil && random.IntN(8) > 0 {
					f.mend(b)
				}
				require.NoError(t, os.WriteFile(path, b, 0o600))
				return b, func() (int, error) { return readFile(path, len(b), random) }
			})
		})
	}
}

// repeat makes the damaged inputs of a test and has them read. read returns how many units it got.
func repeat(t *testing.T, make func(*rand.Rand) (input []byte, read func() (int, error))) {
	t.Helper()
	seed := fnv.New64a()
	seed.Write([]byte(t.Name()))
	units, readable, failed, most := 0, 0, 0, uint64(0)
	for n := *first; n < *first+uint64(*mutations); n++ {
		input, read := make(rand.New(rand.NewPCG(seed.Sum64(), n)))
		watch := time.AfterFunc(deadline, func() { panic(fmt.Sprintf("%s, number %d: it takes longer than %v", t.Name(), n, deadline)) })
		before := allocated()
		got, err := guarded(read)
		cost := allocated() - before
		watch.Stop()
		if limit := uint64(fixedMemory + memoryPerByte*len(input) + memoryPerUnit*got); err == nil && cost > limit {
			err = fmt.Errorf("%d bytes were allocated for %d units, expected %d at most", cost, got, limit)
		}
		if err != nil {
			t.Errorf("number %d, %d bytes, kept as %s: %v", n, len(input), keep(t, input, n), err)
			if failed++; failed == maxFailures {
				t.FailNow()
			}
		}
		units += got
		most = max(most, cost-min(cost, uint64(memoryPerByte*len(input)+memoryPerUnit*got)))
		if got > 0 {
			readable++
		}
	}
	t.Logf("%d of %d could be read, with %d units; at most %d bytes beyond what the units may cost", readable, *mutations, units, most)
	if *mutations >= 100 {
		require.Greater(t, readable, *mutations/10, "the damage is too great to show anything")
	}
}

// guarded makes an error of a panic.
func guarded(read func() (int, error)) (units int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return read()
}

// keep writes what a test failed with to a file that stays.
func keep(t *testing.T, input []byte, n uint64) string {
	t.Helper()
	name := strings.NewReplacer("/", "-", " ", "-").Replace(t.Name())
	path := filepath.Join(repo.Build(t, "mutations"), fmt.Sprintf("%s-%d", name, n))
	require.NoError(t, os.WriteFile(path, input, 0o600))
	return path
}

// testFile returns a file of the test data of the sources.
func testFile(t testing.TB, name string) []byte {
	t.Helper()
	var found string
	err := filepath.WalkDir(filepath.Join(repo.Root(t), "core", "source"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() == name {
			found = path
			return fs.SkipAll
		}
		return err
	})
	require.NoError(t, err)
	require.NotEmpty(t, found, "%s is not in the test data", name)
	b, err := os.ReadFile(found)
	require.NoError(t, err)
	return b
}
