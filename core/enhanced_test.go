package core

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/coretest"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/source"
	"luatrtmp/tests/script"
)

// declared reports whether a connect carries fields of Enhanced RTMP.
func declared(connect *message.Command) bool {
	for _, p := range connect.Object.(amf.Object) {
		switch p.Name {
		case "fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx":
			return true
		}
	}
	return false
}

// sourceFile writes a file of one codec: its units in the form that source.Open knows.
func sourceFile(t *testing.T, codec string) string {
	t.Helper()
	if codec == "h264" {
		return filepath.Join("source", "testdata", "slices.h264")
	}
	body := map[string][]byte{"hevc": hevcKey}[codec]
	path := filepath.Join(t.TempDir(), "media."+codec)
	require.NoError(t, os.WriteFile(path, body, 0o600))
	return path
}

// connect says nothing of Enhanced RTMP unless the media that is known by then needs it, or the
// user wants it.
func TestWhenEnhancedIsDeclared(t *testing.T) {
	push := func(send func(*Publisher) error) func(*Publisher) {
		return func(p *Publisher) { require.ErrorIs(t, send(p), rtmperr.ErrState) }
	}
	for _, c := range []struct {
		name    string
		options []string
		before  func(*Publisher)
		want    bool
	}{
		{"nothing is known", nil, func(*Publisher) {}, false},
		{"the clip", nil, func(p *Publisher) { require.NoError(t, p.SetSource("clip")) }, false},
		{"a source of H.264", nil, func(p *Publisher) { require.NoError(t, p.SetSource(sourceFile(t, "h264"))) }, false},
		{"a source of HEVC", nil, func(p *Publisher) { require.NoError(t, p.SetSource(sourceFile(t, "hevc"))) }, true},
		{"a source of HEVC, as codec id 12", []string{"hevc", "legacy"},
			func(p *Publisher) { require.NoError(t, p.SetSource(sourceFile(t, "hevc"))) }, false},
		{"a source of HEVC, never", []string{"enhanced", "off"},
			func(p *Publisher) { require.NoError(t, p.SetSource(sourceFile(t, "hevc"))) }, false},
		{"RTP with Opus", nil, func(p *Publisher) {
			require.NoError(t, p.SetSource(fmt.Sprintf("rtp://127.0.0.1:%d?codec=opus&rtcp=0", coretest.FreeUDP(t))))
		}, true},
		{"H.264 was pushed", nil, push(sendVideoOf("h264", keyFrame)), false},
		{"AV1 was pushed", nil, push(sendVideoOf("av1", av1Key)), true},
		{"Opus was pushed", nil, push(sendAudioOf("opus", opusFrame)), true},
		{"a second track was pushed", nil, push(func(p *Publisher) error {
			return p.SendVideoFrame(keyFrame, 0, Frame{Codec: "h264", Track: 1})
		}), true},
		{"the source was pushed away", nil, func(p *Publisher) {
			require.NoError(t, p.SetSource(sourceFile(t, "hevc")))
			push(sendVideoOf("h264", keyFrame))(p)
		}, false},
		{"on", []string{"enhanced", "on"}, func(*Publisher) {}, true},
		{"declared", []string{"enhanced", "declared"}, func(*Publisher) {}, true},
		{"v2", []string{"enhanced", "v2"}, func(*Publisher) {}, true},
		{"off", []string{"enhanced", "off"}, push(sendAudioOf("opus", opusFrame)), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			p, _ := newPublisher(t, s.URL("live/stream"), c.options...)
			c.before(p)
			require.NoError(t, p.Connect())
			conn := s.Accept()
			conn.Handshake()
			require.Equal(t, c.want, declared(conn.Command("connect")))
		})
	}
}

// A connect with the fields that gets silence or a closed connection is tried once without them, on
// one more connection.
func TestConnectWithoutTheFields(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(*script.Conn)
	}{
		{"silence", func(c *script.Conn) { c.Drain() }},
		{"closed", func(c *script.Conn) { c.Close() }},
		{"reset", func(c *script.Conn) { c.Reset() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s, count := connections(t, func(conn *script.Conn) {
				conn.Handshake()
				connect := conn.Command("connect")
				if declared(connect) {
					c.answer(conn)
					return
				}
				conn.Result(connect, success)
				conn.AcceptStream()
				conn.AcceptPublish()
				conn.Drain()
			})
			p, w := newPublisher(t, s.URL("live/stream"), "timeout", "300", "enhanced", "on")
			require.NoError(t, p.Connect())
			w.until(StatePublishing)
			require.Equal(t, []State{1, 2, 3, 4}, w.states(), "all of it is one attempt")
			require.EqualValues(t, 2, count.Load())

			// Video of Enhanced RTMP v1 goes out all the same; what needs v2 does not, and the text
			// does not name an option that is set.
			require.NoError(t, p.SendVideoFrame(av1Key, 0, Frame{Codec: "av1"}))
			err := p.SendAudioFrame(opusFrame, 0, Frame{Codec: "opus", Config: opusHead})
			require.ErrorContains(t, err, "does not take opus")
			require.NotContains(t, err.Error(), `"on"`)
		})
		t.Run(c.name+", always", func(t *testing.T) {
			noLeak(t)
			s, count := connections(t, func(conn *script.Conn) { conn.Handshake(); conn.Command("connect"); c.answer(conn) })
			p, w := newPublisher(t, s.URL("live/stream"), "timeout", "300", "enhanced", "on")
			require.NoError(t, p.Connect())
			require.ErrorContains(t, w.until(StateError).Err, "connect")
			require.EqualValues(t, 2, count.Load())
		})
		t.Run(c.name+", nothing was declared", func(t *testing.T) {
			noLeak(t)
			s, count := connections(t, func(conn *script.Conn) { conn.Handshake(); conn.Command("connect"); c.answer(conn) })
			p, w := newPublisher(t, s.URL("live/stream"), "timeout", "300")
			require.NoError(t, p.Connect())
			require.ErrorContains(t, w.until(StateError).Err, "connect")
			require.EqualValues(t, 1, count.Load())
		})
	}
}

// A server that took a connect only without the fields is not asked again for video that goes to
// every server, but for what needs version 2 it is.
func TestServerThatTakesNoFieldsIsRemembered(t *testing.T) {
	noLeak(t)
	s, count := connections(t, func(conn *script.Conn) {
		conn.Handshake()
		connect := conn.Command("connect")
		if declared(connect) {
			conn.Drain()
			return
		}
		conn.Result(connect, success)
		conn.AcceptStream()
		conn.AcceptPublish()
		conn.Drain()
	})
	p, w := newPublisher(t, s.URL("live/stream"), "timeout", "300")
	require.ErrorIs(t, p.SendVideoFrame(av1Key, 0, Frame{Codec: "av1"}), rtmperr.ErrState)
	for i, want := range []int32{2, 3, 4} {
		require.NoError(t, p.Connect())
		w.until(StatePublishing)
		require.Equal(t, want, count.Load(), i)
		require.NoError(t, p.SendVideoFrame(av1Key, 0, Frame{Codec: "av1"}))
		p.Disconnect()
	}
	require.ErrorIs(t, p.SendAudioFrame(opusFrame, 0, Frame{Codec: "opus", Config: opusHead}), rtmperr.ErrState)
	require.NoError(t, p.Connect())
	w.until(StatePublishing)
	require.EqualValues(t, 6, count.Load())
}

// What is pushed after a connect that declared nothing: video of v1 goes out, and what needs v2 is
// refused with the way out.
func TestPushedAfterASilentConnect(t *testing.T) {
	for _, c := range []struct {
		name string
		send func(*Publisher) error
		text string // "": it is sent
	}{
		{"hevc", sendVideoOf("hevc", hevcKey), ""},
		{"av1", sendVideoOf("av1", av1Key), ""},
		{"vp9", sendVideoOf("vp9", vp9Key), ""},
		{"opus", sendAudioOf("opus", opusFrame), "does not take opus"},
		{"flac", sendAudioOf("flac", []byte{0xFF, 0xF8, 0xC9, 8, 0, 0}), "does not take flac"},
		{"a second track", func(p *Publisher) error { return p.SendVideoFrame(keyFrame, 0, Frame{Codec: "h264", Track: 1}) }, "video track 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			p, w, conn := connectTo(t, declaresNothing)
			err := c.send(p)
			if c.text == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, rtmperr.ErrRefused)
			require.ErrorContains(t, err, c.text)
			require.ErrorContains(t, err, `enhanced = "on"`)
			require.Equal(t, err, w.until(StateError).Err)
			conn.Drain()
		})
	}
}

// setMedia gives a Publisher a source with these codecs.
func setMedia(t *testing.T, p *Publisher, video, audio flv.Codec) {
	t.Helper()
	src := &fakeSource{}
	if video != flv.NoCodec {
		src.info.Video = &flv.VideoInfo{Codec: video}
	}
	if audio != flv.NoCodec {
		src.info.Audio = &flv.AudioInfo{Codec: audio, SampleRate: 48000, Channels: 2}
	}
	p.open = func(source.Spec) (source.Source, error) { return src, nil }
	require.NoError(t, p.SetSource("clip"))
}

// What a source is known to hold and the server does not take is refused before PUBLISHING, and
// nothing is published; where the audio is optional, the video goes alone.
func TestSourceThatTheServerDoesNotTake(t *testing.T) {
	for _, c := range []struct {
		name         string
		video, audio flv.Codec
		server       amf.Value
		options      []string
		text         string // "": it is published
	}{
		{"h264 and aac", flv.H264, flv.AAC, declaresNothing, nil, ""},
		{"hevc, nothing declared", flv.HEVC, flv.AAC, declaresNothing, nil, ""},
		{"hevc, not in the list", flv.HEVC, flv.AAC, declaresV1, nil, "does not take hevc"},
		{"hevc, not in the list, audio optional", flv.HEVC, flv.AAC, declaresV1, []string{"audio_optional", "true"}, "does not take hevc"},
		{"hevc as codec id 12", flv.HEVC, flv.AAC, declaresV1, []string{"hevc", "legacy"}, ""},
		{"opus, nothing declared", flv.H264, flv.Opus, declaresNothing, nil, "does not take opus"},
		{"opus, declared", flv.H264, flv.Opus, declaresV2, nil, ""},
		{"opus, the user knows better", flv.H264, flv.Opus, declaresNothing, []string{"enhanced", "v2"}, ""},
		{"opus, never declared", flv.H264, flv.Opus, declaresNothing, []string{"enhanced", "off"}, `enhanced = "on"`},
		{"opus, audio optional", flv.H264, flv.Opus, declaresNothing, []string{"audio_optional", "true"}, ""},
		{"opus alone, audio optional", flv.NoCodec, flv.Opus, declaresNothing, []string{"audio_optional", "true"}, "does not take opus"},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			p, w := newPublisher(t, s.URL("live/stream"), append(c.options, "reconnect", "true")...)
			setMedia(t, p, c.video, c.audio)
			require.NoError(t, p.Connect())
			conn := s.Accept()
			conn.Handshake()
			conn.Send(&message.Command{
				Name: "_result", TransactionID: conn.Command("connect").TransactionID, Object: c.server, Arguments: []amf.Value{success},
			})
			if c.text == "" {
				conn.AcceptStream()
				conn.AcceptPublish()
				w.until(StatePublishing)
				return
			}
			err := w.until(StateError).Err
			require.ErrorIs(t, err, rtmperr.ErrRefused)
			require.ErrorContains(t, err, c.text)
			require.Equal(t, []State{1, 2, 3, 7}, w.states())
			require.Empty(t, conn.End(), "no stream is asked for")
			for limit := time.Now().Add(patience); p.Busy(); time.Sleep(time.Millisecond) {
				require.True(t, time.Now().Before(limit), "another attempt would meet it again")
			}
		})
	}
}

// Audio that is optional and not taken is left out: nothing of it is sent, described or announced,
// and pushing it is no error.
func TestAudioOptional(t *testing.T) {
	noLeak(t)
	p, _, conn := connectTo(t, declaresNothing, "audio_optional", "true")
	require.NoError(t, p.SendAudioFrame(opusFrame, 0, Frame{Codec: "opus", Config: opusHead}))
	require.NoError(t, p.SendVideo(keyFrame, 0, 0))
	require.NoError(t, p.SendAudioFrame(opusFrame, 20, Frame{}))
	require.NoError(t, p.SendVideo(picture, 40, 0))
	metadata := conn.Next().Message.(*message.Data).Values[2].(amf.ECMAArray)
	for _, f := range metadata {
		require.NotContains(t, f.Name, "audio")
	}
	for range 3 {
		require.Equal(t, message.TypeVideo, conn.Next().Message.Type())
	}
	require.Zero(t, p.Stats().AudioFramesSent)

	// AAC goes to every server.
	require.NoError(t, p.SendAAC(adts, nil, 60))
	require.Equal(t, message.TypeDataAMF0, conn.Next().Message.Type())
	require.Equal(t, message.TypeAudio, conn.Next().Message.Type())
}
