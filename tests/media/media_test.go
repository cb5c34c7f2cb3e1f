package media

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMake(t *testing.T) {
	for _, ca := range []struct {
		name         string
		file         func(testing.TB) string
		video, audio int
	}{
		{"flv", FLV, 90, 131},
		{"mp4", MP4, 75, 131},
		{"mp4, fast start", FastStartMP4, 75, 131},
		{"mp4, fragmented", FragmentedMP4, 75, 131},
		{"annex b", AnnexB, 75, 0},
		{"adts", ADTS, 0, 131},
	} {
		t.Run(ca.name, func(t *testing.T) {
			file := ca.file(t)
			require.Equal(t, file, ca.file(t))

			f := FrameMD5(t, file)
			require.Empty(t, f.Complaints)
			require.Len(t, f.Video.Decoded, ca.video)
			require.Len(t, f.Video.Coded, ca.video)
			require.Len(t, f.Audio.Coded, ca.audio)

			seen := map[string]int{}
			for i, fr := range f.Video.Decoded {
				require.NotContains(t, seen, fr.MD5, "frame %d", i)
				seen[fr.MD5] = i
			}
		})
	}
}

// An encoder need not write the same twice: several that make a file at once must all go on with the same one.
func TestMakeOnce(t *testing.T) {
	const makers = 8
	path := filepath.Join(t.TempDir(), "made.flv")
	var all, writing sync.WaitGroup
	writing.Add(makers) // nobody is done before everybody has begun
	found := make([]string, makers)

	for i := range makers {
		all.Go(func() {
			makeOnce(t, path, func(path string) {
				writing.Done()
				writing.Wait()
				assert.NoError(t, os.WriteFile(path, []byte(strconv.Itoa(i)), 0o600))
			})
			data, err := os.ReadFile(path)
			assert.NoError(t, err)
			found[i] = string(data)
		})
	}
	all.Wait()

	for _, data := range found {
		require.Equal(t, found[0], data)
	}
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing else is left behind")
}

// The media must have what the tests that use it are about.
func TestMakeProperties(t *testing.T) {
	box := func(file, name string) int {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		return bytes.Index(data, []byte(name))
	}

	require.Greater(t, box(MP4(t), "elst"), 0)
	require.Greater(t, box(MP4(t), "ctts"), 0)
	require.Greater(t, box(MP4(t), "moov"), box(MP4(t), "mdat"))
	require.Less(t, box(FastStartMP4(t), "moov"), box(FastStartMP4(t), "mdat"))
	require.Greater(t, box(FragmentedMP4(t), "moof"), 0)

	data, err := os.ReadFile(AnnexB(t))
	require.NoError(t, err)

	long, short := 0, 0
	types := map[byte]int{}
	for i := 0; i+3 < len(data); i++ {
		if bytes.Equal(data[i:i+3], []byte{0, 0, 1}) {
			types[data[i+3]&0x1F]++
			if i > 0 && data[i-1] == 0 {
				long++
			} else {
				short++
			}
		}
	}
	require.Greater(t, long, 75)
	require.Greater(t, short, 75)
	require.Equal(t, 75, types[9], "access unit delimiters")
	require.GreaterOrEqual(t, types[6], 75, "SEI")
	require.Equal(t, 4*75, types[1]+types[5], "slices")
}

// tag is one FLV tag with its header; FLV 10.1, E.4.1.
type tag []byte

func (g tag) ms() uint32 { return uint32(g[7])<<24 | uint32(g[4])<<16 | uint32(g[5])<<8 | uint32(g[6]) }

func (g tag) setMS(ms uint32) {
	g[4], g[5], g[6], g[7] = byte(ms>>16), byte(ms>>8), byte(ms), byte(ms>>24)
}

func readTags(t *testing.T, file string) (header []byte, tags []tag) {
	t.Helper()

	data, err := os.ReadFile(file)
	require.NoError(t, err)

	header, data = data[:13], data[13:]
	for len(data) > 0 {
		size := 11 + int(data[1])<<16 + int(data[2])<<8 + int(data[3])
		tags = append(tags, tag(data[:size]))
		data = data[size+4:]
	}

	return header, tags
}

func writeTags(t *testing.T, header []byte, tags []tag) string {
	t.Helper()

	data := bytes.Clone(header)
	for _, g := range tags {
		data = append(data, g...)
		data = binary.BigEndian.AppendUint32(data, uint32(len(g)))
	}

	file := filepath.Join(t.TempDir(), "changed.flv")
	require.NoError(t, os.WriteFile(file, data, 0o600))

	return file
}

// numberOf returns the index of the nth tag (from 0) of a type that is not a sequence header.
func numberOf(t *testing.T, tags []tag, typ byte, n int) int {
	t.Helper()

	for i, g := range tags {
		if g[0] == typ && g[12] == 1 {
			if n == 0 {
				return i
			}
			n--
		}
	}

	t.Fatalf("no tag %d of type %d", n, typ)
	return 0
}

func TestDiff(t *testing.T) {
	const video, audio = 9, 8
	source := Make(t, ".flv", join(picture30, tone, h264, []string{"-bf", "0", "-x264-params", "slices=4"}, aac)...)
	want := FrameMD5(t, source)

	for _, ca := range []struct {
		name   string
		change func(t *testing.T, tags []tag) []tag
		err    []string // parts of the message; none means no difference
	}{
		{"nothing", func(_ *testing.T, tags []tag) []tag { return tags }, nil},
		{
			"all 5 s later", func(_ *testing.T, tags []tag) []tag {
				for _, g := range tags {
					g.setMS(g.ms() + 5000)
				}
				return tags
			}, nil,
		},
		{
			"all later, over 2^24 ms", func(_ *testing.T, tags []tag) []tag {
				for _, g := range tags {
					g.setMS(g.ms() + 1<<24 - 1000)
				}
				return tags
			}, nil,
		},
		{
			"a frame missing", func(t *testing.T, tags []tag) []tag {
				i := numberOf(t, tags, video, 42)
				return append(tags[:i:i], tags[i+1:]...)
			}, []string{"video frames: 89, want 90; number 42"},
		},
		{
			"the last frame missing", func(t *testing.T, tags []tag) []tag {
				i := numberOf(t, tags, video, 89)
				return append(tags[:i:i], tags[i+1:]...)
			}, []string{"video frames: 89, want 90; number 89 and all after it are missing"},
		},
		{
			"a frame twice", func(t *testing.T, tags []tag) []tag {
				i := numberOf(t, tags, video, 30)
				return append(tags[:i+1:i+1], tags[i:]...)
			}, []string{"video frames: 91, want 90; number 31 is not the source's"},
		},
		{
			"an audio packet twice", func(t *testing.T, tags []tag) []tag {
				i := numberOf(t, tags, audio, 30)
				return append(tags[:i+1:i+1], tags[i:]...)
			}, []string{"audio packets: 132, want 131; number 31 is not the source's: it is number 30 again"},
		},
		{
			"a frame 2 ms late", func(t *testing.T, tags []tag) []tag {
				g := tags[numberOf(t, tags, video, 20)]
				g.setMS(g.ms() + 2)
				return tags
			}, []string{"video frames: 90, want 90; number 20 is off by 2ms"},
		},
		{
			"audio 2 ms late", func(_ *testing.T, tags []tag) []tag {
				for _, g := range tags {
					if g[0] == audio {
						g.setMS(g.ms() + 2)
					}
				}
				return tags
			}, []string{"audio packets: 131, want 131; number 0 is off by 2ms", "audio frames: "},
		},
		{
			"an audio packet missing", func(t *testing.T, tags []tag) []tag {
				i := numberOf(t, tags, audio, 50)
				return append(tags[:i:i], tags[i+1:]...)
			}, []string{"audio packets: 130, want 131; number 50 is not the source's: it is number 51, so 1 are missing"},
		},
		{
			"two audio packets changed over", func(t *testing.T, tags []tag) []tag {
				a, b := numberOf(t, tags, audio, 50), numberOf(t, tags, audio, 51)
				tags[a], tags[b] = tags[b], tags[a]
				ms := tags[a].ms()
				tags[a].setMS(tags[b].ms())
				tags[b].setMS(ms)
				return tags
			}, []string{"audio packets: 131, want 131; number 50 is not the source's"},
		},
		{
			"a slice lost", func(t *testing.T, tags []tag) []tag {
				i := numberOf(t, tags, video, 10)
				tags[i] = withoutLastNALU(tags[i])
				return tags
			}, []string{"video frames: 90, want 90; number 10 is not the source's: no frame of the source is like it"},
		},
	} {
		t.Run(ca.name, func(t *testing.T) {
			header, tags := readTags(t, source)
			got := FrameMD5(t, writeTags(t, header, ca.change(t, tags)))
			err := Diff(want, got, Options{})

			if ca.err == nil {
				require.NoError(t, err)
				return
			}
			for _, part := range ca.err {
				require.ErrorContains(t, err, part)
			}
		})
	}
}

// withoutLastNALU takes the last NAL unit out of a tag of AVC video; each has four bytes of length before it.
func withoutLastNALU(g tag) tag {
	const body = 11 + 5

	last := body
	for at := body; at < len(g); at += 4 + int(binary.BigEndian.Uint32(g[at:])) {
		last = at
	}

	g = bytes.Clone(g[:last])
	size := len(g) - 11
	g[1], g[2], g[3] = byte(size>>16), byte(size>>8), byte(size)

	return g
}

func TestDiffOptions(t *testing.T) {
	want := FrameMD5(t, FLV(t))

	cut := want.Repeat(1, 0)
	cut.Video.Decoded = cut.Video.Decoded[:40]
	cut.Audio.Coded = cut.Audio.Coded[:60]
	cut.Audio.Decoded = cut.Audio.Decoded[:60]
	require.NoError(t, Diff(want, cut, Options{Prefix: true}))
	require.ErrorContains(t, Diff(want, cut, Options{}), "number 40 and all after it are missing")

	cut.Audio = Track{}
	require.ErrorContains(t, Diff(want, cut, Options{Prefix: true}), "audio packets: 0, want 131")
	require.NoError(t, Diff(want, cut, Options{Prefix: true, VideoOnly: true}))

	late := want.Repeat(1, 0).shift(time.Second)
	require.NoError(t, Diff(want, late, Options{}))
	late.Video.Decoded[7].PTS += 30 * time.Millisecond
	require.NoError(t, Diff(want, late, Options{NoTimes: true}))
	require.ErrorContains(t, Diff(want, late, Options{}), "number 7 is off by 30ms")
	require.NoError(t, Diff(want, late, Options{Tolerance: 40 * time.Millisecond}))

	other := want.Repeat(1, 0)
	other.Video.Coded[3].MD5 = "other"
	require.NoError(t, Diff(want, other, Options{}))
	require.ErrorContains(t, Diff(want, other, Options{CodedVideo: true}), "video packets")

	twice := want.Repeat(2, Length)
	require.Len(t, twice.Video.Decoded, 180)
	require.Equal(t, Length, twice.Video.Decoded[90].PTS-twice.Video.Decoded[0].PTS)

	noisy := want.Repeat(1, 0)
	noisy.Complaints = "error while decoding MB 3 4"
	require.ErrorContains(t, Diff(want, noisy, Options{}), "ffmpeg complains: error while decoding MB 3 4")
}
