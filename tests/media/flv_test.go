package media

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Every form of a body, written by hand from the specifications' tables.
func TestPackets(t *testing.T) {
	const ms = 40
	dts := ms * time.Millisecond
	video := func(p Packet) Packet { p.Kind, p.DTS = TagVideo, dts; return p }
	audio := func(p Packet) Packet { p.Kind, p.DTS, p.Key = TagAudio, dts, true; return p }

	for _, ca := range []struct {
		name, body string
		typ        byte
		want       []Packet
	}{
		{"AVC", "\x17\x01\xff\xff\xfeF", TagVideo, []Packet{video(Packet{
			Codec: "avc1", Legacy: true, Type: CodedFrames, Key: true, Composition: -2 * time.Millisecond, Data: []byte("F"),
		})}},
		{"HEVC by number", "\x2c\x01\x00\x00\x05F", TagVideo, []Packet{video(Packet{
			Codec: "hvc1", Legacy: true, Type: CodedFrames, Composition: 5 * time.Millisecond, Data: []byte("F"),
		})}},
		{"AAC configuration", "\xaf\x00\x12\x10", TagAudio, []Packet{audio(Packet{
			Codec: "mp4a", Legacy: true, Stereo: true, Type: SequenceStart, Data: []byte("\x12\x10"),
		})}},
		{"A-law", "\x72F", TagAudio, []Packet{audio(Packet{Codec: "alaw", Legacy: true, Type: CodedFrames, Data: []byte("F")})}},
		{"HEVC", "\xa1hvc1\xff\xff\xffF", TagVideo, []Packet{video(Packet{
			Codec: "hvc1", Type: CodedFrames, Composition: -time.Millisecond, Data: []byte("F"),
		})}},
		{"HEVC, X", "\x93hvc1F", TagVideo, []Packet{video(Packet{Codec: "hvc1", Type: CodedFrames, Key: true, Data: []byte("F")})}},
		{"AV1", "\x91av01F", TagVideo, []Packet{video(Packet{Codec: "av01", Type: CodedFrames, Key: true, Data: []byte("F")})}},
		{"end", "\x92av01", TagVideo, []Packet{video(Packet{Codec: "av01", Type: SequenceEnd, Key: true, Data: []byte{}})}},
		{"ModEx", "\x97\x02\x00\x01\x00\x01av01F", TagVideo, []Packet{video(Packet{
			Codec: "av01", Type: CodedFrames, Key: true, Nanoseconds: 256, Data: []byte("F"),
		})}},
		{"one track", "\x96\x01hvc1\x02\x00\x00\x01F", TagVideo, []Packet{video(Packet{
			Codec: "hvc1", Type: CodedFrames, Key: true, Track: 2, Multitrack: true, Composition: time.Millisecond, Data: []byte("F"),
		})}},
		{"many tracks", "\x95\x11Opus\x00\x00\x00\x01F\x01\x00\x00\x02GH", TagAudio, []Packet{
			audio(Packet{Codec: "Opus", Type: CodedFrames, Multitrack: true, Data: []byte("F")}),
			audio(Packet{Codec: "Opus", Type: CodedFrames, Multitrack: true, Track: 1, Data: []byte("GH")}),
		}},
		{"many codecs", "\x95\x21Opus\x00\x00\x00\x01FfLaC\x01\x00\x00\x02GH", TagAudio, []Packet{
			audio(Packet{Codec: "Opus", Type: CodedFrames, Multitrack: true, Data: []byte("F")}),
			audio(Packet{Codec: "fLaC", Type: CodedFrames, Multitrack: true, Track: 1, Data: []byte("GH")}),
		}},
	} {
		t.Run(ca.name, func(t *testing.T) {
			got, err := Packets(Tag{Type: ca.typ, MS: ms, Body: []byte(ca.body)})
			require.NoError(t, err)
			require.Equal(t, ca.want, got)
		})
	}

	for name, body := range map[string]string{
		"nothing": "", "no FourCC": "\x91av", "no composition time": "\x91hvc1\x00", "no track": "\x96\x01hvc1",
		"a track that is cut": "\x96\x11av01\x00\x00\x00\x05F", "ModEx without an end": "\x97\x05\x00", "an unknown codec": "\x12F",
		"an unknown form": "\x96\x31av01\x00F",
	} {
		_, err := Packets(Tag{Type: TagVideo, Body: []byte(body)})
		require.Error(t, err, name)
	}
}
