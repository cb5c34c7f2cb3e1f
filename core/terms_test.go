package core

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/caps"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

// connectTo connects to a server that answers `connect` with properties.
func connectTo(t *testing.T, properties amf.Value, options ...string) (*Publisher, *watch, *script.Conn) {
	t.Helper()
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/stream"), options...)
	require.NoError(t, p.Connect())
	c := s.Accept()
	c.Handshake()
	c.Send(&message.Command{
		Name: "_result", TransactionID: c.Command("connect").TransactionID, Object: properties,
		Arguments: []amf.Value{script.Info("status", "NetConnection.Connect.Success", "")},
	})
	c.AcceptStream()
	c.AcceptPublish()
	w.until(StatePublishing)
	return p, w, c
}

var (
	declaresNothing = amf.Object{{Name: "fmsVer", Value: "FMS/3,0,1,123"}}
	declaresV1      = amf.Object{{Name: "fourCcList", Value: amf.StrictArray{"av01", "vp09"}}}
	declaresV2      = caps.Own()
	declaresAll     = amf.Object{{Name: "fourCcList", Value: amf.StrictArray{"*"}}}
)

// head is the beginning of the bodies that a server got.
type head struct {
	kind message.Type
	head string
}

// Every rule of what goes to which server, from the connection to the wire.
func TestTermsOnTheWire(t *testing.T) {
	const audio, video = message.TypeAudio, message.TypeVideo
	for _, c := range []struct {
		name    string
		server  amf.Value
		options []string
		send    func(*Publisher) error
		want    []head   // what arrives; nil: the connection ends
		text    []string // of its error
	}{
		{"hevc, nothing declared", declaresNothing, nil, sendVideoOf("hevc", hevcKey), []head{{video, "\x90hvc1"}, {video, "\x93hvc1"}}, nil},
		{"av1, nothing declared", declaresNothing, nil, sendVideoOf("av1", av1Key), []head{{video, "\x90av01"}, {video, "\x91av01"}}, nil},
		{"vp9, nothing declared", declaresNothing, nil, sendVideoOf("vp9", vp9Key), []head{{video, "\x90vp09"}, {video, "\x91vp09"}}, nil},
		{"vp8, nothing declared", declaresNothing, nil, sendVideoOf("vp8", vp8Key), nil,
			[]string{"does not take vp8", "it declared no vp08", "send H.264", `enhanced = "v2"`}},
		{"hevc, not in the list", declaresV1, nil, sendVideoOf("hevc", hevcKey), nil,
			[]string{"does not take hevc", "it declared only av01, vp09", "send H.264", `hevc = "legacy"`}},
		{"av1, in the list", declaresV1, nil, sendVideoOf("av1", av1Key), []head{{video, "\x90av01"}, {video, "\x91av01"}}, nil},
		{"h264 is for all", declaresV1, nil, sendVideoOf("h264", keyFrame), []head{{video, "\x17\x00"}, {video, "\x17\x01"}}, nil},
		{"legacy hevc is for all", declaresV1, []string{"hevc", "legacy"}, sendVideoOf("hevc", hevcKey),
			[]head{{video, "\x1C\x00\x00\x00\x00\x01\x01\x60"}, {video, "\x1C\x01"}}, nil},
		{"vp8, wildcard", declaresAll, nil, sendVideoOf("vp8", vp8Key), []head{{video, "\x90vp08"}, {video, "\x91vp08"}}, nil},

		{"opus, nothing declared", declaresNothing, nil, sendAudioOf("opus", opusFrame), nil,
			[]string{"the server does not take opus over RTMP (it declared no audio FourCCs): send AAC, or use a server with Enhanced RTMP v2", "audio_optional"}},
		{"flac, a list of video", declaresV1, nil, sendAudioOf("flac", []byte{0xFF, 0xF8, 0xC9, 8, 0, 0}), nil, []string{"does not take flac"}},
		{"opus, v2", declaresV2, nil, sendAudioOf("opus", opusFrame), []head{{audio, "\x90OpusOpusHead"}, {audio, "\x91Opus\xFC\xFF\xFE"}}, nil},
		{"opus, wildcard", declaresAll, nil, sendAudioOf("opus", opusFrame), []head{{audio, "\x90Opus"}, {audio, "\x91Opus"}}, nil},
		{"opus, the user knows better", declaresNothing, []string{"enhanced", "v2"}, sendAudioOf("opus", opusFrame),
			[]head{{audio, "\x90Opus"}, {audio, "\x91Opus"}}, nil},
		{"mp3 in its old form is for all", declaresV1, nil, sendAudioOf("mp3", mp3Frame), []head{{audio, "\x2E\xFF\xFB"}}, nil},
		{"G.711 is for all", declaresV1, nil, sendAudioOf("pcma", []byte{0xD5, 0xD5}), []head{{audio, "\x72\xD5\xD5"}}, nil},

		{"track 1, no multitrack", declaresAll, nil, func(p *Publisher) error {
			return p.SendVideoFrame(keyFrame, 0, Frame{Codec: "h264", Track: 1})
		}, nil, []string{"video track 1", "it declared no multitrack", "send one track, 0"}},
		{"track 1, v2", declaresV2, nil, func(p *Publisher) error {
			return p.SendVideoFrame(keyFrame, 0, Frame{Codec: "h264", Track: 1})
		}, []head{{video, "\x96\x00avc1\x01\x01\x4d\x40"}, {video, "\x96\x03avc1\x01\x00\x00\x00\x04\x65"}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			p, w, conn := connectTo(t, c.server, append([]string{"enhanced", "on"}, c.options...)...)
			err := c.send(p)
			if c.want == nil {
				e := w.until(StateError)
				require.Equal(t, err, e.Err)
				require.ErrorIs(t, err, rtmperr.ErrRefused)
				for _, text := range c.text {
					require.ErrorContains(t, err, text)
				}
				conn.Drain()
				return
			}
			require.NoError(t, err)
			require.IsType(t, &message.Data{}, conn.Next().Message)
			for _, want := range c.want {
				r := conn.Next()
				body, err := r.Message.AppendBody(nil)
				require.NoError(t, err)
				require.Equal(t, want, head{r.Message.Type(), string(body[:min(len(body), len(want.head))])})
			}
		})
	}
}

func sendVideoOf(codec string, frame []byte) func(*Publisher) error {
	return func(p *Publisher) error { return p.SendVideoFrame(frame, 0, Frame{Codec: codec}) }
}

func sendAudioOf(codec string, frame []byte) func(*Publisher) error {
	return func(p *Publisher) error {
		f := Frame{Codec: codec}
		switch codec {
		case "opus":
			f.Config = opusHead
		case "flac":
			f.Config = flacHead
		}
		return p.SendAudioFrame(frame, 0, f)
	}
}

// A second refusal on the same connection tells the first reason; a new connection begins anew.
func TestTermsAfterARefusal(t *testing.T) {
	p, w, conn := connectTo(t, declaresNothing)
	require.NoError(t, p.SendVideo(keyFrame, 0, 0))
	err := p.SendAudioFrame(opusFrame, 0, Frame{Codec: "opus", Config: opusHead})
	require.ErrorContains(t, err, "opus")
	e := w.until(StateError)
	require.Equal(t, err, e.Err)
	require.ErrorIs(t, p.SendVideo(picture, 40, 0), rtmperr.ErrState)
	conn.Drain()
}

// With the option reconnect it is told and ends all the same: the next attempt would meet it again.
func TestTermsAreNotRetried(t *testing.T) {
	p, w, conn := connectTo(t, declaresNothing, "reconnect", "true")
	err := p.SendAudioFrame(opusFrame, 0, Frame{Codec: "opus"})
	require.ErrorContains(t, err, "opus")
	require.Equal(t, err, w.until(StateError).Err)
	require.Equal(t, []State{1, 2, 3, 4, 7}, w.states())
	conn.Drain()
}
