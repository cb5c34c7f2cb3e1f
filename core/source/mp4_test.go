package source

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// An AVCDecoderConfigurationRecord as x264 makes it: 640x360, 25 fps, lengths of 4 bytes.
var record, _ = hex.DecodeString("014d401fffe1001a674d401fa6110280bfe5c044000003000400000300c83c60c84601000568e84332c8")

func memory(b []byte) *input { return &input{ReaderAt: bytes.NewReader(b), size: int64(len(b))} }

func u32(v ...uint32) (b []byte) {
	for _, x := range v {
		b = binary.BigEndian.AppendUint32(b, x)
	}
	return b
}

// mkbox makes a box of the payloads.
func mkbox(typ string, payloads ...[]byte) []byte {
	payload := bytes.Join(payloads, nil)
	return append(append(u32(uint32(len(payload)+8)), typ...), payload...)
}

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
			"stts": u32(0, 1, 3, 1000),
			"stsc": u32(0, 1, 1, 3, 1),
			"stsz": u32(0, 3, 3),
			"stco": u32(0, 1, 8),
		},
	}
}

func (m *movie) bytes() []byte {
	media := []byte{0, 1, 0x65, 0, 1, 0x41, 0, 1, 0x01}
	avcC := bytes.Clone(record)
	avcC[4] = 0xFC | (m.lengthSize - 1)
	entry := mkbox(m.entry, make([]byte, visualEntry), mkbox("avcC", avcC))
	stbl := [][]byte{mkbox("stsd", u32(0, 1), entry)}
	for _, typ := range []string{"stss", "stco", "co64", "stsz", "stz2", "stsc", "ctts", "stts"} { // any order
		if table, ok := m.tables[typ]; ok {
			stbl = append(stbl, mkbox(typ, table))
		}
	}
	var edts []byte
	if m.elst != nil {
		edts = mkbox("edts", mkbox("elst", m.elst))
	}
	trak := mkbox("trak",
		mkbox("tkhd", u32(0, 0, 0, 7), make([]byte, 68)),
		edts,
		mkbox("mdia",
			mkbox("mdhd", u32(0, 0, 0, 1000, 3000, 0)),
			mkbox("hdlr", u32(0, 0), []byte(m.handler), make([]byte, 13)),
			mkbox("minf", mkbox("stbl", stbl...)),
		),
	)
	mvhd := mkbox("mvhd", u32(0, 0, 0, 600, 1800), make([]byte, 80))
	return append(mkbox("mdat", media), mkbox("moov", mvhd, trak, m.mvex)...)
}

func times(units []unit) (s string) {
	for _, u := range units {
		s += fmt.Sprintf("%v/%v ", u.dts, u.pts)
	}
	return s
}

func TestMP4Tables(t *testing.T) {
	const plain = "0s/0s 1s/1s 2s/2s "
	for _, c := range []struct {
		name   string
		change func(*movie)
		times  string
	}{
		{"constant size", func(*movie) {}, plain},
		{"size table", func(m *movie) { m.tables["stsz"] = u32(0, 0, 3, 3, 3, 3) }, plain},
		{"compact sizes", func(m *movie) { delete(m.tables, "stsz"); m.tables["stz2"] = append(u32(0, 4, 3), 0x33, 0x30) }, plain},
		{"co64", func(m *movie) { delete(m.tables, "stco"); m.tables["co64"] = u32(0, 1, 0, 8) }, plain},
		{"chunk per sample", func(m *movie) {
			m.tables["stco"], m.tables["stsc"] = u32(0, 3, 8, 11, 14), u32(0, 1, 1, 1, 1)
		}, plain},
		{"chunks of 1 and 2", func(m *movie) {
			m.tables["stco"], m.tables["stsc"] = u32(0, 2, 8, 11), u32(0, 2, 1, 1, 1, 2, 2, 1)
		}, plain},
		{"lengths of 1 byte", func(m *movie) {
			m.lengthSize, m.tables["stsz"], m.tables["stco"], m.tables["stsc"] = 1, u32(0, 2, 3), u32(0, 3, 9, 12, 15), u32(0, 1, 1, 1, 1)
		}, plain},
		{"varying durations", func(m *movie) { m.tables["stts"] = u32(0, 2, 1, 1000, 2, 500) }, "0s/0s 1s/1s 1.5s/1.5s "},
		{"stts too short", func(m *movie) { m.tables["stts"] = u32(0, 1, 1, 1000) }, plain},
		{"ctts", func(m *movie) { m.tables["ctts"] = u32(0, 2, 1, 1000, 2, 500) }, "0s/1s 1s/1.5s 2s/2.5s "},
		{"negative ctts", func(m *movie) { m.tables["ctts"] = u32(1<<24, 2, 1, 0, 2, math.MaxUint32-499) }, "0s/500ms 1s/1s 2s/2s "},
		{"empty edit alone", func(m *movie) { m.elst = u32(0, 1, 600, math.MaxUint32, 1<<16) }, plain}, // one track: shifted to 0
		{"edit at a later sync sample", func(m *movie) {
			m.elst, m.tables["stss"] = u32(0, 1, 600, 2000, 1<<16), u32(0, 2, 1, 2)
		}, "0s/0s 1s/1s "},
		{"version 1 edit", func(m *movie) { m.elst = u32(1<<24, 1, 0, 600, 0, 0, 1<<16) }, plain},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMovie()
			c.change(m)
			f, err := openMP4(memory(m.bytes()))
			require.NoError(t, err)
			units, err := readAll(t, f)
			require.NoError(t, err)
			requireOrder(t, units)
			require.Equal(t, c.times, times(units))
			for _, u := range units {
				require.Equal(t, 1, u.nalus)
			}
		})
	}
}

// Some Android muxers write one length and then an access unit with start codes between its NAL units, others start codes only.
func TestStartCodesInPlaceOfLengths(t *testing.T) {
	want, err := readAll(t, openData(t, "bframes.mp4"))
	require.NoError(t, err)
	video := of(want, flv.Video)
	for _, first := range []bool{true, false} { // the first length is kept
		for _, name := range []string{"bframes.mp4", "bframes.flv"} {
			b := testFile(t, name)
			m, err := openInput(name, memory(b), 0)
			require.NoError(t, err)
			for { // the reader has copied the samples: they are changed in b for the reader that comes after
				u, err := m.Next()
				if err == io.EOF {
					break
				}
				require.NoError(t, err)
				if u.Kind != flv.Video {
					continue
				}
				size := 0
				for _, nalu := range u.NALUs {
					size += 4 + len(nalu)
				}
				at := bytes.Index(b, u.NALUs[0]) - 4
				require.Positive(t, at)
				for i, nalu := range u.NALUs {
					prefix := u32(1)
					if first && i == 0 {
						prefix = u32(uint32(size - 4))
					}
					copy(b[at:], prefix)
					at += 4 + len(nalu)
				}
			}
			m, err = openInput(name, memory(b), 0)
			require.NoError(t, err)
			units, err := readAll(t, m)
			require.NoError(t, err)
			got := of(units, flv.Video)
			require.Len(t, got, len(video), name)
			for i := range got {
				require.Equal(t, video[i].nalus, got[i].nalus, "%s: %d", name, i)
				require.Equal(t, video[i].pictures, got[i].pictures, "%s: %d", name, i)
			}
		}
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
		{"stts count", func(m *movie) { m.tables["stts"] = u32(0, math.MaxUint32, 3, 1000) }, 0, ErrBadMedia, "announces 4294967295 entries and has 1"},
		{"stsz count", func(m *movie) { m.tables["stsz"] = u32(0, 0, math.MaxUint32, 3) }, 0, ErrBadMedia, "announces 4294967295 entries and has 1"},
		{"stz2 bits", func(m *movie) { delete(m.tables, "stsz"); m.tables["stz2"] = u32(0, 7, 3) }, 0, ErrBadMedia, "sizes of 7 bits"},
		{"stz2 count", func(m *movie) { delete(m.tables, "stsz"); m.tables["stz2"] = u32(0, 4, 30, 0) }, 0, ErrBadMedia, "30 entries in 4 bytes"},
		{"constant size beyond the file", func(m *movie) { m.tables["stsz"] = u32(0, 3, math.MaxUint32) }, 3, ErrBadMedia, "chunks hold 3 samples of 4294967295"},
		{"no chunks", func(m *movie) { delete(m.tables, "stco") }, 0, ErrBadMedia, "chunks hold 0 samples of 3"},
		{"sample beyond the file", func(m *movie) { m.tables["stco"] = u32(0, 1, 1<<20) }, 0, ErrTruncated, "3 bytes at offset 1048576"},
		{"co64 beyond all", func(m *movie) { delete(m.tables, "stco"); m.tables["co64"] = u32(0, 1, math.MaxUint32, 8) }, 0, ErrTruncated, "3 bytes at offset"},
		{"huge sample", func(m *movie) { m.tables["stsz"] = u32(0, 1<<30, 3) }, 0, ErrBadMedia, "at most 16777216"},
		{"sample entry", func(m *movie) { m.tables["stsc"] = u32(0, 1, 1, 3, 9) }, 0, ErrBadMedia, "uses sample entry 9 of 1"},
		{"broken sample", func(m *movie) { m.lengthSize = 4 }, 0, ErrBadMedia, "3 bytes left at 0 of 3"},
		{"time", func(m *movie) { m.tables["stts"] = u32(0, 1, 3, math.MaxUint32) }, 3, nil, ""},
		{"encrypted", func(m *movie) { m.entry = "encv" }, 0, ErrUnsupported, "encrypted media (encv"},
		{"hevc without its configuration", func(m *movie) { m.entry = "hvc1" }, 0, ErrBadMedia, "hvc1 at offset 346 has no hvcC"},
		{"prores", func(m *movie) { m.entry = "apcn" }, 0, ErrUnsupported, "track 7 (video): prores (apcn): not supported"},
		{"text only", func(m *movie) { m.handler = "text" }, 0, ErrUnsupported, `handler "text"`},
		{"no samples", func(m *movie) { m.tables["stsz"] = u32(0, 0, 0) }, 0, ErrBadMedia, "no samples"},
		{"edit", func(m *movie) { m.elst = u32(1<<24, 1, 0, 0, math.MaxInt32, 0, 0) }, 0, ErrBadMedia, "media time"},
		{"trun without size", func(m *movie) {
			m.mvex = append(mkbox("mvex", mkbox("trex", u32(0, 7, 1, 1, 0, 0))), mkbox("free")...)
			m.tables["stsz"] = u32(0, 0, 0)
		}, 0, ErrBadMedia, "no samples"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMovie()
			c.change(m)
			var units []unit
			f, err := openMP4(memory(m.bytes()))
			if err == nil {
				units, err = readAll(t, f)
			}
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
				require.ErrorContains(t, err, c.text)
			}
			require.Len(t, units, c.good)
		})
	}
}

func TestMP4Fragments(t *testing.T) {
	mvex := mkbox("mvex", mkbox("trex", u32(0, 7, 1, 1000, 3, 0)))
	m := newMovie()
	m.mvex = mvex
	m.tables["stsz"] = u32(0, 0, 0)
	fragment := func(trun []byte) []byte {
		traf := mkbox("traf", mkbox("tfhd", u32(0x020000, 7)), mkbox("trun", trun))
		return append(m.bytes(), mkbox("moof", mkbox("traf", mkbox("tfhd", u32(1, 99, 0, 0)), mkbox("trun", u32(0, 1))), traf)...)
	}
	moof := len(m.bytes())

	f, err := openMP4(memory(fragment(u32(1, 3, uint32(8-moof)))))
	require.NoError(t, err)
	units, err := readAll(t, f)
	require.NoError(t, err, "the run of a track that is not sent does not matter")
	require.Equal(t, "0s/0s 1s/1s 2s/2s ", times(units))
}

func TestMP4HostileRuns(t *testing.T) {
	m := newMovie()
	m.mvex = mkbox("mvex", mkbox("trex", u32(0, 7, 1, 1000, 3, 0)))
	m.tables["stsz"] = u32(0, 0, 0)
	base := m.bytes()
	for _, c := range []struct {
		name string
		trun []byte
		good int
		text string
	}{
		{"good", u32(1, 3, uint32(8-len(base))), 3, ""},
		{"count without entries", u32(0x201, math.MaxUint32, 0), 0, "announces 4294967295 samples of 4 bytes in 0"},
		{"count of constant samples", u32(1, math.MaxUint32, uint32(8-len(base))), 3, "bad"},
		{"negative offset", u32(1, 3, 1<<31), 0, "points to offset"},
		{"short", u32(0), 0, "has 4 bytes"},
		{"without a size", nil, 0, "without a size"},
		{"short offset", u32(1, 3), 0, "expected at least 12"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tfhd := u32(0x020000, 7)
			if c.trun == nil {
				tfhd, c.trun = u32(0x020010, 7, 0), u32(1, 3, 0)
			}
			moof := mkbox("moof", mkbox("traf", mkbox("tfhd", tfhd), mkbox("trun", c.trun)))
			f, err := openMP4(memory(append(bytes.Clone(base), moof...)))
			var units []unit
			if err == nil {
				units, err = readAll(t, f)
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
	good, err := os.ReadFile(filepath.Join("testdata", "faststart.mp4"))
	require.NoError(t, err)

	f, err := openMP4(memory(good[:len(good)*2/3]))
	require.NoError(t, err)
	units, err := readAll(t, f)
	require.ErrorIs(t, err, ErrTruncated)
	require.Greater(t, len(units), 10, "good data is not lost")

	_, err = openMP4(memory(good[:40]))
	require.ErrorIs(t, err, ErrTruncated)
	require.ErrorContains(t, err, "box moov at offset 40: ")

	_, err = openMP4(memory(good[:32]))
	require.ErrorIs(t, err, ErrTruncated)
	require.ErrorContains(t, err, "no moov box in 32 bytes")
}

func TestMP4Skipped(t *testing.T) {
	s := openData(t, "bframes.mp4")
	require.Empty(t, s.Info().Skipped)
	require.InDelta(t, 1001*time.Millisecond, s.Info().Duration, float64(100*time.Millisecond))
}

// A million tracks cost neither memory nor lines of log.
func TestMP4ManyTracks(t *testing.T) {
	m := newMovie()
	m.mvex = bytes.Repeat(mkbox("trak"), 1_200_000)
	for _, c := range []struct {
		name string
		file []byte
		good bool
	}{
		{"beside a good one", m.bytes(), true},
		{"alone", append(mkbox("ftyp", []byte("isom"), u32(0)), mkbox("moov", m.mvex)...), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f, err := openMP4(memory(c.file))
			runtime.ReadMemStats(&after)
			// The moov is read once, and the name of each of its boxes costs a few bytes; the race detector adds some.
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8*len(c.file)))
			if !c.good {
				require.ErrorIs(t, err, ErrUnsupported)
				require.Less(t, len(err.Error()), 4096)
				return
			}
			require.NoError(t, err)
			require.Len(t, f.Info().Skipped, maxNamed+2)
			require.Regexp(t, `^\d+ tracks after the first 1024$`, f.Info().Skipped[maxNamed+1])
			units, err := readAll(t, f)
			require.NoError(t, err)
			require.Len(t, units, 3)
		})
	}
}

func FuzzMP4(f *testing.F) {
	f.Add(newMovie().bytes())
	for _, name := range []string{"trimmed.mp4", "fragmented.mp4", "delayed.mov"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { drain(t, b, openMP4) })
}

// drain opens and reads what the fuzzer made, at most so many units, twice.
func drain(t *testing.T, b []byte, open func(*input) (medium, error)) {
	m, err := open(memory(b))
	if err != nil {
		return
	}
	for range 2 {
		last := map[flv.Kind]bool{}
		for range 1000 {
			u, err := m.Next()
			if err != nil {
				break
			}
			if !last[u.Kind] && hasConfig(u.Codec) {
				require.NotNil(t, u.Config)
			}
			last[u.Kind] = true
		}
		m.end()
		require.NoError(t, m.rewind())
	}
}
