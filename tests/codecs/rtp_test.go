package codecs_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"strings"
	"testing"
	"time"

	pion "github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source"
	"luatrtmp/core/source/rtp"
)

// The kinds of AAC that no sender of the other tests makes, in packets as RFC 3640 has them: the frames as they are, and the configuration of
// the description.
func TestRTP(t *testing.T) {
	for _, name := range []string{"aac", "he-aac", "main"} {
		t.Run(name, func(t *testing.T) {
			s, err := source.Open(source.Spec{Path: codecs[name].base(t)})
			require.NoError(t, err)
			defer s.Close()
			var (
				stream *rtp.Stream
				config []byte
				want   []unit
				got    []unit
			)
			for i := 0; ; i++ {
				u, err := s.Next()
				if err == io.EOF {
					break
				}
				require.NoError(t, err)
				if stream == nil {
					config = bytes.Clone(u.Config)
					d, err := rtp.ParseURL("rtp://127.0.0.1:5004?codec=aac&mode=AAC-hbr&sizelength=13&indexlength=3&indexdeltalength=3&config=" + hex.EncodeToString(config))
					require.NoError(t, err)
					require.Equal(t, s.Info().Audio.SampleRate, d.Media[0].SampleRate)
					stream, err = rtp.New(d, rtp.Sink{
						Unit: func(u *flv.AccessUnit) {
							if len(got) == 0 {
								require.Equal(t, config, u.Config)
							}
							got = append(got, unit{data: bytes.Clone(u.Data)})
						},
						Dropped: func(int, int) {}, Warn: func(text string) { t.Error(text) },
					})
					require.NoError(t, err)
					stream.Play(0)
				}
				p := pion.Packet{Header: pion.Header{
					Version: 2, Marker: true, PayloadType: 96, SequenceNumber: uint16(i), Timestamp: uint32(i * 1024), SSRC: 1,
				}, Payload: append([]byte{0, 16, byte(len(u.Data) >> 5), byte(len(u.Data) << 3)}, u.Data...)}
				b, err := p.Marshal()
				require.NoError(t, err)
				stream.Packet(0, b, u.DTS+time.Second)
				want = append(want, unit{data: bytes.Clone(u.Data)})
			}
			require.Equal(t, want, got)
		})
	}
}

// Payload formats that are not read are named, beside a medium that is received.
func TestRTPLeftOut(t *testing.T) {
	for _, c := range []struct{ name, rtpmap string }{
		{"e-ac-3", "EAC3/48000/2"}, {"flac", "FLAC/48000"}, {"vorbis", "VORBIS/48000/2"}, {"pcm", "L16/48000/2"}, {"dts", "DTS/48000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := rtp.ParseSDP([]byte("v=0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 VP8/90000\nm=audio 5006 RTP/AVP 97\na=rtpmap:97 " + c.rtpmap + "\n"))
			require.NoError(t, err)
			require.Len(t, d.Media, 1)
			require.Len(t, d.Skipped, 1)
			name, _, _ := strings.Cut(c.rtpmap, "/")
			require.Contains(t, d.Skipped[0], "payload format "+name)
		})
	}
}
