package mp4

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// fragmentedFile returns 4 s of H.264 and AAC, with a moof for each second.
func fragmentedFile(t *testing.T) []byte {
	path := filepath.Join(t.TempDir(), "a.mp4")
	mediatest.Run(t, "ffmpeg", append(strings.Fields("-v error -nostdin -f lavfi -i testsrc2=size=160x96:rate=25 -f lavfi -i sine=440:r=48000 -t 4 -pix_fmt yuv420p "+
		"-c:v libx264 -preset ultrafast -bf 0 -g 25 -sc_threshold 0 -c:a aac -movflags +frag_keyframe+empty_moov+default_base_moof"), path)...)
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

// places returns where what stands in a file, which begins 4 bytes behind the start of a box.
func places(file []byte, typ string) (at []int) {
	for i := 0; ; i++ {
		n := bytes.Index(file[i:], []byte(typ))
		if n < 0 {
			return at
		}
		i += n
		at = append(at, i)
	}
}

// read returns the units of a file, how it ended, and what was said of it.
func read(t *testing.T, file []byte) (units []mediatest.Unit, warnings []string, end error) {
	in := mediatest.Memory(file)
	in.Warn = func(text string) { warnings = append(warnings, text) }
	m, err := Open(in)
	require.NoError(t, err)
	units, end = mediatest.ReadAll(t, m)
	return units, warnings, end
}

// largestGap is the largest step between the decode times of units.
func largestGap(units []mediatest.Unit) (gap time.Duration) {
	for i := range len(units) - 1 {
		gap = max(gap, units[i+1].DTS-units[i].DTS)
	}
	return gap
}

// Audio and video go on together where the times of fragments jump, and nothing is lost.
func TestMP4JumpsStayInStep(t *testing.T) {
	file := fragmentedFile(t)
	good, _, err := read(t, file)
	require.NoError(t, err)
	moofs, tfdts := places(file, "moof"), places(file, "tfdt")
	require.Greater(t, len(moofs), 2)
	require.Len(t, tfdts, 2*len(moofs))
	set := func(value uint64, which ...int) []byte {
		b := bytes.Clone(file)
		for _, i := range which {
			require.EqualValues(t, 1, b[tfdts[i]+4], "version")
			binary.BigEndian.PutUint64(b[tfdts[i]+8:], value)
		}
		return b
	}
	for _, c := range []struct {
		name  string
		file  []byte
		times int // of the file's units
	}{
		{"two files, one behind the other", append(bytes.Clone(file), file...), 2},
		{"the fragments again", append(bytes.Clone(file), file[moofs[0]-4:]...), 2},
		{"one damaged time of video, forward", set(1<<40, 2), 1},
		{"one damaged time of audio, forward", set(1<<40, 3), 1},
		{"both damaged, forward", set(1<<31, 2, 3), 1},
		{"one damaged time of video, back", set(0, 4), 1},
		{"both damaged, back", set(0, 4, 5), 1},
		{"beyond all", set(1<<63, 2), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			units, warnings, err := read(t, c.file)
			require.NoError(t, err)
			require.Empty(t, warnings)
			video, audio := mediatest.Of(units, flv.Video), mediatest.Of(units, flv.Audio)
			require.Len(t, video, c.times*len(mediatest.Of(good, flv.Video)))
			require.Len(t, audio, c.times*len(mediatest.Of(good, flv.Audio)))
			require.Less(t, largestGap(video), 200*time.Millisecond)
			require.Less(t, largestGap(audio), 200*time.Millisecond)
			require.InDelta(t, video[len(video)-1].DTS.Seconds(), audio[len(audio)-1].DTS.Seconds(), 0.3)
		})
	}
}

// A pause in one track, as between the pictures of a lecture, is no jump however long it is.
func TestMP4LongPauseOfOneTrack(t *testing.T) {
	file := makeMovie(
		testTrack{
			handler: "vide", timescale: 1, entries: h264Entry(mediatest.AVCRecord), stts: mediatest.U32(0, 1, 2, 120),
			samples: [][]byte{{0, 0, 0, 1, 0x65}, {0, 0, 0, 1, 0x65}},
		},
		testTrack{
			handler: "soun", timescale: 48000, entries: soundEntry("mp4a", 48000, 1, esds(0x40, 0x11, 0x88)), stts: mediatest.U32(0, 1, 6000, 1024),
			samples: slices.Repeat([][]byte{{0x21}}, 6000),
		},
	)
	units, _, err := read(t, file)
	require.NoError(t, err)
	video := mediatest.Of(units, flv.Video)
	require.Len(t, video, 2)
	require.Equal(t, 120*time.Second, video[1].DTS)
	require.Len(t, mediatest.Of(units, flv.Audio), 6000)
}

// Where a file is cut inside a fragment, the track whose samples are there goes on to the cut.
func TestMP4CutInsideOfFragment(t *testing.T) {
	file := fragmentedFile(t)
	good, _, err := read(t, file)
	require.NoError(t, err)
	moofs := places(file, "moof")
	end := len(file)
	if len(moofs) > 3 {
		end = moofs[3] - 4
	}
	cut := end - 2000 // inside of the samples of audio, which stand behind those of video
	units, _, err := read(t, file[:cut])
	require.ErrorIs(t, err, media.ErrTruncated)
	before := 0
	for _, u := range mediatest.Of(good, flv.Video) {
		if u.DTS < 3*time.Second {
			before++
		}
	}
	require.Len(t, mediatest.Of(units, flv.Video), before)
}

// What is no box, and a fragment that cannot be read, are named.
func TestMP4DamagedFragments(t *testing.T) {
	file := fragmentedFile(t)
	moofs, truns := places(file, "moof"), places(file, "trun")
	third := moofs[2] - 4
	with := func(at int, b ...byte) []byte { return slices.Concat(file[:at], b, file[at:]) }
	counted := bytes.Clone(file)
	binary.BigEndian.PutUint32(counted[truns[2]+8:], 100_000)
	for _, c := range []struct {
		name    string
		file    []byte
		seconds int // of video
		warning string
	}{
		{"rubbish between fragments", with(third, bytes.Repeat([]byte{0xAA}, 1000)...), 2, "is no box"},
		{"zeros between fragments", with(third, make([]byte, 1000)...), 2, "is no box"},
		{"rubbish at the end", append(bytes.Clone(file), bytes.Repeat([]byte{0, 0, 0, 5}, 9)...), 4, "the last 36 bytes"},
		{"a run with a wrong number of samples", counted, 4, "announces 100000 samples"},
	} {
		t.Run(c.name, func(t *testing.T) {
			units, warnings, err := read(t, c.file)
			require.NoError(t, err)
			require.Len(t, mediatest.Of(units, flv.Video), 25*c.seconds)
			require.Len(t, warnings, 1)
			require.Contains(t, warnings[0], c.warning)
		})
	}
}

// One composition offset that is damaged does not move the audio away from the video.
func TestMP4DamagedCompositionOffset(t *testing.T) {
	file := bytes.Clone(mediatest.File(t, "bframes.mp4"))
	good, _, err := read(t, file)
	require.NoError(t, err)
	at := places(file, "ctts")[0]
	binary.BigEndian.PutUint32(file[at+4+8+8*3+4:], 0x90000000)
	units, _, err := read(t, file)
	require.NoError(t, err)
	require.Len(t, units, len(good))
	for i := range good {
		require.Equal(t, good[i].Kind, units[i].Kind)
		require.Equal(t, good[i].DTS, units[i].DTS)
	}
}
