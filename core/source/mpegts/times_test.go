package mpegts

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asticode/go-astits"
	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/mediatest"
)

// stampless takes the times off PES packets, but for those for which keep says so by the PID and the packet's
// number among those of the PID.
func stampless(file []byte, keep func(pid, n int) bool) []byte {
	seen := map[int]int{}
	return mediatest.EachPES(file, func(pid int, h []byte) {
		n := seen[pid]
		seen[pid]++
		if h[1]&0xC0 == 0 || keep(pid, n) {
			return
		}
		h[1] &= 0x3F
		for i := range h[2] {
			h[3+i] = 0xFF // stuffing
		}
	})
}

// withoutPCR takes the clock references off.
func withoutPCR(file []byte) []byte {
	file = bytes.Clone(file)
	for p := range slices.Chunk(file, PacketSize) {
		if p[3]&0x20 != 0 && p[4] > 0 {
			p[5] &^= 0x10
		}
	}
	return file
}

// Frames have times where packets have none: of the frame rate and of the sample rate, from the begin of the file
// or from the last packet with a time on.
func TestTSFramesWithoutTimes(t *testing.T) {
	none := func(int, int) bool { return false }
	made := map[string][]byte{
		"H.264":  piece(t, "160x96", "-c:v libx264 -bf 0 -c:a aac"),
		"HEVC":   piece(t, "160x96", "-c:v libx265 -bf 0 -c:a ac3"),
		"50":     piece(t, "160x96", "-vf fps=50 -c:v libx264 -bf 0 -c:a mp3"),
		"B":      piece(t, "160x96", "-c:v libx264 -preset fast -bf 3 -c:a aac"),
		"HEVC B": piece(t, "160x96", "-c:v libx265 -preset fast -bf 3 -c:a aac"),
		"29.97":  piece(t, "160x96", "-vf fps=30000/1001 -c:v libx264 -bf 0 -an"),
		"Opus":   piece(t, "160x96", "-vn -c:a libopus"),
	}
	for _, c := range []struct {
		name, file string
		keep       func(pid, n int) bool
		first      time.Duration // of sound, in front of the picture as in the file
	}{
		{"no packet has a time", "H.264", none, 0},
		{"no packet has a time", "HEVC", none, 0},
		{"no packet has a time", "50", none, 0},
		{"no packet has a time", "29.97", none, 0},
		{"no packet has a time", "Opus", none, 0},
		{"no packet has a time", "B", none, 0},
		{"no packet has a time", "HEVC B", none, 0},
		{"the first packet of each track has one", "H.264", func(_, n int) bool { return n == 0 }, 21},
		{"the first packet of each track has one", "50", func(_, n int) bool { return n == 0 }, 26},
		{"the first packet of each track has one", "HEVC", func(_, n int) bool { return n == 0 }, 5},
		{"every tenth packet has one", "H.264", func(_, n int) bool { return n%10 == 0 }, 21},
		{"every tenth packet of video, from the fifth on", "H.264", func(pid, n int) bool { return pid == 257 || n%10 == 5 }, 21},
		{"no packet of sound has one", "H.264", func(pid, _ int) bool { return pid == 256 }, 0},
		{"no packet of video has one", "H.264", func(pid, _ int) bool { return pid == 257 }, 0},
	} {
		t.Run(c.name+", "+c.file, func(t *testing.T) {
			whole := made[c.file]
			_, want := readTS(t, whole)
			require.NotEmpty(t, want)
			f, got := readTS(t, withoutPCR(stampless(whole, c.keep)))
			for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
				a, b := mediatest.Of(want, kind), mediatest.Of(got, kind)
				require.Len(t, b, len(a), kind)
				for i := range a {
					shift := time.Duration(0)
					if c.first == 0 { // both tracks begin at 0, sound with the first frame that is shown
						if shift = a[0].DTS; kind == flv.Audio && strings.HasSuffix(c.file, "B") {
							shift -= got[0].PTS
						}
					}
					require.InDelta(t, a[i].DTS-shift, b[i].DTS, float64(time.Millisecond), "%v %d", kind, i)
					require.InDelta(t, a[i].PTS-shift, b[i].PTS, float64(time.Millisecond), "%v %d", kind, i)
					require.Equal(t, a[i].Size, b[i].Size, "%v %d", kind, i)
				}
			}
			backIsTheSame(t, f, got)
		})
	}
}

// backIsTheSame goes back to each key frame, and compares what comes then with what came before.
func backIsTheSame(t *testing.T, f interface {
	Next() (*flv.AccessUnit, error)
	Mark()
	Back() error
	Rewind() error
}, want []mediatest.Unit) {
	require.NoError(t, f.Rewind())
	for i := range want {
		u, err := f.Next()
		require.NoError(t, err)
		require.Equal(t, want[i].DTS, u.DTS, "unit %d", i)
		if u.Kind != flv.Video || !u.Codec.IsKey(u.NALUs) {
			continue
		}
		f.Mark()
		for range i % 9 {
			f.Next()
		}
		require.NoError(t, f.Back())
		for {
			u, err = f.Next()
			require.NoError(t, err)
			if u.Kind == flv.Video && u.DTS >= want[i].DTS {
				break
			}
		}
		require.Equal(t, want[i].DTS, u.DTS, "unit %d", i)
		require.Len(t, u.NALUs, want[i].NALUs, "unit %d", i)
	}
}

// A PES packet of video need not end: it is taken in parts.
func TestTSPacketWithoutAnEnd(t *testing.T) {
	frame := append(bytes.Clone(mediatest.P), bytes.Repeat([]byte{0x5A}, 20_000)...)
	data := bytes.Join([][]byte{mediatest.AUD, mediatest.SPS, mediatest.PPS, mediatest.IDR}, nil)
	const frames = 1000
	for range frames - 1 {
		data = append(append(data, mediatest.AUD...), frame...)
	}
	require.Greater(t, len(data), 4*pesLimit)
	file := mediatest.Muxed(t, map[uint16]astits.StreamType{256: astits.StreamTypeH264Video}, mediatest.PES(256, 9000, data))
	_, units := readTS(t, file)
	require.Len(t, units, frames)
	for i, u := range units {
		require.Equal(t, time.Duration(i)*40*time.Millisecond, u.DTS)
		if i > 0 {
			require.Equal(t, 4+2+4+len(frame)-4, u.Size, "%d", i)
		}
	}
}

// Of a frame that is taken in parts, nothing is sent if one is lost.
func TestTSLargeFrameWithAHole(t *testing.T) {
	key := bytes.Join([][]byte{mediatest.AUD, mediatest.SPS, mediatest.PPS, mediatest.IDR}, nil)
	large := append(bytes.Clone(key), bytes.Repeat([]byte{0x5A}, 3*pesLimit)...)
	file := mediatest.Muxed(t, map[uint16]astits.StreamType{256: astits.StreamTypeH264Video},
		mediatest.PES(256, 9000, key), mediatest.PES(256, 12600, large), mediatest.PES(256, 16200, key), mediatest.PES(256, 19800, key))
	_, units := readTS(t, file)
	require.Equal(t, "0s/0s 40ms/40ms 80ms/80ms 120ms/120ms ", mediatest.Times(units))
	require.Greater(t, units[1].Size, 3*pesLimit)
	at := len(file) / 2 / PacketSize * PacketSize
	_, units = readTS(t, slices.Concat(file[:at], file[at+PacketSize:]))
	require.Equal(t, "0s/0s 80ms/80ms 120ms/120ms ", mediatest.Times(units))
}

// What the clocks of a stream do that they should not.
func TestTSClocks(t *testing.T) {
	plain := piece(t, "160x96", "-c:v libx264 -bf 0 -c:a aac")
	bframes := piece(t, "160x96", "-c:v libx264 -bf 2 -c:a aac")
	stamps := func(file []byte, f func(pid int, stamp int64) int64) []byte {
		return mediatest.EachPES(file, func(pid int, h []byte) {
			if h[1]&0x80 != 0 {
				mediatest.PutStamp(h[3:], f(pid, mediatest.GetStamp(h[3:])))
			}
			if h[1]&0x40 != 0 {
				mediatest.PutStamp(h[8:], f(pid, mediatest.GetStamp(h[8:])))
			}
		})
	}
	standing := func(which, from int) func(int, int64) int64 {
		n, last := 0, int64(0)
		return func(pid int, at int64) int64 {
			if pid != which {
				return at
			}
			if n++; n > from {
				return last
			}
			last = at
			return at
		}
	}
	pcr := func(file []byte, f func(n int) int64) []byte {
		file = bytes.Clone(file)
		n := 0
		for p := range slices.Chunk(file, PacketSize) {
			if p[3]&0x20 != 0 && p[4] > 6 && p[5]&0x10 != 0 {
				base := f(n)
				n++
				p[6], p[7], p[8], p[9], p[10] = byte(base>>25), byte(base>>17), byte(base>>9), byte(base>>1), byte(base<<7)|0x7E
			}
		}
		require.Positive(t, n)
		return file
	}
	discontinuous := func(file []byte) []byte { // says before each frame that the counter may jump
		file = bytes.Clone(file)
		for p := range slices.Chunk(file, PacketSize) {
			if p[1]&0x40 != 0 && p[3]&0x20 != 0 && p[4] > 0 {
				p[5] |= 0x80
			}
		}
		return file
	}
	for _, c := range []struct {
		name  string
		whole []byte
		file  []byte
		alike bool // both tracks begin at 0
	}{
		{"stamps run over at 2^33 in the middle", plain, stamps(plain, func(_ int, at int64) int64 { return at + 1<<33 - 200_000 }), false},
		{"stamps run over at 2^33 between a PTS and its DTS", bframes, stamps(bframes, func(_ int, at int64) int64 { return at + 1<<33 - 132_000 }), false},
		{"all stamps are alike", plain, stamps(plain, func(int, int64) int64 { return 12345 }), true},
		{"stamps of video stand still from somewhere on", plain, stamps(plain, standing(256, 20)), false},
		{"stamps of sound stand still from somewhere on", plain, stamps(plain, standing(257, 4)), false},
		{"stamps jump by an hour in the middle", plain, stamps(plain, func(_ int, at int64) int64 {
			if at > 200_000 {
				at += 3600 * 90_000
			}
			return at
		}), false},
		{"the PCR stands still", plain, pcr(plain, func(int) int64 { return 0 }), false},
		{"the PCR jumps", plain, pcr(plain, func(n int) int64 { return int64(n%3) << 31 }), false},
		{"there is no PCR", plain, withoutPCR(plain), false},
		{"every frame is said to be a discontinuity", plain, discontinuous(plain), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, want := readTS(t, c.whole)
			f, got := readTS(t, c.file)
			for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
				a, b := mediatest.Of(want, kind), mediatest.Of(got, kind)
				require.Len(t, b, len(a), kind)
				for i := range a {
					shift := time.Duration(0)
					if c.alike {
						shift = a[0].DTS
					}
					require.InDelta(t, a[i].DTS-shift, b[i].DTS, float64(40*time.Millisecond), "%v %d", kind, i)
					require.InDelta(t, a[i].PTS-a[i].DTS, b[i].PTS-b[i].DTS, float64(time.Millisecond), "%v %d", kind, i)
					if i > 0 {
						require.InDelta(t, a[i].DTS-a[i-1].DTS, b[i].DTS-b[i-1].DTS, float64(20*time.Millisecond), "%v %d", kind, i)
					}
				}
			}
			backIsTheSame(t, f, got)
		})
	}
}

// Some multiplexers write lengths of video that are too small, as the lower 16 bits of the true one, or too large.
func TestTSLengthsThatAreWrong(t *testing.T) {
	plain := piece(t, "160x96", "-c:v libx264 -bf 0 -c:a aac")
	_, want := readTS(t, plain)
	for _, length := range []uint16{14, 30, 200, 0xFFF0} {
		file := bytes.Clone(plain)
		for p := range slices.Chunk(file, PacketSize) {
			if at := 4; p[1] == 0x41 && p[2] == 0 { // begins a packet of video
				if p[3]&0x20 != 0 {
					at += 1 + int(p[4])
				}
				binary.BigEndian.PutUint16(p[at+4:], length)
			}
		}
		f, got := readTS(t, file)
		require.Equal(t, want, got, "%d", length)
		backIsTheSame(t, f, got)
	}
}

// A piece of a recording begins behind a key frame, and the next one comes after many MB.
func TestTSKeyFrameComesLate(t *testing.T) {
	key := bytes.Join([][]byte{mediatest.AUD, mediatest.SPS, mediatest.PPS, mediatest.IDR}, nil)
	frame := slices.Concat(mediatest.AUD, mediatest.P, bytes.Repeat([]byte{0x5A}, 200_000))
	packets := []*astits.MuxerData{mediatest.PES(257, 9000, mediatest.ADTSFrame)}
	for i := range 60 {
		packets = append(packets, mediatest.PES(256, 9000+int64(i)*3600, frame))
	}
	packets = append(packets, mediatest.PES(256, 9000+60*3600, key), mediatest.PES(256, 9000+61*3600, frame))
	f, units := readTS(t, mediatest.Muxed(t, map[uint16]astits.StreamType{256: astits.StreamTypeH264Video, 257: astits.StreamTypeAACAudio}, packets...))
	require.Empty(t, f.Info().Skipped)
	require.Equal(t, "0s/0s 2.4s/2.4s 2.44s/2.44s ", mediatest.Times(units))
}
