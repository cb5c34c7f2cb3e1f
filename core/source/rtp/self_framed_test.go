package rtp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/mediatest"
)

// selfFrame returns a frame that begins with head.
func selfFrame(head string, size int, n byte) []byte {
	f := append(unhex(head), make([]byte, size)...)[:size]
	f[size-1] = n
	return f
}

func TestSelfFramed(t *testing.T) {
	mp3 := func(n byte) []byte { return selfFrame("fffb9400", 384, n) }       // 128 kbit/s at 48000 Hz
	slow := func(n byte) []byte { return selfFrame("ffe318c4", 72, n) }       // MPEG-2.5: 8 kbit/s at 8000 Hz
	ac3 := func(n byte) []byte { return selfFrame("0b7700000840e1", 256, n) } // 64 kbit/s at 48000 Hz
	mpa := func(offset int, parts ...[]byte) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(offset)), bytes.Join(parts, nil)...)
	}
	dd := func(ft byte, parts ...[]byte) []byte { return append([]byte{ft, 1}, bytes.Join(parts, nil)...) }
	type packet struct {
		at      int64
		payload []byte
	}
	for _, c := range []struct {
		name  string
		codec flv.Codec
		in    []packet
		want  []int64 // times of the frames, which have the numbers 1, 2 ...
		err   string  // of the last packet
		rate  int
	}{
		{"MP3, one frame", flv.MP3, []packet{{9, mpa(0, mp3(1))}}, []int64{9}, "", 48000},
		{"MP3, three frames", flv.MP3, []packet{{9, mpa(0, mp3(1), mp3(2), mp3(3))}}, []int64{9, 2169, 4329}, "", 48000},
		{"MP3 of MPEG-2.5", flv.MP3, []packet{{0, mpa(0, slow(1), slow(2))}}, []int64{0, 6480}, "", 8000},
		{"MP3, fragments", flv.MP3, []packet{{9, mpa(0, mp3(1)[:100])}, {9, mpa(100, mp3(1)[100:300])}, {9, mpa(300, mp3(1)[300:])}}, []int64{9}, "", 48000},
		{"MP3, a fragment behind a frame", flv.MP3, []packet{{0, mpa(0, mp3(1), mp3(2)[:100])}, {2160, mpa(100, mp3(2)[100:])}}, []int64{0, 2160}, "", 48000},
		{"MP3, the end of a frame is lost", flv.MP3, []packet{{9, mpa(0, mp3(9)[:100])}, {2169, mpa(0, mp3(1))}}, []int64{2169}, "", 48000},
		{"MP3, the beginning is lost", flv.MP3, []packet{{9, mpa(100, mp3(1)[100:])}}, nil, "does not go on", 0},
		{"MP3, a part is lost", flv.MP3, []packet{{9, mpa(0, mp3(1)[:100])}, {9, mpa(200, mp3(1)[200:])}}, nil, "does not go on", 48000},
		{"MP3, a fragment that is too long", flv.MP3, []packet{{9, mpa(0, mp3(1)[:100])}, {9, mpa(100, mp3(1))}}, nil, "does not go on", 48000},
		{"MP3, rubbish behind a frame", flv.MP3, []packet{{9, mpa(0, mp3(1), make([]byte, 9))}}, []int64{9}, "MP3 frame that begins with 00", 48000},
		{"MP2", flv.MP3, []packet{{9, mpa(0, selfFrame("fffd8400", 384, 1))}}, nil, "mp2", 0},
		{"MP3, header alone", flv.MP3, []packet{{9, mpa(0)}}, nil, "4 bytes", 0},
		{"AC-3, one frame", flv.AC3, []packet{{9, dd(0, ac3(1))}}, []int64{9}, "", 48000},
		{"AC-3, two frames", flv.AC3, []packet{{9, dd(0, ac3(1), ac3(2))}}, []int64{9, 1545}, "", 48000},
		{"AC-3, fragments", flv.AC3, []packet{{9, dd(1, ac3(1)[:200])}, {9, dd(3, ac3(1)[200:250])}, {9, dd(3, ac3(1)[250:])}}, []int64{9}, "", 48000},
		{"AC-3, fragments of the other kind", flv.AC3, []packet{{9, dd(2, ac3(1)[:100])}, {9, dd(3, ac3(1)[100:])}}, []int64{9}, "", 48000},
		{"AC-3, the beginning is lost", flv.AC3, []packet{{9, dd(3, ac3(1)[100:])}}, nil, "does not go on", 0},
		{"AC-3, the end is lost", flv.AC3, []packet{{9, dd(1, ac3(9)[:200])}, {1545, dd(3, ac3(1)[200:])}}, nil, "does not go on", 48000},
		{"AC-3, rubbish", flv.AC3, []packet{{9, dd(0, make([]byte, 20))}}, nil, "expected the sync word", 0},
		{"AC-3, header alone", flv.AC3, []packet{{9, dd(0)}}, nil, "2 bytes", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Medium{}
			name := map[flv.Codec]string{flv.MP3: "MPA", flv.AC3: "AC3"}[c.codec]
			require.NoError(t, (&format{payloadType: 14, encoding: name}).apply(&m))
			f := newFrames(&m)
			var got []int64
			for i, p := range c.in {
				b := bytes.Clone(p.payload)
				err := f.add(b, true, p.at, func(frame []byte, at int64) {
					got = append(got, at)
					require.EqualValues(t, len(got), frame[len(frame)-1])
				})
				clear(b)
				if c.err != "" && i == len(c.in)-1 {
					require.ErrorIs(t, err, errBadPayload)
					require.ErrorContains(t, err, c.err)
				} else {
					require.NoError(t, err)
				}
			}
			require.Equal(t, c.want, got)
			require.Equal(t, c.rate, f.(*selfFramed).sampleRate)
		})
	}
}

// What ffmpeg encodes comes out as it was, in packets of any size, and with the times of the frames.
func TestSelfFramedOfFFmpeg(t *testing.T) {
	for codec, args := range map[flv.Codec][]string{
		flv.MP3: {"-c:a", "libmp3lame", "-b:a", "128k", "-id3v2_version", "0", "-write_xing", "0", "-f", "mp3"},
		flv.AC3: {"-c:a", "ac3", "-b:a", "192k", "-f", "ac3"},
	} {
		path := filepath.Join(t.TempDir(), codec.String())
		mediatest.Run(t, "ffmpeg", append(append([]string{"-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i", "sine=440:r=48000:d=2"}, args...), path)...)
		file, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, mtu := range []int{200, 1400} {
			t.Run(fmt.Sprintf("%v, packets of %d bytes", codec, mtu), func(t *testing.T) {
				r := newRig(t, "rtp://127.0.0.1:5004?codec="+codec.String())
				ticks := uint32(0)
				for rest := file; len(rest) > 0; {
					h, err := flv.ParseFrameHeader(codec, rest)
					require.NoError(t, err)
					frame := rest[:h.Size]
					rest = rest[h.Size:]
					for at := 0; at < len(frame); at += mtu {
						part := frame[at:min(at+mtu, len(frame))]
						head := binary.BigEndian.AppendUint32(nil, uint32(at))
						if codec == flv.AC3 {
							head = []byte{map[bool]byte{true: 3, false: byte(min(1, len(frame)/mtu))}[at > 0], 1}
						}
						r.send(0, ticks, at+mtu >= len(frame), append(head, part...))
					}
					step := time.Duration(h.Samples) * time.Second / time.Duration(h.SampleRate)
					ticks += uint32(int64(h.Samples) * int64(r.audio.m.ClockRate) / int64(h.SampleRate))
					r.wait(step)
				}
				var all []byte
				for _, u := range r.units {
					all = append(all, u.Data...)
				}
				require.Equal(t, file, all)
				require.Empty(t, r.warnings)
				require.Equal(t, 48000, r.AudioInfo().SampleRate)
				require.InDelta(t, float64(2*time.Second), float64(r.units[len(r.units)-1].PTS-time.Second), float64(100*time.Millisecond))
			})
		}
	}
}

func FuzzSelfFramed(f *testing.F) {
	f.Add(true, join(append(make([]byte, 4), selfFrame("fffb9400", 384, 1)...)))
	f.Add(false, join(append(make([]byte, 2), selfFrame("0b7700000840e1", 256, 1)...)))
	f.Fuzz(func(t *testing.T, mp3 bool, data []byte) {
		s := selfFramed{codec: flv.AC3, clockRate: 48000}
		if mp3 {
			s = selfFramed{codec: flv.MP3, clockRate: 90000}
		}
		total := 0
		for i, payload := range split(data) {
			_ = s.add(payload, false, int64(i/3), func(frame []byte, _ int64) {
				require.NotEmpty(t, frame)
				total += len(frame)
			})
		}
		require.LessOrEqual(t, total, len(data))
	})
}
