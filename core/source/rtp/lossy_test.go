package rtp

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// lossy is a network that loses, repeats, reorders and delays packets, by a seed.
type lossy struct {
	*rand.Rand
	lose, repeat, reorder float64
	waiting               []delayed
	lost                  map[string]bool // datagrams that did not arrive
}

type delayed struct {
	due  int // packets from now
	data []byte
}

// pass passes on a datagram and those that were held up until now.
func (n *lossy) pass(data []byte, out func([]byte)) {
	switch x := n.Float64(); {
	case x < n.lose:
		n.lost[string(data)] = true
	case x < n.lose+n.reorder:
		n.waiting = append(n.waiting, delayed{1 + n.IntN(8), data})
	default:
		out(data)
		if n.Float64() < n.repeat {
			out(data)
		}
	}
	kept := n.waiting[:0]
	for _, d := range n.waiting {
		if d.due--; d.due <= 0 {
			out(d.data)
			continue
		}
		kept = append(kept, d)
	}
	n.waiting = kept
}

// Every picture that arrives whole is published once and in order, if one can decode it: after a loss from the next key frame on.
func TestLossyNetwork(t *testing.T) {
	const pictures, gop = 2000, 12
	for seed := range uint64(24) {
		how := marking(seed % 3)
		t.Run(fmt.Sprintf("seed %d, marking %d", seed, how), func(t *testing.T) {
			r := newRig(t, h264URL)
			rnd := rand.New(rand.NewPCG(seed, 7))
			n := &lossy{Rand: rnd, lose: 0.004 * float64(seed%4), repeat: 0.05, reorder: 0.05, lost: map[string]bool{}}
			all, spare := make([][][]byte, pictures), map[string]bool{}
			for i := range pictures {
				nalus := pictureH264(byte(i), i%gop == 0, 1+rnd.IntN(4))
				all[i] = r.picture(uint32(i*frameTicks), nalus, how)
				for k, d := range all[i] {
					if i%gop == 0 && k == 0 {
						spare[string(d)] = true // an SPS that is known, in front of all else
					}
					n.pass(d, func(b []byte) { r.Packet(0, b, r.now) })
					r.wait(frameTime / 20)
				}
				r.wait(frameTime / 4)
			}
			for range 20 { // what is held up
				n.pass(r.make(0, pictures*frameTicks, true, pictureH264(byte(pictures%256), false, 1)[0]), func(b []byte) { r.Packet(0, b, r.now) })
			}
			r.wait(time.Second)

			whole := func(i int) bool {
				for _, d := range all[i] {
					if n.lost[string(d)] && !spare[string(d)] {
						return false
					}
				}
				return true
			}
			got := map[int]bool{}
			last := -1
			for _, u := range r.units {
				i := int((u.PTS - r.units[0].PTS + frameTime/2) / frameTime)
				if first := r.units[0]; !first.Codec.IsKey(first.NALUs) {
					t.Fatal("it begins with another picture than a key frame")
				}
				i += int(number(&r.units[0]))
				if i >= pictures {
					continue
				}
				require.Equal(t, byte(i), number(&u))
				require.Greater(t, i, last, "in order, and once")
				require.True(t, whole(i), "picture %d is not whole", i)
				require.True(t, i%gop == 0 || last == i-1, "picture %d follows %d and cannot be decoded", i, last)
				last = i
				got[i] = true
			}
			decodable, missed := false, 0
			for i := range pictures {
				decodable = whole(i) && (decodable || i%gop == 0)
				if decodable && !got[i] {
					missed++
					// Where the marker is never right, nobody can tell whether the end of a picture is lost or the beginning of the next.
					decodable = false
				}
			}
			if how == markLast {
				require.Zero(t, missed, "of pictures that arrived whole and can be decoded")
			} else {
				require.LessOrEqual(t, missed, len(n.lost))
			}
		})
	}
}

// Packets that are damaged do no harm, and when they are over, the stream goes on.
func TestDamagedPackets(t *testing.T) {
	urls := []string{h264URL, "rtp://127.0.0.1:5004?codec=hevc", "rtp://127.0.0.1:5004?codec=av1", "rtp://127.0.0.1:5004?codec=vp8", "rtp://127.0.0.1:5004?codec=vp9"}
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		r := newRig(t, urls[seed%uint64(len(urls))])
		codec := r.video.m.Codec
		for i := range 400 {
			for _, d := range samplePicture(r, codec, uint32(i*frameTicks), byte(i), i%10 == 0) {
				if i >= 100 && i < 200 && rnd.IntN(3) == 0 {
					d[rnd.IntN(len(d))] ^= byte(1 << rnd.IntN(8))
					d = d[:1+rnd.IntN(len(d))]
				}
				r.Packet(0, d, r.now)
				r.wait(time.Millisecond)
			}
			r.wait(frameTime)
		}
		r.wait(silentTime)
		require.GreaterOrEqual(t, len(r.units), 250, "%v, seed %d", codec, seed)
		for i, u := range r.units[len(r.units)-100:] {
			require.EqualValues(t, byte(300+i), number(&u))
		}
		for i, u := range r.units[1:] {
			require.GreaterOrEqual(t, u.DTS, r.units[i].DTS)
		}
	}
}

// samplePicture returns the packets of a picture in any codec; its last byte is its number.
func samplePicture(r *rig, codec flv.Codec, timestamp uint32, n byte, key bool) [][]byte {
	var payloads [][]byte
	switch codec {
	case flv.H264:
		return r.picture(timestamp, pictureH264(n, key, 2), markLast)
	case flv.HEVC:
		payloads = hevcPictureOf(n, map[bool]byte{true: 19, false: 1}[key])
	case flv.AV1:
		payloads = [][]byte{unhex("50 30 30 00"), {0x90, 7, n}} // OBU_FRAME: an inter frame
		if key {
			payloads = [][]byte{append(unhex("60 0c 08 000000043cfeccdaf90040"), unhex("30 10 00")...), {0x90, 7, n}}
		}
	case flv.VP8:
		payloads = [][]byte{unhex("10 31 01 00 9d012a 4001 f000"), {0, n}}
		if key {
			payloads[0][1] = 0x30
		}
	case flv.VP9:
		payloads = [][]byte{unhex("88 01 86 00 40 92 9c 01"), {0x84, 1, n}}
		if key {
			payloads[0] = unhex("88 01 82 49 83 42 00 13 f0 0e f0")
		}
	}
	var all [][]byte
	for i, p := range payloads {
		all = append(all, r.make(0, timestamp, i == len(payloads)-1, p))
	}
	return all
}

func TestEveryVideoCodec(t *testing.T) {
	for _, codec := range []flv.Codec{flv.H264, flv.HEVC, flv.AV1, flv.VP8, flv.VP9} {
		t.Run(codec.String(), func(t *testing.T) {
			r := newRig(t, "rtp://127.0.0.1:5004?codec="+codec.String())
			for i := range 20 {
				for n, d := range samplePicture(r, codec, uint32(i*frameTicks), byte(i), i%5 == 0) {
					if i != 7 || n != 0 {
						r.Packet(0, d, r.now)
					}
				}
				r.wait(frameTime)
			}
			r.wait(silentTime)
			require.Equal(t, "K0 P1 P2 P3 P4 K5 P6 K10 P11 P12 P13 P14 K15 P16 P17 P18 P19", r.words())
			require.Equal(t, 3-btoi(codec == flv.HEVC), r.dropped, "a lost picture of one packet is not seen")
			require.NotNil(t, r.units[0].Config)
			require.Equal(t, codec, r.units[0].Codec)
			require.Equal(t, codec.HasNALUs(), r.units[0].NALUs != nil)
			require.Equal(t, codec, r.VideoInfo().Codec)
			require.Nil(t, r.AudioInfo())
		})
	}
}

func TestEveryAudioCodec(t *testing.T) {
	for _, c := range []struct {
		query   string
		payload string
		ticks   uint32
		frame   string
		step    time.Duration
	}{
		{"codec=opus", "fc0102", 960, "fc0102", 20 * time.Millisecond},
		{"codec=pcma", "d5d5", 160, "d5d5", 20 * time.Millisecond},
		{"codec=pcmu", "ffff", 160, "ffff", 20 * time.Millisecond},
		{"codec=aac&rate=48000&channels=2", "0010 0010 2101", 1024, "2101", 1024 * time.Second / 48000},
		{"codec=aac&rate=48000&channels=1&mode=AAC-lbr", "0008 08 2101", 1024, "2101", 1024 * time.Second / 48000},
	} {
		t.Run(c.query, func(t *testing.T) {
			r := newRig(t, "rtp://127.0.0.1:5004?"+c.query)
			for i := range uint32(10) {
				if i == 4 {
					r.seq[0]++ // one is lost: the others go on
					continue
				}
				r.send(0, i*c.ticks-5*c.ticks, false, unhex(c.payload))
				r.wait(c.step)
			}
			r.wait(reorderTime)
			require.Len(t, r.units, 9)
			for i, u := range r.units {
				if i >= 4 {
					i++
				}
				require.Equal(t, unhex(c.frame), u.Data)
				require.InDelta(t, time.Second+time.Duration(i)*c.step, u.DTS, 10)
				require.Equal(t, r.AudioInfo().Codec, u.Codec)
			}
			require.Equal(t, r.audio.m.Config, r.units[0].Config)
			require.Nil(t, r.units[1].Config)
			require.EqualValues(t, 1, r.Counts(0).Lost)
			require.Nil(t, r.VideoInfo())
		})
	}
}

// The way of a packet that needs no library allocates nothing.
func TestStreamAllocatesNothing(t *testing.T) {
	r := newRig(t, "rtp://127.0.0.1:5004?codec=vp8")
	r.sink.Unit = func(*flv.AccessUnit) {}
	var all [][]byte
	for i := range 20000 {
		all = append(all, samplePicture(r, flv.VP8, uint32(i*frameTicks), byte(i), i%50 == 0)...)
	}
	i := 0
	next := func() {
		r.now += frameTime / 2
		r.Stream.Packet(0, all[i], r.now)
		i++
	}
	for range 2000 {
		next()
	}
	require.Zero(t, testing.AllocsPerRun(30000, next))
}
