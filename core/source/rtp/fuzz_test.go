package rtp

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

var videoCodecs = []flv.Codec{flv.H264, flv.HEVC, flv.AV1, flv.VP8, flv.VP9}

// join writes payloads one after the other, each with its length in front: what split reads.
func join(payloads ...[]byte) []byte {
	var b []byte
	for _, p := range payloads {
		b = binary.BigEndian.AppendUint16(b, uint16(len(p)))
		b = append(b, p...)
	}
	return b
}

func split(b []byte) [][]byte {
	var all [][]byte
	for len(b) >= 2 {
		n := min(int(binary.BigEndian.Uint16(b)), len(b)-2)
		all = append(all, b[2:2+n])
		b = b[2+n:]
	}
	return all
}

func FuzzPicture(f *testing.F) {
	for _, c := range pictureCases {
		var payloads [][]byte
		for _, p := range c.payloads {
			payloads = append(payloads, unhex(p))
		}
		for i, codec := range videoCodecs {
			if codec == c.codec {
				f.Add(uint8(i), join(payloads...))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		codec := videoCodecs[int(which)%len(videoCodecs)]
		p := newPicture(codec)
		p.reset()
		track, err := flv.NewVideoTrack(codec)
		require.NoError(t, err)
		sent := 0
		for _, payload := range split(data) {
			sent += len(payload)
			if p.add(payload) != nil {
				p.reset()
				sent = 0
				continue
			}
			size := 0
			for _, part := range p.parts() {
				require.NotEmpty(t, part)
				size += len(part)
			}
			require.LessOrEqual(t, size, 4*sent, "made up")
			p.head()
			if !p.open() {
				track.Take(p.parts())
				p.clear()
				sent = 0
			}
		}
	})
}

func FuzzGeneric(f *testing.F) {
	for _, c := range genericCases {
		var payloads [][]byte
		for _, p := range c.in {
			payloads = append(payloads, unhex(p.data))
		}
		g := c.format
		f.Add(g.sizeLength, g.indexLength, g.ctsDeltaLength, g.auxiliaryLength, g.constantSize, g.randomAccess, join(payloads...))
	}
	f.Fuzz(func(t *testing.T, size, index, cts, auxiliary, constant int, random bool, data []byte) {
		for _, n := range []int{size, index} {
			if n < 0 || n > maxHeaderBits {
				return
			}
		}
		if cts < 0 || cts > 32 || auxiliary < 0 || auxiliary > 32 || constant < 0 || constant > 1<<maxHeaderBits || size == 0 && constant == 0 {
			return
		}
		g := generic{genericFormat: genericFormat{
			sizeLength: size, indexLength: index, indexDeltaLength: index, ctsDeltaLength: cts, dtsDeltaLength: cts, streamStateLength: cts,
			auxiliaryLength: auxiliary, constantSize: constant, randomAccess: random, duration: 1024,
		}}
		for i, payload := range split(data) {
			total := 0
			_ = g.add(payload, false, int64(i/3), func(frame []byte, _ int64) {
				require.NotEmpty(t, frame)
				total += len(frame)
			})
			require.LessOrEqual(t, total, len(data))
		}
	})
}

func FuzzLATM(f *testing.F) {
	f.Add(true, unhex("400024203fc0 04 21010203"))
	f.Add(false, join(unhex("0421010203")))
	f.Fuzz(func(t *testing.T, inband bool, data []byte) {
		m := &Medium{}
		format := format{payloadType: 96, encoding: "MP4A-LATM", rate: 44100, params: map[string]string{"cpresent": "0", "config": "400024203fc0"}}
		if inband {
			format.params = nil
		}
		require.NoError(t, format.apply(m))
		l := newFrames(m)
		for i, payload := range split(data) {
			if len(payload) == 0 {
				continue
			}
			_ = l.add(payload, payload[0]&1 == 0, int64(i/3), func(frame []byte, _ int64) { require.NotEmpty(t, frame) })
		}
	})
}

func FuzzSDP(f *testing.F) {
	for _, c := range sdpCases {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := ParseSDP(text)
		if err != nil {
			return
		}
		require.NotEmpty(t, d.Media)
		requireSane(t, d)
	})
}

func FuzzURL(f *testing.F) {
	for _, c := range urlCases {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := ParseURL(text); err == nil {
			requireSane(t, d)
		}
	})
}

// requireSane: what was accepted can be received.
func requireSane(t *testing.T, d *Description) {
	t.Helper()
	for _, m := range d.Media {
		require.True(t, m.Address.IsValid())
		require.NotZero(t, m.Address.Port())
		require.Positive(t, m.ClockRate)
		require.NotZero(t, m.Codec.Kind())
	}
	s, err := New(d, Sink{Unit: func(*flv.AccessUnit) {}, Dropped: func(int, int) {}, Warn: func(string) {}})
	if err != nil {
		return
	}
	s.Play(0)
	for i := range d.Media {
		s.Packet(i, unhex("80e0 0001 00000001 00000001 0010 0010 2101"), time.Second)
	}
	s.Tick(time.Minute)
}

// FuzzStream: datagrams of any kind to video and audio, with times between them.
func FuzzStream(f *testing.F) {
	r := &rig{t: &testing.T{}, pt: 96}
	for i, codec := range videoCodecs {
		f.Add(uint8(i), join(samplePicture(r, codec, 0, 1, true)...))
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		codec := videoCodecs[int(which)%len(videoCodecs)]
		d, err := ParseURL("rtp://127.0.0.1:5004?codec=" + codec.String() + "&audio_codec=aac&audio_config=1210")
		require.NoError(t, err)
		last := map[flv.Kind]time.Duration{flv.Audio: -time.Hour, flv.Video: -time.Hour}
		var s *Stream
		s, err = New(d, Sink{
			Unit: func(u *flv.AccessUnit) {
				require.GreaterOrEqual(t, u.DTS, last[u.Kind])
				last[u.Kind] = u.DTS
			},
			Dropped: func(pictures, bytes int) { require.GreaterOrEqual(t, pictures+bytes, 1) },
			Warn:    func(text string) { require.NotEmpty(t, text) },
		})
		require.NoError(t, err)
		s.Play(0)
		now := time.Duration(0)
		for _, datagram := range split(data) {
			if len(datagram) > 2 {
				now += time.Duration(datagram[2]) * time.Millisecond
			}
			s.Packet(len(datagram)%2, datagram, now)
			s.Packet(1-len(datagram)%2, datagram, now)
			s.Tick(now)
		}
		s.Tick(now + time.Minute)
		for i := range d.Media {
			_, waits := s.Deadline(i)
			require.False(t, waits)
		}
	})
}
