package mpegts

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/mediatest"
)

// Of a PES packet with a hole, or with a cut end, what is in front of that is delivered if parts are wanted.
func TestPESParts(t *testing.T) {
	data := make([]byte, 600)
	for i := range data {
		data[i] = byte(i)
	}
	sized := cutPackets(0, pesOf(true, 0x80, data...))
	open := cutPackets(0, pesOf(false, 0x80, data...))
	require.Len(t, sized, 4)
	const first = PacketSize - headerSize - pesHeader - stampSize // bytes in the first packet
	for _, c := range []struct {
		name    string
		packets [][]byte
		sizes   []int // of what is delivered; -1: Cut
	}{
		{"whole", sized, []int{600}},
		{"the end is missing", sized[:3], []int{first + 2*(PacketSize-headerSize), -1}},
		{"a hole", [][]byte{sized[0], sized[1], sized[3]}, []int{first + PacketSize - headerSize, -1}},
		{"a hole in one without a length", [][]byte{open[0], open[2], open[3]}, []int{first, -1}},
		{"a hole, then the next one", append([][]byte{sized[0], sized[2]}, cutPackets(9, pesOf(true, 0x80, 1, 2))...), []int{first, -1, -1, 2}},
		{"the begin is missing", sized[1:], nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := PESReader{Limit: 1 << 20, Parts: true}
			var sizes []int
			take := func(p *PES) {
				if p.Cut {
					sizes = append(sizes, -1)
					return
				}
				sizes = append(sizes, len(p.Data))
				require.True(t, p.HasPTS)
				require.True(t, len(p.Data) == 2 || bytes.HasPrefix(data, p.Data))
			}
			for _, b := range c.packets {
				r.Add(parse(t, b), take)
			}
			r.Flush(take)
			require.Equal(t, c.sizes, sizes)
		})
	}
}

// Where recordings are joined, the last packet of the first one is whole also if it is full.
func TestPESJoined(t *testing.T) {
	full := make([]byte, 2*(PacketSize-headerSize)-pesHeader-stampSize)
	list := append(cutPackets(5, pesOf(false, 0x80, full...)), cutPackets(0, pesOf(false, 0x80, 1, 2))...)
	require.Len(t, list, 3)
	r := PESReader{Limit: 1 << 20}
	var sizes []int
	for _, b := range list {
		r.Add(parse(t, b), func(p *PES) { sizes = append(sizes, len(p.Data)) })
	}
	r.Flush(func(p *PES) { sizes = append(sizes, len(p.Data)) })
	require.Equal(t, []int{len(full), 2}, sizes)
}

// A lost packet costs the frames of audio that are in it and behind it, up to the next PES packet; those in front of it are sent,
// and none is made up of two halves. So it is with the end of a file that is cut.
func TestTSAudioWithHoles(t *testing.T) {
	file := piece(t, "160x96", "-c:v libx264 -preset ultrafast -bf 0 -c:a aac")
	_, good := readTS(t, file)
	sound := mediatest.Of(good, flv.Audio)
	times := map[string]bool{}
	for _, u := range sound {
		times[fmt.Sprint(u.DTS, u.Size)] = true
	}
	var audio []int // the packets of audio
	for at := 0; at < len(file); at += PacketSize {
		if p, ok := ParsePacket(file[at : at+PacketSize]); ok && p.PID == 257 {
			audio = append(audio, at)
		}
	}
	require.Greater(t, len(audio), 40)
	for n, at := range audio[5 : len(audio)-1] {
		lost := append(bytes.Clone(file[:at]), file[at+PacketSize:]...)
		_, units := readTS(t, lost)
		got := mediatest.Of(units, flv.Audio)
		require.Len(t, mediatest.Of(units, flv.Video), len(mediatest.Of(good, flv.Video)))
		require.Greater(t, len(got), len(sound)-20, "packet %d", n)
		for _, u := range got {
			require.True(t, times[fmt.Sprint(u.DTS, u.Size)], "packet %d: a frame at %v of %d bytes", n, u.DTS, u.Size)
		}
	}
	cut := audio[len(audio)-1]
	_, units := readTS(t, file[:cut])
	got := mediatest.Of(units, flv.Audio)
	require.Greater(t, len(got), len(sound)-4)
	require.Less(t, len(got), len(sound))
}

// One time stamp that is ahead by seconds does not hold up what follows.
func TestTSDamagedStamp(t *testing.T) {
	file := piece(t, "160x96", "-c:v libx264 -preset ultrafast -bf 2 -g 25 -c:a aac")
	_, good := readTS(t, file)
	for _, pid := range []int{256, 257} {
		for _, ahead := range []int64{2, 5, 9, 12} { // s
			n := 0
			damaged := mediatest.EachPES(file, func(of int, header []byte) {
				if of != pid || header[1]&0x80 == 0 {
					return
				}
				if n++; n != 4 {
					return
				}
				mediatest.PutStamp(header[3:], mediatest.GetStamp(header[3:])+ahead*clock)
				if header[1]&0x40 != 0 {
					mediatest.PutStamp(header[8:], mediatest.GetStamp(header[8:])+ahead*clock)
				}
			})
			require.GreaterOrEqual(t, n, 5)
			_, units := readTS(t, damaged)
			for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
				want, got := mediatest.Of(good, kind), mediatest.Of(units, kind)
				require.Len(t, got, len(want))
				for i := range want {
					require.InDelta(t, want[i].DTS.Seconds(), got[i].DTS.Seconds(), 0.4, "PID %d, %d s: %v %d", pid, ahead, kind, i)
					require.InDelta(t, (want[i].PTS - want[i].DTS).Seconds(), (got[i].PTS - got[i].DTS).Seconds(), 0.001)
				}
			}
		}
	}
}
