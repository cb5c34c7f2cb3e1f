package source

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// flvTags takes a file apart, and returns the offsets of the tags of a type.
func flvTags(b []byte, kind byte) (at []int) {
	for i := 13; i+11 <= len(b); i += 11 + int(b[i+1])<<16 + int(b[i+2])<<8 + int(b[i+3]) + 4 {
		if b[i] == kind {
			at = append(at, i)
		}
	}
	return at
}

// shiftFLV adds to the timestamps of all tags from an offset on.
func shiftFLV(b []byte, from int, add int32) {
	for _, kind := range []byte{8, 9} {
		for _, at := range flvTags(b, kind) {
			if at < from {
				continue
			}
			stamp := uint32(b[at+7])<<24 | uint32(b[at+4])<<16 | uint32(b[at+5])<<8 | uint32(b[at+6])
			stamp += uint32(add)
			b[at+7], b[at+4], b[at+5], b[at+6] = byte(stamp>>24), byte(stamp>>16), byte(stamp>>8), byte(stamp)
		}
	}
}

// clusterID begins a cluster of Matroska.
var clusterID = []byte{0x1F, 0x43, 0xB6, 0x75}

// shiftClusters adds ms to the times of some clusters, which have no lengths then, as those of a browser.
func shiftClusters(b []byte, from, to int, add int64) (shifted []byte) {
	for n := 0; ; n++ {
		i := bytes.Index(b, clusterID)
		if i < 0 {
			return append(shifted, b...)
		}
		shifted = append(append(shifted, b[:i+len(clusterID)]...), 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF)
		b = b[i+len(clusterID):]
		b = b[bits.LeadingZeros8(b[0])+1:]
		if b[0] == 0xBF { // a checksum
			b = b[6:]
		}
		size := int(b[1] & 0x7F)
		stamp := make([]byte, 8)
		copy(stamp[8-size:], b[2:2+size])
		if n >= from && n < to {
			binary.BigEndian.PutUint64(stamp, binary.BigEndian.Uint64(stamp)+uint64(add))
		}
		shifted = append(append(shifted, 0xE7, 0x88), stamp...)
		b = b[2+size:]
	}
}

// Whatever jumps, no frame is lost, each track's time goes up without a hole, and the tracks stay together.
func TestJumpsAreClosedUp(t *testing.T) {
	plain := func(name string) []byte { return mediatest.File(t, name) }
	type file struct {
		name, ext string
		data      []byte
		rounds    int // of the 30 pictures and 45 frames of sound
	}
	var files []file
	add := func(name, ext string, data []byte, rounds int) { files = append(files, file{name, ext, data, rounds}) }

	flvFile := plain("bframes.flv")
	first := flvTags(flvFile, 9)[0]
	long := plain("bframes.flv")
	for range 3 { // four rounds go on, before the fifth starts again
		next := plain("bframes.flv")
		shiftFLV(next, 0, int32(1000*(len(long)/len(flvFile))))
		long = append(long, next[first:]...)
	}
	add("a long recording and another", "flv", append(long, flvFile[first:]...), 5)
	for _, kind := range []byte{8, 9} {
		for bit := 14; bit < 32; bit++ {
			b := plain("bframes.flv")
			at := flvTags(b, kind)[10]
			b[at+[]int{6, 5, 4, 7}[bit/8]] ^= 1 << (bit % 8)
			add(fmt.Sprintf("bit %d of one timestamp, tag type %d", bit, kind), "flv", b, 1)
		}
	}
	for _, ms := range []int32{-2_000_000_000, -60_000, -500, 60_000, 2_000_000_000} {
		b := plain("bframes.flv")
		shiftFLV(b, flvTags(b, 9)[12], ms)
		add(fmt.Sprintf("all timestamps by %d ms", ms), "flv", b, 1)
	}

	ts := plain("bframes.ts")
	later := mediatest.EachPES(ts, func(pid int, h []byte) {
		for at := 3; at+5 <= 3+int(h[2]); at += 5 {
			mediatest.PutStamp(h[at:], mediatest.GetStamp(h[at:])+90000)
		}
	})
	recording := append(plain("bframes.ts"), later...) // of 2 s
	add("recordings are joined", "ts", append(recording, recording...), 4)
	add("three recordings are joined", "ts", append(append(recording, recording...), recording...), 6)
	for bit := 20; bit < 33; bit++ {
		n := 0
		b := mediatest.EachPES(ts, func(pid int, h []byte) {
			if n++; n == 12 {
				for at := 3; at+5 <= 3+int(h[2]); at += 5 {
					mediatest.PutStamp(h[at:], mediatest.GetStamp(h[at:])^1<<bit)
				}
			}
		})
		add(fmt.Sprintf("bit %d of one packet's times", bit), "ts", b, 1)
	}
	n := 0
	add("all times by 5 hours", "ts", mediatest.EachPES(ts, func(pid int, h []byte) {
		for at := 3; n > 12 && at+5 <= 3+int(h[2]); at += 5 {
			mediatest.PutStamp(h[at:], mediatest.GetStamp(h[at:])+5*3600*90000)
		}
		n++
	}), 1)

	for _, c := range []struct {
		name string
		from int // which tfdt boxes, of 3 fragments with 2 tracks
		to   int
		add  uint64
	}{
		{"one fragment of one track by 5 hours", 4, 5, 5 * 3600 * 44100},
		{"all from the second fragment on by 5 hours", 2, 6, 5 * 3600 * 44100},
		{"a damaged time", 2, 3, 1 << 60},
		{"another damaged time", 4, 5, 1 << 63},
		{"times since 1970", 0, 6, 56 * 365 * 86400 * 44100},
	} {
		b := plain("fragmented.mp4")
		n := 0
		for i := 0; i+16 < len(b); i++ {
			if string(b[i:i+4]) != "tfdt" {
				continue
			}
			if at := b[i+8:]; n >= c.from && n < c.to {
				add := c.add
				if n%2 == 0 {
					add = add / 44100 * 30000 // ticks of the video
				}
				if c.to-c.from == 1 {
					add = c.add
				}
				binary.BigEndian.PutUint64(at, binary.BigEndian.Uint64(at)+add)
			}
			n++
		}
		require.Equal(t, 6, n)
		add("fragments, "+c.name, "mp4", b, 1)
	}

	mkv := plain("live.mkv")
	add("all clusters from the third on by 5 hours", "mkv", shiftClusters(mkv, 2, 99, 5*3600_000), 1)
	add("all clusters from the third on by 2^62", "mkv", shiftClusters(mkv, 2, 99, 1<<62), 1)
	add("all clusters from the third on back by 60 s", "mkv", shiftClusters(shiftClusters(mkv, 0, 99, 90_000), 2, 99, -60_000), 1)
	add("all clusters from the third on back by 0.5 s", "mkv", shiftClusters(shiftClusters(mkv, 0, 99, 90_000), 2, 99, -500), 1)
	for bit := 17; bit < 64; bit += 3 {
		add(fmt.Sprintf("one cluster by 2^%d", bit), "mkv", shiftClusters(mkv, 2, 3, 1<<bit), 1)
	}
	second := shiftClusters(mkv, 0, 99, 1000)
	two := append(bytes.Clone(mkv), second[bytes.Index(second, clusterID):]...)
	add("recordings are joined", "mkv", append(bytes.Clone(two), two...), 4)
	add("three recordings are joined", "mkv", bytes.Repeat(two, 3), 6)

	for _, f := range files {
		t.Run(f.ext+", "+f.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x."+f.ext)
			require.NoError(t, os.WriteFile(path, f.data, 0o600))
			s := openBackward(t, path)
			var all []whole
			for {
				some, _ := readWhole(t, s, 1)
				if len(some) == 0 {
					break
				}
				all = append(all, some[0])
			}
			requireSteady(t, all, 30*f.rounds, 45*f.rounds)

			again := openBackward(t, path)
			_, _ = readWhole(t, again, len(all)*2/3)
			require.NoError(t, again.Back())
			rest, _ := readWhole(t, again, len(all))
			requireSteady(t, rest, len(of2(rest, flv.Video)), len(of2(rest, flv.Audio)))
		})
	}
}

func of2(units []whole, kind flv.Kind) (some []whole) {
	for _, u := range units {
		if u.kind == kind {
			some = append(some, u)
		}
	}
	return some
}

// requireSteady requires that time goes up in both tracks, without holes, and that they stay together.
func requireSteady(t *testing.T, units []whole, pictures, frames int) {
	t.Helper()
	require.Len(t, of2(units, flv.Video), pictures)
	require.Len(t, of2(units, flv.Audio), frames)
	last := map[flv.Kind]time.Duration{}
	for i, u := range units {
		before, ok := last[u.kind]
		if ok {
			require.Greater(t, u.dts, before, "unit %d of %v", i, u.kind)
			require.LessOrEqual(t, u.dts-before, 600*time.Millisecond, "unit %d of %v", i, u.kind)
		}
		last[u.kind] = u.dts
		if len(last) == 2 {
			require.Less(t, (last[flv.Video] - last[flv.Audio]).Abs(), 600*time.Millisecond, "unit %d", i)
		}
		require.Less(t, (u.pts - u.dts).Abs(), time.Second, "unit %d", i)
	}
}

// A frame of an MP4 file that is to stand for a day does not, and the sound goes on.
func TestMP4DurationIsDamaged(t *testing.T) {
	b := mediatest.File(t, "hevc.mp4")
	at := 0
	for i := 4; i+24 < len(b); i++ {
		if string(b[i:i+4]) == "stts" {
			at = i + 12
		}
	}
	require.Positive(t, at, "hevc.mp4 has one entry for all")
	binary.BigEndian.PutUint32(b[at+4:], 1<<31)
	path := filepath.Join(t.TempDir(), "x.mp4")
	require.NoError(t, os.WriteFile(path, b, 0o600))
	units, _ := readWhole(t, openBackward(t, path), 100)
	require.Len(t, units, 3)
	require.Equal(t, []time.Duration{0, 40 * time.Millisecond, 80 * time.Millisecond}, []time.Duration{units[0].dts, units[1].dts, units[2].dts})
}

// Times that stand still or go back a little go up nevertheless, and a presentation time that cannot be is the decode time.
func TestTimesGoUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.flv")
	far := mediatest.FLVTag(9, 600, 0x27, 1, 0x7F, 0, 0, 0, 0, 0, 1, 0x41) // 2.3 h
	require.NoError(t, os.WriteFile(path, mediatest.FLV(mediatest.FLVVideoConfig(0), mediatest.FLVVideoFrame(0, 0), mediatest.FLVVideoFrame(500, 40), mediatest.FLVVideoFrame(0, 80), mediatest.FLVVideoFrame(40, 0),
		mediatest.FLVVideoFrame(501, 0), mediatest.FLVVideoFrame(520, 40), far), 0o600))
	units, _ := readWhole(t, openBackward(t, path), 100)
	got := ""
	for _, u := range units {
		got += fmt.Sprintf("%v/%v ", u.dts, u.pts)
	}
	require.Equal(t, "0s/0s 500ms/540ms 501ms/581ms 502ms/502ms 503ms/503ms 520ms/560ms 600ms/600ms ", got)
}

// A file of a moment is not repeated: it would be read as fast as the machine can.
func TestLoopOfAMoment(t *testing.T) {
	key := []byte{0x10, 2, 0, 0x9D, 1, 0x2A, 16, 0, 16, 0, 0, 0} // VP8, 16x16
	ivf := func(rate, scale uint32, times ...uint64) []byte {
		b := mediatest.IVFHeader("VP80", rate, scale)
		for _, at := range times {
			b = append(b, mediatest.IVFFrame(at, key...)...)
		}
		return b
	}
	wav := mediatest.File(t, "alaw.wav")
	one := append(append([]byte(nil), wav[:12]...), "fmt \x10\x00\x00\x00\x06\x00\x01\x00\x40\x1F\x00\x00\x40\x1F\x00\x00\x01\x00\x08\x00data\x01\x00\x00\x00\xD5"...)
	for _, c := range []struct {
		name string
		file []byte
		good bool
	}{
		{"two frames 1 ns apart", ivf(1<<30, 1, 0, 1), false},
		{"10 ms apart", ivf(101, 1, 0, 1), false},
		{"12 ms apart", ivf(80, 1, 0, 1), true},
		{"one frame", ivf(50, 1, 0), true},
		{"one sample", one, false},
		{"one frame of sound", mediatest.ADTSFrame, true},
		{"one frame of sound in FLV, whose times are whole ms", mediatest.FLV(mediatest.FLVAudioConfig(0), mediatest.FLVAudioFrame(0)), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			require.NoError(t, os.WriteFile(path, c.file, 0o600))
			s := openBackward(t, path+"?loop=1")
			var err error
			for i := 0; i < 20 && err == nil; i++ {
				_, err = s.Next()
			}
			if c.good {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, media.ErrBadMedia)
			require.ErrorContains(t, err, path+": bad media file: ")
			require.ErrorContains(t, err, "is too short to be repeated, at least 20ms are needed")
		})
	}
}

// A file whose last frame says that it stands for a day is repeated after a minute.
func TestLoopOfALongLastFrame(t *testing.T) {
	b := mediatest.File(t, "bframes.mp4")
	at := bytes.Index(b, []byte("stts"))
	require.Positive(t, at)
	entries := int(binary.BigEndian.Uint32(b[at+8:]))
	binary.BigEndian.PutUint32(b[at+12+8*(entries-1)+4:], 1<<31)
	path := filepath.Join(t.TempDir(), "x.mp4")
	require.NoError(t, os.WriteFile(path, b, 0o600))
	once, _ := readWhole(t, openBackward(t, path), 1000)
	looped, _ := readWhole(t, openBackward(t, path+"?loop=1"), len(once)+1)
	last := looped[len(once)]
	require.Less(t, last.dts, once[len(once)-1].dts+media.MaxGapMP4*time.Second+time.Second)
}

// Units in which there is nothing are left out; the configuration that came with one comes with the next.
func TestEmptyUnitsAreLeftOut(t *testing.T) {
	empty := mediatest.FLVTag(9, 0, 0x17, 1, 0, 0, 0, 0, 0, 0, 0)
	path := filepath.Join(t.TempDir(), "x.flv")
	require.NoError(t, os.WriteFile(path, mediatest.FLV(mediatest.FLVVideoConfig(0), empty, mediatest.FLVVideoFrame(40, 0), empty,
		mediatest.FLVVideoFrame(80, 0)), 0o600))
	units, configs := readWhole(t, openBackward(t, path), 100)
	require.Len(t, units, 2)
	require.NotNil(t, configs[0])
	for _, u := range units {
		require.NotEmpty(t, u.body)
	}
}
