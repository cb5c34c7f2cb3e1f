package ogg

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// page makes an Ogg page of whole packets; the last one goes on if more.
func makePage(flags byte, granule int64, serial, sequence uint32, more bool, packets ...[]byte) []byte {
	var sizes []byte
	for i, p := range packets {
		for n := len(p); n >= 255; n -= 255 {
			sizes = append(sizes, 255)
		}
		if !more || i < len(packets)-1 {
			sizes = append(sizes, byte(len(p)%255))
		}
	}
	b := append([]byte("OggS\x00"), flags)
	b = binary.LittleEndian.AppendUint64(b, uint64(granule))
	b = binary.LittleEndian.AppendUint32(b, serial)
	b = binary.LittleEndian.AppendUint32(b, sequence)
	b = append(b, 0, 0, 0, 0, byte(len(sizes)))
	b = append(append(b, sizes...), bytes.Join(packets, nil)...)
	binary.LittleEndian.PutUint32(b[crcAt:], checksum(0, b))
	return b
}

func TestOgg(t *testing.T) {
	head, tags := flv.OpusHead(1), []byte("OpusTags....")
	p := []byte{0x08, 1, 2} // SILK, 20 ms
	long := append([]byte{0x08}, make([]byte, 509)...)
	vorbis := []byte("\x01vorbis...")
	begin := append(makePage(2, 0, 1, 0, false, head), makePage(0, 0, 1, 1, false, tags)...)
	for _, c := range []struct {
		name    string
		pages   [][]byte
		times   string
		skipped []string
		End     time.Duration
	}{
		{"packets", [][]byte{begin, makePage(0, 1920, 1, 2, false, p, p), makePage(4, 2880, 1, 3, false, p)}, "0s/0s 20ms/20ms 40ms/40ms ", nil, 60 * time.Millisecond},
		{"recorded from the middle of a stream", [][]byte{begin, makePage(0, 1_000_000, 1, 2, false, p, p), makePage(4, 1_000_960, 1, 3, false, p)},
			"0s/0s 20ms/20ms 40ms/40ms ", nil, 60 * time.Millisecond},
		{"end trimmed", [][]byte{begin, makePage(0, 960, 1, 2, false, p), makePage(4, 1000, 1, 3, false, p)}, "0s/0s 20ms/20ms ", nil, 40 * time.Millisecond},
		{"all on one trimmed page", [][]byte{begin, makePage(4, 1000, 1, 2, false, p, p)}, "0s/0s 20ms/20ms ", nil, 40 * time.Millisecond},
		{"a hole", [][]byte{begin, makePage(0, 960, 1, 2, false, p), makePage(4, 4800, 1, 7, false, p)}, "0s/0s 80ms/80ms ", nil, 100 * time.Millisecond},
		{"a position jumps", [][]byte{begin, makePage(0, 960, 1, 2, false, p), makePage(0, 960+1<<40, 1, 3, false, p), makePage(4, 2880, 1, 4, false, p)},
			"0s/0s 20ms/20ms 40ms/40ms ", nil, 60 * time.Millisecond},
		{"position goes back", [][]byte{begin, makePage(0, 1920, 1, 2, false, p, p), makePage(4, 960, 1, 3, false, p)}, "0s/0s 20ms/20ms 40ms/40ms ", nil, 60 * time.Millisecond},
		{"a packet over three pages", [][]byte{begin, makePage(0, 960, 1, 2, true, p, long), makePage(1, -1, 1, 3, true, long[:255]), makePage(5, 2880, 1, 4, false, p, p)},
			"0s/0s 20ms/20ms 40ms/40ms ", nil, 60 * time.Millisecond},
		{"the begin of a packet is lost", [][]byte{begin, makePage(0, 960, 1, 2, true, p, long), makePage(1, -1, 1, 4, true, long[:255]), makePage(5, 2880, 1, 5, false, p, p)},
			"0s/0s 40ms/40ms ", nil, 60 * time.Millisecond},
		{"empty packets", [][]byte{begin, makePage(4, 960, 1, 2, false, nil, p, nil)}, "0s/0s ", nil, 20 * time.Millisecond},
		{"beside others", [][]byte{
			makePage(2, 0, 7, 0, false, vorbis), makePage(2, 0, 1, 0, false, head), makePage(2, 0, 9, 0, false, head), makePage(2, 0, 8, 0, false, []byte("xyz")),
			makePage(0, 0, 7, 1, false, vorbis), makePage(0, 0, 1, 1, false, tags), makePage(0, 500, 9, 1, false, p), makePage(4, 960, 1, 2, false, p),
		}, "0s/0s ", []string{"stream 00000007: vorbis", "stream 00000009 (audio): the first one is sent", "stream 00000008: unknown (78 79 7a)"}, 20 * time.Millisecond},
		{"a header that is broken in front", [][]byte{
			makePage(2, 0, 7, 0, false, []byte("OpusHead")), makePage(2, 0, 5, 0, false, []byte("\x7FFLAC\x01\x00")), makePage(2, 0, 1, 0, false, head),
			makePage(0, 0, 7, 1, false, tags), makePage(0, 0, 1, 1, false, tags), makePage(0, 500, 7, 2, false, p), makePage(4, 960, 1, 2, false, p),
		}, "0s/0s ", []string{
			"stream 00000007 (audio): bad media file: page at offset 0: bad decoder configuration: 8 bytes (4f 70 75 73 48 65 61 64), expected an OpusHead of at least 19",
			`stream 00000005 (audio): bad media file: page at offset 36: bad decoder configuration: 0 bytes, expected "fLaC" and STREAMINFO, 42 bytes`,
		}, 20 * time.Millisecond},
		{"chained", [][]byte{begin, makePage(4, 960, 1, 2, false, p), makePage(2, 0, 2, 0, false, head), makePage(0, 0, 2, 1, false, tags), makePage(4, 5960, 2, 2, false, p, p)},
			"0s/0s 20ms/20ms 40ms/40ms ", nil, 60 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Open(mediatest.Memory(bytes.Join(c.pages, nil)))
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, m)
			require.NoError(t, err)
			require.Equal(t, c.times, mediatest.Times(units))
			require.Equal(t, c.skipped, m.Info().Skipped)
			require.Equal(t, c.End, m.End())
			require.Equal(t, head, units[0].Config)
		})
	}
}

func TestOggErrors(t *testing.T) {
	head, tags, p := flv.OpusHead(1), []byte("OpusTags...."), []byte{0x08, 1, 2}
	good := bytes.Join([][]byte{makePage(2, 0, 1, 0, false, head), makePage(0, 0, 1, 1, false, tags), makePage(0, 960, 1, 2, false, p)}, nil)
	damaged := append(bytes.Clone(good), makePage(0, 1920, 1, 3, false, p)...)
	damaged[len(damaged)-1]++
	for _, c := range []struct {
		name string
		file []byte
		good int
		err  error
		text string
	}{
		{"cut", damaged[:len(damaged)-1], 1, media.ErrTruncated, "page at offset 118 needs 31 bytes, 30 are left"},
		{"no page for long", append(append(bytes.Clone(good), make([]byte, 2*maxSearch)...), good...), 1, media.ErrBadMedia, "no further Ogg page within reach"},
		{"the next link is something else", append(bytes.Clone(good), append(makePage(2, 0, 9, 0, false, []byte("\x01vorbis")), makePage(0, 0, 9, 1, false, p)...)...), 1,
			media.ErrUnsupported, "the chained stream before offset 153 is no opus"},
		{"bad OpusHead", makePage(2, 0, 1, 0, false, []byte("OpusHead")), 0, media.ErrBadMedia, "expected an OpusHead"},
		{"bad FLAC header", makePage(2, 0, 1, 0, false, []byte("\x7FFLAC\x01\x00")), 0, media.ErrBadMedia, "page at offset 0"},
		{"headers only", good[:len(good)-31], 0, media.ErrBadMedia, "the opus stream has no packets"},
		{"begins in the middle", makePage(0, 960, 1, 2, false, p), 0, media.ErrBadMedia, "no stream begins"},
		{"many streams", bytes.Repeat(makePage(2, 0, 1, 0, false, []byte("x")), maxOggStreams+1), 0, media.ErrBadMedia, "more than 64 streams"},
	} {
		t.Run(c.name, func(t *testing.T) {
			units, err := mediatest.OpenAndRead(t, mediatest.Memory(c.file), Open)
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
			require.Len(t, units, c.good)
		})
	}
}

// What is no page, or is damaged, costs no more than itself.
func TestOggPassesOverRubbish(t *testing.T) {
	p := []byte{0x08, 1, 2}
	begin := append(makePage(2, 0, 1, 0, false, flv.OpusHead(1)), makePage(0, 0, 1, 1, false, []byte("OpusTags...."))...)
	one := func(n uint32) []byte { return makePage(0, int64(960*(n-1)), 1, n, false, p) }
	flip := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		b[at] ^= 4
		return b
	}
	rubbish := bytes.Repeat([]byte("Ogg"), 30_000)
	for _, c := range []struct {
		name     string
		pages    [][]byte
		times    string
		warnings []string
	}{
		{"a flipped bit", [][]byte{begin, one(2), flip(one(3), headerSize+2), one(4)}, "0s/0s 40ms/40ms ", []string{"31 bytes at offset 118 are no Ogg page"}},
		{"a flipped bit in a size", [][]byte{begin, one(2), flip(one(3), headerSize), one(4)}, "0s/0s 40ms/40ms ", []string{"31 bytes at offset 118"}},
		{"a flipped bit in a number of sizes", [][]byte{begin, one(2), flip(one(3), headerSize-1), one(4)}, "0s/0s 40ms/40ms ", []string{"31 bytes at offset 118"}},
		{"rubbish between pages", [][]byte{begin, one(2), rubbish, one(3)}, "0s/0s 20ms/20ms ", []string{"90000 bytes at offset 118"}},
		{"several", [][]byte{begin, one(2), rubbish, one(3), rubbish, one(4), []byte("end")}, "0s/0s 20ms/20ms 40ms/40ms ", []string{"90000 bytes at offset 118"}},
		{"rubbish at the end", [][]byte{begin, one(2), make([]byte, 50)}, "0s/0s ", []string{"the last 50 bytes, from offset 118 on"}},
		{"pages that are none", [][]byte{begin, one(2), bytes.Repeat([]byte("OggS\x00\xFF"), 100), one(3)}, "0s/0s 20ms/20ms ", []string{"600 bytes at offset 118"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := mediatest.Memory(bytes.Join(c.pages, nil))
			var warnings []string
			in.Warn = func(text string) { warnings = append(warnings, text) }
			m, err := Open(in)
			require.NoError(t, err)
			for range 2 {
				units, err := mediatest.ReadAll(t, m)
				if c.name != "several" { // it ends with less than a page's header, which is a page that is cut
					require.NoError(t, err)
				}
				require.Equal(t, c.times, mediatest.Times(units))
				require.NoError(t, m.Rewind())
			}
			mediatest.RequireContain(t, warnings, c.warnings)
		})
	}
}

// A packet may be as long as its limit, and no longer.
func TestOggPacketLimit(t *testing.T) {
	file := append(makePage(2, 0, 1, 0, false, flv.OpusHead(1)), makePage(0, 0, 1, 1, true, make([]byte, 255*200))...)
	for i := range uint32(maxOggPacket/(255*255) + 2) {
		file = append(file, makePage(1, -1, 1, 2+i, true, make([]byte, 255*255))...)
	}
	_, err := Open(mediatest.Memory(file))
	require.ErrorIs(t, err, media.ErrBadMedia)
	require.ErrorContains(t, err, "is larger than 16777216 bytes")
}

// fixOgg sets the checksums of what looks like pages, without which a fuzzer would never get behind them.
func fixOgg(b []byte) []byte {
	b = bytes.Clone(b)
	for at := 0; at+headerSize <= len(b); {
		if string(b[at:at+4]) != magic {
			at++
			continue
		}
		size := headerSize + int(b[at+headerSize-1])
		for i := at + headerSize; i < min(at+size, len(b)); i++ {
			if i < at+headerSize+int(b[at+headerSize-1]) {
				size += int(b[i])
			}
		}
		if at+size > len(b) {
			break
		}
		binary.LittleEndian.PutUint32(b[at+crcAt:], 0)
		binary.LittleEndian.PutUint32(b[at+crcAt:], checksum(0, b[at:at+size]))
		at += size
	}
	return b
}

func FuzzOgg(f *testing.F) {
	for _, name := range []string{"opus.ogg", "chained.ogg", "theora.ogg", "flac.oga"} {
		f.Add(mediatest.File(f, name))
	}
	f.Add(bytes.Join([][]byte{makePage(2, 0, 1, 0, false, flv.OpusHead(2)), makePage(0, 960, 1, 2, true, []byte{8, 1}, make([]byte, 255)), makePage(5, 99, 1, 3, false, []byte{8})}, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = fixOgg(b)
		mediatest.Drain(t, b, Open)
		mediatest.DrainAll(t, b, Open)
	})
}
