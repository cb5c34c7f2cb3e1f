package source

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// page makes an Ogg page of whole packets; the last one goes on if more.
func page(flags byte, granule int64, serial, sequence uint32, more bool, packets ...[]byte) []byte {
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
	binary.LittleEndian.PutUint32(b[oggCRCAt:], oggCRC(0, b))
	return b
}

func TestOgg(t *testing.T) {
	head, tags := flv.OpusHead(1), []byte("OpusTags....")
	p := []byte{0x08, 1, 2} // SILK, 20 ms
	long := append([]byte{0x08}, make([]byte, 509)...)
	vorbis := []byte("\x01vorbis...")
	begin := append(page(2, 0, 1, 0, false, head), page(0, 0, 1, 1, false, tags)...)
	for _, c := range []struct {
		name    string
		pages   [][]byte
		times   string
		skipped []string
		end     time.Duration
	}{
		{"packets", [][]byte{begin, page(0, 1920, 1, 2, false, p, p), page(4, 2880, 1, 3, false, p)}, "0s/0s 20ms/20ms 40ms/40ms ", nil, 60 * time.Millisecond},
		{"recorded from the middle of a stream", [][]byte{begin, page(0, 1_000_000, 1, 2, false, p, p), page(4, 1_000_960, 1, 3, false, p)},
			"0s/0s 20ms/20ms 40ms/40ms ", nil, 60 * time.Millisecond},
		{"end trimmed", [][]byte{begin, page(0, 960, 1, 2, false, p), page(4, 1000, 1, 3, false, p)}, "0s/0s 20ms/20ms ", nil, 40 * time.Millisecond},
		{"all on one trimmed page", [][]byte{begin, page(4, 1000, 1, 2, false, p, p)}, "0s/0s 20ms/20ms ", nil, 40 * time.Millisecond},
		{"a hole", [][]byte{begin, page(0, 960, 1, 2, false, p), page(4, 4800, 1, 7, false, p)}, "0s/0s 80ms/80ms ", nil, 100 * time.Millisecond},
		{"a position jumps", [][]byte{begin, page(0, 960, 1, 2, false, p), page(0, 960+1<<40, 1, 3, false, p), page(4, 2880, 1, 4, false, p)},
			"0s/0s 20ms/20ms 40ms/40ms ", nil, 60 * time.Millisecond},
		{"position goes back", [][]byte{begin, page(0, 1920, 1, 2, false, p, p), page(4, 960, 1, 3, false, p)}, "0s/0s 20ms/20ms 40ms/40ms ", nil, 60 * time.Millisecond},
		{"a packet over three pages", [][]byte{begin, page(0, 960, 1, 2, true, p, long), page(1, -1, 1, 3, true, long[:255]), page(5, 2880, 1, 4, false, p, p)},
			"0s/0s 20ms/20ms 40ms/40ms ", nil, 60 * time.Millisecond},
		{"the begin of a packet is lost", [][]byte{begin, page(0, 960, 1, 2, true, p, long), page(1, -1, 1, 4, true, long[:255]), page(5, 2880, 1, 5, false, p, p)},
			"0s/0s 40ms/40ms ", nil, 60 * time.Millisecond},
		{"empty packets", [][]byte{begin, page(4, 960, 1, 2, false, nil, p, nil)}, "0s/0s ", nil, 20 * time.Millisecond},
		{"beside others", [][]byte{
			page(2, 0, 7, 0, false, vorbis), page(2, 0, 1, 0, false, head), page(2, 0, 9, 0, false, head), page(2, 0, 8, 0, false, []byte("xyz")),
			page(0, 0, 7, 1, false, vorbis), page(0, 0, 1, 1, false, tags), page(0, 500, 9, 1, false, p), page(4, 960, 1, 2, false, p),
		}, "0s/0s ", []string{"stream 00000007: vorbis", "stream 00000009 (audio): the first one is sent", "stream 00000008: unknown (78 79 7a)"}, 20 * time.Millisecond},
		{"chained", [][]byte{begin, page(4, 960, 1, 2, false, p), page(2, 0, 2, 0, false, head), page(0, 0, 2, 1, false, tags), page(4, 5960, 2, 2, false, p, p)},
			"0s/0s 20ms/20ms 40ms/40ms ", nil, 60 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := openOgg(memory(bytes.Join(c.pages, nil)))
			require.NoError(t, err)
			units, err := readAll(t, m)
			require.NoError(t, err)
			require.Equal(t, c.times, times(units))
			require.Equal(t, c.skipped, m.Info().Skipped)
			require.Equal(t, c.end, m.end())
			require.Equal(t, head, units[0].config)
		})
	}
}

func TestOggErrors(t *testing.T) {
	head, tags, p := flv.OpusHead(1), []byte("OpusTags...."), []byte{0x08, 1, 2}
	good := bytes.Join([][]byte{page(2, 0, 1, 0, false, head), page(0, 0, 1, 1, false, tags), page(0, 960, 1, 2, false, p)}, nil)
	damaged := append(bytes.Clone(good), page(0, 1920, 1, 3, false, p)...)
	damaged[len(damaged)-1]++
	for _, c := range []struct {
		name string
		file []byte
		good int
		err  error
		text string
	}{
		{"checksum", damaged, 1, ErrBadMedia, "Ogg page at offset 118 is damaged"},
		{"cut", damaged[:len(damaged)-1], 1, ErrTruncated, "page at offset 118 needs 31 bytes, 30 are left"},
		{"no page", append(bytes.Clone(good), make([]byte, 50)...), 1, ErrBadMedia, "no Ogg page at offset 118"},
		{"the next link is something else", append(bytes.Clone(good), append(page(2, 0, 9, 0, false, []byte("\x01vorbis")), page(0, 0, 9, 1, false, p)...)...), 1,
			ErrUnsupported, "the chained stream before offset 153 is no opus"},
		{"bad OpusHead", page(2, 0, 1, 0, false, []byte("OpusHead")), 0, ErrBadMedia, "expected an OpusHead"},
		{"bad FLAC header", page(2, 0, 1, 0, false, []byte("\x7FFLAC\x01\x00")), 0, ErrBadMedia, "page at offset 0"},
		{"headers only", good[:len(good)-31], 0, ErrBadMedia, "the opus stream has no packets"},
		{"begins in the middle", page(0, 960, 1, 2, false, p), 0, ErrBadMedia, "no stream begins"},
		{"many streams", bytes.Repeat(page(2, 0, 1, 0, false, []byte("x")), maxOggStreams+1), 0, ErrBadMedia, "more than 64 streams"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var units []unit
			m, err := openOgg(memory(c.file))
			if err == nil {
				units, err = readAll(t, m)
			}
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
			require.Len(t, units, c.good)
		})
	}
}

// A packet may be as long as its limit, and no longer.
func TestOggPacketLimit(t *testing.T) {
	file := append(page(2, 0, 1, 0, false, flv.OpusHead(1)), page(0, 0, 1, 1, true, make([]byte, 255*200))...)
	for i := range uint32(maxOggPacket/(255*255) + 2) {
		file = append(file, page(1, -1, 1, 2+i, true, make([]byte, 255*255))...)
	}
	_, err := openOgg(memory(file))
	require.ErrorIs(t, err, ErrBadMedia)
	require.ErrorContains(t, err, "is larger than 16777216 bytes")
}

// fixOgg sets the checksums of what looks like pages, without which a fuzzer would never get behind them.
func fixOgg(b []byte) []byte {
	b = bytes.Clone(b)
	for at := 0; at+oggHeaderSize <= len(b); {
		if string(b[at:at+4]) != oggMagic {
			at++
			continue
		}
		size := oggHeaderSize + int(b[at+oggHeaderSize-1])
		for i := at + oggHeaderSize; i < min(at+size, len(b)); i++ {
			if i < at+oggHeaderSize+int(b[at+oggHeaderSize-1]) {
				size += int(b[i])
			}
		}
		if at+size > len(b) {
			break
		}
		binary.LittleEndian.PutUint32(b[at+oggCRCAt:], 0)
		binary.LittleEndian.PutUint32(b[at+oggCRCAt:], oggCRC(0, b[at:at+size]))
		at += size
	}
	return b
}

func FuzzOgg(f *testing.F) {
	for _, name := range []string{"opus.ogg", "chained.ogg", "theora.ogg", "flac.oga"} {
		f.Add(testFile(f, name))
	}
	f.Add(bytes.Join([][]byte{page(2, 0, 1, 0, false, flv.OpusHead(2)), page(0, 960, 1, 2, true, []byte{8, 1}, make([]byte, 255)), page(5, 99, 1, 3, false, []byte{8})}, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = fixOgg(b)
		drain(t, b, openOgg)
		drainAll(t, b, openOgg)
	})
}
