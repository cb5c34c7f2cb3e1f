package matroska

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// Frames of VP8, 16x16, and what stands for frames of AAC.
var (
	vp8Key   = []byte{0x10, 2, 0, 0x9D, 1, 0x2A, 16, 0, 16, 0, 0, 0}
	vp8Inter = []byte{0x11, 2, 0, 0}
	aacFrame = []byte{0x21, 0x10, 0x05}
)

// idBytes returns an ID as it stands in a file.
func idBytes(id uint32) []byte { return bytes.TrimLeft(binary.BigEndian.AppendUint32(nil, id), "\x00") }

// el makes an element, with a length of 8 bytes as a hand made file may have it.
func el(id uint32, content ...[]byte) []byte {
	b := bytes.Join(content, nil)
	length := binary.BigEndian.AppendUint64(nil, uint64(len(b))|1<<56)
	return append(append(idBytes(id), length...), b...)
}

// open-ended elements have no length.
func endless(id uint32, content ...[]byte) []byte {
	return append(append(idBytes(id), 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF), bytes.Join(content, nil)...)
}

func num(id uint32, v uint64) []byte { return el(id, binary.BigEndian.AppendUint64(nil, v)) }

func real(id uint32, v float64) []byte {
	return el(id, binary.BigEndian.AppendUint64(nil, math.Float64bits(v)))
}

func text(id uint32, s string) []byte { return el(id, []byte(s)) }

// header is what all files begin with.
func header() []byte { return el(idEBML, text(0x4282, "matroska")) }

// scale makes an Info with the unit of time in ns.
func scale(ns uint64) []byte { return el(idInfo, num(0x2AD7B1, ns)) }

// entry makes the entry of a track.
func entry(number, typ uint64, codec string, more ...[]byte) []byte {
	return el(idTrackEntry, append([][]byte{num(0xD7, number), num(0x83, typ), text(0x86, codec)}, more...)...)
}

func private(b ...byte) []byte { return el(0x63A2, b) }

// Entries of tracks: VP8 is 1, AAC is 2.
func vp8Entry(more ...[]byte) []byte { return entry(1, typeVideo, "V_VP8", more...) }

func aacEntry(more ...[]byte) []byte {
	return entry(2, typeAudio, "A_AAC", append(more, private(mediatest.ASC...))...)
}

// blockBody makes the content of a block.
func blockBody(track byte, at int16, flags byte, data ...[]byte) []byte {
	b := []byte{0x80 | track, byte(at >> 8), byte(at), flags}
	return append(b, bytes.Join(data, nil)...)
}

func simple(track byte, at int16, data ...[]byte) []byte {
	return el(idSimpleBlock, blockBody(track, at, 0, data...))
}

func cluster(at uint64, content ...[]byte) []byte {
	return el(idCluster, append([][]byte{num(idTimestamp, at)}, content...)...)
}

// file makes a file of one segment.
func file(content ...[]byte) []byte { return append(header(), el(idSegment, content...)...) }

// both are the tracks 1 and 2.
func both() []byte { return el(idTracks, vp8Entry(), aacEntry()) }

// dump shows kind, times and size of each unit.
func dump(t *testing.T, r media.Reader) (s string, err error) {
	for range 10_000 {
		u, err := r.Next()
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		size := len(u.Data)
		for _, nalu := range u.NALUs {
			size += len(nalu)
		}
		s += fmt.Sprintf("%c%d", u.Kind.String()[0], u.DTS.Microseconds())
		if u.PTS != u.DTS {
			s += fmt.Sprintf("/%d", u.PTS.Microseconds())
		}
		s += fmt.Sprintf(":%d ", size)
	}
	t.Fatal("there is no end")
	return "", nil
}

func TestForms(t *testing.T) {
	bz, err := hex.DecodeString("425a683931415926535975c24ee00000017000020040002000200021981981617724538509075c24ee00") // made by bzip2
	require.NoError(t, err)
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, err = w.Write(aacFrame)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	compressed := func(algorithm uint64, scope uint64, settings ...byte) []byte {
		return el(0x6240, num(0x5031, 0), num(0x5032, scope), num(0x5033, 0), el(0x5034, num(0x4254, algorithm), el(0x4255, settings)))
	}
	encoded := func(encodings ...[]byte) []byte {
		return el(idTracks, entry(2, typeAudio, "A_AAC", private(mediatest.ASC...), el(0x6D80, encodings...)))
	}
	group := func(content ...[]byte) []byte { return el(idBlockGroup, content...) }
	lots := bytes.Repeat([]byte{1}, 300)

	for _, c := range []struct {
		name  string
		file  []byte
		units string // times in us
		end   time.Duration
		warn  string
	}{
		{"simple blocks in two clusters", file(both(), cluster(0, simple(1, 0, vp8Key), simple(2, 0, aacFrame), simple(2, 21, aacFrame)),
			cluster(40, simple(1, 0, vp8Inter), simple(2, 3, aacFrame))), "v0:12 a0:3 a21000:3 v40000:4 a43000:3 ", 80 * time.Millisecond, ""},
		{"no lengths", append(header(), endless(idSegment, both(), endless(idCluster, num(idTimestamp, 0), simple(1, 0, vp8Key)),
			endless(idCluster, num(idTimestamp, 40), simple(1, 0, vp8Inter)), el(idCues), el(idTags))...), "v0:12 v40000:4 ", 80 * time.Millisecond, ""},
		{"block groups", file(both(), cluster(0,
			group(el(idBlock, blockBody(1, 0, 0, vp8Key)), num(idBlockDuration, 30)),
			group(num(idBlockDuration, 35), num(0xFB, 1<<64-30), el(idBlock, blockBody(1, 30, 0, vp8Inter)), num(0x75A2, 5)),
			group(num(idBlockDuration, 35)))), "v0:12 v30000:4 ", 65 * time.Millisecond, ""},
		{"a unit of 100 us, blocks before their cluster", file(scale(100_000), both(), cluster(100, simple(1, -100, vp8Key), simple(1, 300, vp8Inter)),
			cluster(800, simple(1, 0, vp8Inter))), "v0:12 v40000:4 v80000:4 ", 120 * time.Millisecond, ""},
		{"a unit of 1 s", file(scale(1e9), both(), cluster(3, simple(1, 0, vp8Key), simple(1, 1, vp8Inter), simple(1, 2, vp8Inter))),
			"v0:12 v1000000:4 v2000000:4 ", 3 * time.Second, ""},
		{"times before zero", file(both(), cluster(0, simple(1, -40, vp8Key), simple(1, 0, vp8Inter))), "v0:12 v40000:4 ", 80 * time.Millisecond, ""},
		{"a track with a scale", file(el(idTracks, vp8Entry(real(0x23314F, 2))), cluster(10, simple(1, 0, vp8Key), simple(1, 20, vp8Inter))),
			"v0:12 v40000:4 ", 80 * time.Millisecond, ""},
		{"a delay of the codec", file(el(idTracks, vp8Entry(), aacEntry(num(0x56AA, 6_500_000))), cluster(0, simple(1, 0, vp8Key), simple(2, 7, aacFrame))),
			"v0:12 a500:3 ", 40 * time.Millisecond, ""},
		{"all that may stand between", file(el(idVoid, lots), both(), el(idCRC32, []byte{1, 2, 3, 4}), el(idAttachments, lots), cluster(0, el(idCRC32, []byte{1, 2, 3, 4}),
			num(idPosition, 7), num(idPrevSize, 9), simple(1, 0, vp8Key), el(idVoid, lots), el(0xA9, lots), simple(1, 40, vp8Inter)), el(idCues, lots), el(idTags, lots),
			el(idChapters, lots), el(0x1A2B3C4D, lots), cluster(80, simple(1, 0, vp8Inter)), el(idVoid)), "v0:12 v40000:4 v80000:4 ", 120 * time.Millisecond, ""},
		{"the tracks behind the media", file(cluster(0, simple(1, 0, vp8Key)), endless(idCluster, num(idTimestamp, 40), simple(1, 0, vp8Inter)), both(), scale(1e6)),
			"v0:12 v40000:4 ", 80 * time.Millisecond, ""},
		{"audio far behind video", file(both(), cluster(0, simple(1, 0, vp8Key), simple(1, 40, vp8Inter), simple(1, 80, vp8Inter), simple(2, 0, aacFrame),
			simple(2, 40, aacFrame))), "v0:12 a0:3 v40000:4 a40000:3 v80000:4 ", 120 * time.Millisecond, ""},

		{"Xiph lacing", file(both(), cluster(0, el(idSimpleBlock, blockBody(2, 0, xiphLacing<<1, []byte{2, 0xFF, 45, 3}, lots, aacFrame, aacFrame[:2])))),
			"a0:300 a21333:3 a42666:2 ", 64 * time.Millisecond, ""},
		{"EBML lacing", file(both(), cluster(0, el(idSimpleBlock, blockBody(2, 0, ebmlLacing<<1, []byte{3, 0x41, 0x2C, 0x5E, 0xD6, 0xC0}, lots, aacFrame, lots[:4], lots[:2])))),
			"a0:300 a21333:3 a42666:4 a63999:2 ", 85 * time.Millisecond, ""},
		{"fixed lacing", file(both(), cluster(0, el(idSimpleBlock, blockBody(2, 0, fixedLacing<<1, []byte{1}, aacFrame, aacFrame)))),
			"a0:3 a21333:3 ", 42666 * time.Microsecond, ""},
		{"lacing, and how long a frame is", file(el(idTracks, aacEntry(num(0x23E383, 20_000_000))), cluster(0, el(idSimpleBlock, blockBody(2, 0, fixedLacing<<1, []byte{1}, aacFrame, aacFrame)))),
			"a0:3 a20000:3 ", 41333 * time.Microsecond, ""},
		{"lacing, and how long a group is", file(el(idTracks, vp8Entry()), cluster(0, group(el(idBlock, blockBody(1, 0, fixedLacing<<1, []byte{1}, vp8Key, vp8Key)), num(idBlockDuration, 60)))),
			"v0:12 v30000:12 ", 60 * time.Millisecond, ""},
		{"lacing whose sizes cannot be", file(both(), cluster(0, simple(2, 0, aacFrame), el(idSimpleBlock, blockBody(2, 21, xiphLacing<<1, []byte{1, 200}, aacFrame)),
			el(idSimpleBlock, blockBody(2, 42, ebmlLacing<<1, []byte{3, 0x81, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0x80}, aacFrame)),
			el(idSimpleBlock, blockBody(2, 43, fixedLacing<<1, []byte{1}, aacFrame)), el(idSimpleBlock, blockBody(2, 43, fixedLacing<<1)), simple(2, 64, aacFrame))),
			"a0:3 a64000:3 ", 85 * time.Millisecond, "is left out, as is what may follow of this kind"},

		{"header stripping", file(encoded(compressed(algorithmStripped, 1, 0x21, 0x10)), cluster(0, simple(2, 0, []byte{5}))), "a0:3 ", 21 * time.Millisecond, ""},
		{"zlib", file(encoded(compressed(algorithmZlib, 1)), cluster(0, simple(2, 0, z.Bytes()))), "a0:3 ", 21 * time.Millisecond, ""},
		{"bzip2", file(encoded(compressed(algorithmBzip2, 1)), cluster(0, simple(2, 0, bz))), "a0:3 ", 21 * time.Millisecond, ""},
		{"zlib that is damaged", file(encoded(compressed(algorithmZlib, 1)), cluster(0, simple(2, 0, z.Bytes()), simple(2, 21, lots), simple(2, 42, z.Bytes()))), "a0:3 a42000:3 ", 63 * time.Millisecond,
			"compressed data: zlib: invalid header"},
		{"stripped, then packed", file(encoded(el(0x6240, num(0x5031, 1), el(0x5034, num(0x4254, algorithmZlib))), compressed(algorithmStripped, 1, 0x77)), cluster(0, simple(2, 0, z.Bytes()))),
			"a0:4 ", 21 * time.Millisecond, ""},

		{"rubbish between clusters", file(both(), cluster(0, simple(1, 0, vp8Key)), lots, cluster(40, simple(1, 0, vp8Inter))), "v0:12 v40000:4 ", 80 * time.Millisecond,
			"300 bytes are left out"},
		{"a block that is longer than its cluster", file(both(), cluster(0, simple(1, 0, vp8Key), []byte{idSimpleBlock, 0x41, 0xFF}, lots), cluster(40, simple(1, 0, vp8Inter), el(idVoid, lots))),
			"v0:12 v40000:4 ", 80 * time.Millisecond, "the block is longer than its cluster"},
		{"a block that is longer than the file", file(both(), cluster(0, simple(1, 0, vp8Key), []byte{idSimpleBlock, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE}), cluster(40, simple(1, 0, vp8Inter))),
			"v0:12 v40000:4 ", 80 * time.Millisecond, "the block is longer than the file"},
		{"a cluster whose length is too small", file(both(), append(idBytes(idCluster), append([]byte{0x90}, bytes.Join([][]byte{num(idTimestamp, 0), simple(1, 0, vp8Key), simple(1, 40, vp8Inter)}, nil)...)...),
			cluster(80, simple(1, 0, vp8Inter))), "v0:12 v40000:4 v80000:4 ", 120 * time.Millisecond, ""},
		{"a time that jumps", file(both(), cluster(0, simple(1, 0, vp8Key), simple(2, 0, aacFrame), simple(1, 40, vp8Inter)), cluster(1<<40, simple(1, 0, vp8Inter), simple(2, 1, aacFrame)),
			cluster(120, simple(1, 0, vp8Inter))), "v0:12 a0:3 v40000:4 v80000:4 a81000:3 v120000:4 ", 160 * time.Millisecond, ""},
		{"a time beyond all bounds", file(scale(1<<62), both(), cluster(math.MaxUint64, simple(1, 0, vp8Key), simple(1, 0x7FFF, vp8Inter))), "v0:12 v40000:4 ", 80 * time.Millisecond, ""},
		{"an empty frame", file(both(), cluster(0, simple(1, 0, vp8Key), simple(1, 40), simple(1, 80, vp8Inter))), "v0:12 v80000:4 ", 160 * time.Millisecond, ""},
		{"begins without a key frame", file(both(), cluster(0, simple(1, 0, vp8Inter), simple(1, 40, vp8Key))), "v0:12 ", 40 * time.Millisecond, ""},
		{"two files, the second with other numbers", append(file(both(), cluster(2000, simple(1, 0, vp8Key), simple(1, 40, vp8Inter))),
			file(scale(2e6), el(idTracks, entry(9, typeVideo, "V_VP8"), entry(1, typeAudio, "A_VORBIS")), cluster(0, simple(1, 0, lots), simple(9, 0, vp8Key), simple(9, 20, vp8Inter)))...),
			"v0:12 v40000:4 v80000:12 v120000:4 ", 160 * time.Millisecond, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var warnings []string
			in := mediatest.Memory(c.file)
			in.Warn = func(s string) { warnings = append(warnings, s) }
			r, err := Open(in)
			require.NoError(t, err)
			for range 2 {
				got, err := dump(t, r)
				require.NoError(t, err)
				require.Equal(t, c.units, got)
				require.InDelta(t, c.end, r.End(), float64(time.Millisecond))
				require.NoError(t, r.Rewind())
			}
			if c.warn == "" {
				require.Empty(t, warnings)
			} else {
				require.Len(t, warnings, 1)
				require.Contains(t, warnings[0], c.warn)
			}
			if r.Info().Video != nil {
				require.Equal(t, 16, r.Info().Video.Width)
			}
		})
	}
}
