package mp4

import (
	"bytes"
	"math"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// movie is a file with one video track of 3 samples of 3 bytes (length prefix of 2 bytes), 1 s each, at offset 8.
type movie struct {
	handler, entry string
	lengthSize     byte
	elst, mvex     []byte
	tables         map[string][]byte
}

func newMovie() *movie {
	return &movie{
		handler: "vide", entry: "avc1", lengthSize: 2,
		tables: map[string][]byte{
			"stts": mediatest.U32(0, 1, 3, 1000),
			"stsc": mediatest.U32(0, 1, 1, 3, 1),
			"stsz": mediatest.U32(0, 3, 3),
			"stco": mediatest.U32(0, 1, 8),
		},
	}
}

func (m *movie) bytes() []byte {
	media := []byte{0, 1, 0x65, 0, 1, 0x41, 0, 1, 0x01}
	avcC := bytes.Clone(mediatest.AVCRecord)
	avcC[4] = 0xFC | (m.lengthSize - 1)
	entry := mediatest.Box(m.entry, make([]byte, visualEntry), mediatest.Box("avcC", avcC))
	stbl := [][]byte{mediatest.Box("stsd", mediatest.U32(0, 1), entry)}
	for _, typ := range []string{"stss", "stco", "co64", "stsz", "stz2", "stsc", "ctts", "stts"} { // any order
		if table, ok := m.tables[typ]; ok {
			stbl = append(stbl, mediatest.Box(typ, table))
		}
	}
	var edts []byte
	if m.elst != nil {
		edts = mediatest.Box("edts", mediatest.Box("elst", m.elst))
	}
	trak := mediatest.Box("trak",
		mediatest.Box("tkhd", mediatest.U32(0, 0, 0, 7), make([]byte, 68)),
		edts,
		mediatest.Box("mdia",
			mediatest.Box("mdhd", mediatest.U32(0, 0, 0, 1000, 3000, 0)),
			mediatest.Box("hdlr", mediatest.U32(0, 0), []byte(m.handler), make([]byte, 13)),
			mediatest.Box("minf", mediatest.Box("stbl", stbl...)),
		),
	)
	mvhd := mediatest.Box("mvhd", mediatest.U32(0, 0, 0, 600, 1800), make([]byte, 80))
	return append(mediatest.Box("mdat", media), mediatest.Box("moov", mvhd, trak, m.mvex)...)
}

func TestMP4Tables(t *testing.T) {
	const plain = "0s/0s 1s/1s 2s/2s "
	for _, c := range []struct {
		name   string
		change func(*movie)
		times  string
	}{
		{"constant size", func(*movie) {}, plain},
		{"size table", func(m *movie) { m.tables["stsz"] = mediatest.U32(0, 0, 3, 3, 3, 3) }, plain},
		{"compact sizes", func(m *movie) {
			delete(m.tables, "stsz")
			m.tables["stz2"] = append(mediatest.U32(0, 4, 3), 0x33, 0x30)
		}, plain},
		{"co64", func(m *movie) { delete(m.tables, "stco"); m.tables["co64"] = mediatest.U32(0, 1, 0, 8) }, plain},
		{"chunk per sample", func(m *movie) {
			m.tables["stco"], m.tables["stsc"] = mediatest.U32(0, 3, 8, 11, 14), mediatest.U32(0, 1, 1, 1, 1)
		}, plain},
		{"chunks of 1 and 2", func(m *movie) {
			m.tables["stco"], m.tables["stsc"] = mediatest.U32(0, 2, 8, 11), mediatest.U32(0, 2, 1, 1, 1, 2, 2, 1)
		}, plain},
		{"lengths of 1 byte", func(m *movie) {
			m.lengthSize, m.tables["stsz"], m.tables["stco"], m.tables["stsc"] = 1, mediatest.U32(0, 2, 3), mediatest.U32(0, 3, 9, 12, 15), mediatest.U32(0, 1, 1, 1, 1)
		}, plain},
		{"varying durations", func(m *movie) { m.tables["stts"] = mediatest.U32(0, 2, 1, 1000, 2, 500) }, "0s/0s 1s/1s 1.5s/1.5s "},
		{"stts too short", func(m *movie) { m.tables["stts"] = mediatest.U32(0, 1, 1, 1000) }, plain},
		{"ctts", func(m *movie) { m.tables["ctts"] = mediatest.U32(0, 2, 1, 1000, 2, 500) }, "0s/1s 1s/1.5s 2s/2.5s "},
		{"negative ctts", func(m *movie) { m.tables["ctts"] = mediatest.U32(1<<24, 2, 1, 0, 2, math.MaxUint32-499) }, "0s/500ms 1s/1s 2s/2s "},
		{"empty edit alone", func(m *movie) { m.elst = mediatest.U32(0, 1, 600, math.MaxUint32, 1<<16) }, plain}, // one track: shifted to 0
		{"edit at a later sync sample", func(m *movie) {
			m.elst, m.tables["stss"] = mediatest.U32(0, 1, 600, 2000, 1<<16), mediatest.U32(0, 2, 1, 2)
		}, "0s/0s 1s/1s "},
		{"version 1 edit", func(m *movie) { m.elst = mediatest.U32(1<<24, 1, 0, 600, 0, 0, 1<<16) }, plain},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMovie()
			c.change(m)
			f, err := Open(mediatest.Memory(m.bytes()))
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, f)
			require.NoError(t, err)
			mediatest.RequireOrder(t, units)
			require.Equal(t, c.times, mediatest.Times(units))
			for _, u := range units {
				require.Equal(t, 1, u.NALUs)
			}
		})
	}
}

func TestMP4Errors(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*movie)
		good   int // units before the error
		err    error
		text   string
	}{
		{"stz2 bits", func(m *movie) { delete(m.tables, "stsz"); m.tables["stz2"] = mediatest.U32(0, 7, 3) }, 0, media.ErrBadMedia, "sizes of 7 bits"},
		{"stz2 count", func(m *movie) { delete(m.tables, "stsz"); m.tables["stz2"] = mediatest.U32(0, 4, 30, 0) }, 0, media.ErrBadMedia, "chunks hold 3 samples of 8"},
		{"constant size beyond the file", func(m *movie) { m.tables["stsz"] = mediatest.U32(0, 3, math.MaxUint32) }, 3, media.ErrBadMedia, "chunks hold 3 samples of 4294967295"},
		{"no chunks", func(m *movie) { delete(m.tables, "stco") }, 0, media.ErrBadMedia, "chunks hold 0 samples of 3"},
		{"sample beyond the file", func(m *movie) { m.tables["stco"] = mediatest.U32(0, 1, 1<<20) }, 0, media.ErrTruncated, "3 bytes at offset 1048576"},
		{"co64 beyond all", func(m *movie) { delete(m.tables, "stco"); m.tables["co64"] = mediatest.U32(0, 1, math.MaxUint32, 8) }, 0, media.ErrTruncated, "3 bytes at offset"},
		{"huge samples", func(m *movie) { m.tables["stsz"] = mediatest.U32(0, 1<<30, 3) }, 0, media.ErrTruncated, "sample of 1073741824 bytes at offset 8"},
		{"broken samples", func(m *movie) { m.lengthSize = 4 }, 0, nil, ""},
		{"time", func(m *movie) { m.tables["stts"] = mediatest.U32(0, 1, 3, math.MaxUint32) }, 3, nil, ""},
		{"encrypted", func(m *movie) { m.entry = "encv" }, 0, media.ErrUnsupported, "encrypted media (encv"},
		{"hevc without its configuration", func(m *movie) { m.entry = "hvc1" }, 0, media.ErrBadMedia, "hvc1 at offset 346 has no hvcC"},
		{"prores", func(m *movie) { m.entry = "apcn" }, 0, media.ErrUnsupported, "track 7 (video): prores (apcn): not supported"},
		{"text only", func(m *movie) { m.handler = "text" }, 0, media.ErrUnsupported, `handler "text"`},
		{"no samples", func(m *movie) { m.tables["stsz"] = mediatest.U32(0, 0, 0) }, 0, media.ErrBadMedia, "no samples"},
		{"trun without size", func(m *movie) {
			m.mvex = append(mediatest.Box("mvex", mediatest.Box("trex", mediatest.U32(0, 7, 1, 1, 0, 0))), mediatest.Box("free")...)
			m.tables["stsz"] = mediatest.U32(0, 0, 0)
		}, 0, media.ErrBadMedia, "no samples"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMovie()
			c.change(m)
			units, err := mediatest.OpenAndRead(t, mediatest.Memory(m.bytes()), Open)
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
				require.ErrorContains(t, err, c.text)
			}
			require.Len(t, units, c.good)
		})
	}
}

func TestMP4Fragments(t *testing.T) {
	mvex := mediatest.Box("mvex", mediatest.Box("trex", mediatest.U32(0, 7, 1, 1000, 3, 0)))
	m := newMovie()
	m.mvex = mvex
	m.tables["stsz"] = mediatest.U32(0, 0, 0)
	fragment := func(trun []byte) []byte {
		traf := mediatest.Box("traf", mediatest.Box("tfhd", mediatest.U32(0x020000, 7)), mediatest.Box("trun", trun))
		return append(m.bytes(), mediatest.Box("moof", mediatest.Box("traf", mediatest.Box("tfhd", mediatest.U32(1, 99, 0, 0)), mediatest.Box("trun", mediatest.U32(0, 1))), traf)...)
	}
	moof := len(m.bytes())

	f, err := Open(mediatest.Memory(fragment(mediatest.U32(1, 3, uint32(8-moof)))))
	require.NoError(t, err)
	units, err := mediatest.ReadAll(t, f)
	require.NoError(t, err, "the run of a track that is not sent does not matter")
	require.Equal(t, "0s/0s 1s/1s 2s/2s ", mediatest.Times(units))
}

func TestMP4HostileRuns(t *testing.T) {
	m := newMovie()
	m.mvex = mediatest.Box("mvex", mediatest.Box("trex", mediatest.U32(0, 7, 1, 1000, 3, 0)))
	m.tables["stsz"] = mediatest.U32(0, 0, 0)
	base := m.bytes()
	for _, c := range []struct {
		name string
		trun []byte
		good int
		text string
	}{
		{"good", mediatest.U32(1, 3, uint32(8-len(base))), 3, ""},
		{"count without entries", mediatest.U32(0x201, math.MaxUint32, 0), 0, "no samples"},
		{"count of constant samples", mediatest.U32(1, math.MaxUint32, uint32(8-len(base))), 5, "file is truncated"},
		{"negative offset", mediatest.U32(1, 3, 1<<31), 0, "points to offset"},
		{"short", mediatest.U32(0), 0, "has 4 bytes"},
		{"without a size", nil, 0, "without a size"},
		{"short offset", mediatest.U32(1, 3), 0, "expected at least 12"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tfhd := mediatest.U32(0x020000, 7)
			if c.trun == nil {
				tfhd, c.trun = mediatest.U32(0x020010, 7, 0), mediatest.U32(1, 3, 0)
			}
			moof := mediatest.Box("moof", mediatest.Box("traf", mediatest.Box("tfhd", tfhd), mediatest.Box("trun", c.trun)))
			f, err := Open(mediatest.Memory(append(bytes.Clone(base), moof...)))
			var units []mediatest.Unit
			if err == nil {
				units, err = mediatest.ReadAll(t, f)
			}
			require.Len(t, units, c.good)
			if c.text == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.text)
			}
		})
	}
}

func TestMP4Damaged(t *testing.T) {
	good, err := os.ReadFile(mediatest.Path("faststart.mp4"))
	require.NoError(t, err)

	f, err := Open(mediatest.Memory(good[:len(good)*2/3]))
	require.NoError(t, err)
	units, err := mediatest.ReadAll(t, f)
	require.ErrorIs(t, err, media.ErrTruncated)
	require.Greater(t, len(units), 10, "good data is not lost")

	_, err = Open(mediatest.Memory(good[:40]))
	require.ErrorIs(t, err, media.ErrTruncated)
	require.ErrorContains(t, err, "box moov at offset 40: ")

	_, err = Open(mediatest.Memory(good[:32]))
	require.ErrorIs(t, err, media.ErrTruncated)
	require.ErrorContains(t, err, "no moov box in 32 bytes")
}

func TestMP4Skipped(t *testing.T) {
	s, err := Open(mediatest.Memory(mediatest.File(t, "bframes.mp4")))
	require.NoError(t, err)
	require.Empty(t, s.Info().Skipped)
	require.InDelta(t, 1001*time.Millisecond, s.Info().Duration, float64(100*time.Millisecond))
}

// A million tracks cost neither memory nor lines of log.
func TestMP4ManyTracks(t *testing.T) {
	m := newMovie()
	m.mvex = bytes.Repeat(mediatest.Box("trak"), 1_200_000)
	for _, c := range []struct {
		name string
		file []byte
		good bool
	}{
		{"beside a good one", m.bytes(), true},
		{"alone", append(mediatest.Box("ftyp", []byte("isom"), mediatest.U32(0)), mediatest.Box("moov", m.mvex)...), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f, err := Open(mediatest.Memory(c.file))
			runtime.ReadMemStats(&after)
			// The moov is read once, and the name of each of its boxes costs a few bytes; the race detector adds some.
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8*len(c.file)))
			if !c.good {
				require.ErrorIs(t, err, media.ErrUnsupported)
				require.Less(t, len(err.Error()), 4096)
				return
			}
			require.NoError(t, err)
			require.Len(t, f.Info().Skipped, maxNamed+2)
			require.Regexp(t, `^\d+ tracks after the first 1024$`, f.Info().Skipped[maxNamed+1])
			units, err := mediatest.ReadAll(t, f)
			require.NoError(t, err)
			require.Len(t, units, 3)
		})
	}
}

func FuzzMP4(f *testing.F) {
	f.Add(newMovie().bytes())
	f.Add(makeMovie(
		testTrack{handler: "soun", timescale: 8000, entries: soundEntry("ulaw", 8000, 2), samples: [][]byte{{1, 2}, {3, 4}}, constant: true, stts: mediatest.U32(0, 1, 2, 1)},
		testTrack{handler: "vide", timescale: 1000, entries: h264Entry(mediatest.AVCRecord), samples: [][]byte{{0, 0, 0, 1, 0x65}, {0, 0, 0, 9, 0x41}}},
	))
	for _, name := range []string{"trimmed.mp4", "fragmented.mp4", "delayed.mov"} {
		b, err := os.ReadFile(mediatest.Path(name))
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { mediatest.Drain(t, b, Open) })
}
