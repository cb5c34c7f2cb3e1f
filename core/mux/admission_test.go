package mux

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/caps"
	"luatrtmp/core/coretest"
	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
)

// A source with a codec that the server does not take ends the connection too.
func TestTermsOfASource(t *testing.T) {
	m, w := attached()
	unit := &flv.AccessUnit{Kind: flv.Audio, Codec: flv.Opus, Data: coretest.OpusFrame, Config: coretest.OpusHead}
	require.ErrorIs(t, m.SendUnit(unit, 0), rtmperr.ErrRefused)
	require.ErrorContains(t, w.Err(), "opus", "the connection has ended")
}

// Media that is parked between two connections is in the form that the first one takes.
func TestTermsOfParkedMedia(t *testing.T) {
	m, w := attached()
	m.outlet.Server = caps.Everything(caps.NotNeeded)
	require.NoError(t, m.SendAudioFrame(coretest.OpusFrame, 0, Frame{Codec: "opus", Config: coretest.OpusHead}))
	m.Park(w, NewParking(queueBytes, queueMedia, m.counters.Dropped))
	require.NoError(t, m.SendAudioFrame(coretest.OpusFrame, 20, Frame{}))
	next := onQueue(m.counters)
	m.PrepareSwitch(at(next))
	m.SwitchNow()
	require.ErrorIs(t, m.SendAudioFrame(coretest.OpusFrame, 40, Frame{}), rtmperr.ErrRefused, "this one takes no Opus")
	require.Less(t, m.Elapsed(time.Now()), time.Minute)
}

// A source's audio that is left out makes room for the silent track.
func TestAudioOptionalWithSilence(t *testing.T) {
	m, w := attachedTo(func(d *Destination) {
		d.Server, d.Wants = caps.Capabilities{}, Preferences{AudioOptional: true, SilentAudio: true}
	})
	m.Begin(Expectation{Video: &flv.VideoInfo{}, Audio: &flv.AudioInfo{Codec: flv.Opus, SampleRate: 48000, Channels: 2}})
	opus := &flv.AccessUnit{Kind: flv.Audio, Codec: flv.Opus, Data: coretest.OpusFrame, Config: coretest.OpusHead}
	require.Equal(t, ErrAudioLeftOut, m.SendUnit(opus, 0))
	require.NoError(t, m.SendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{coretest.SPSMain, coretest.PPSMain, coretest.IDR}}, 0))
	lines, _ := onWire(t, w)
	require.Equal(t, []string{"0 metadata", "0 video 0 h264 start", "0 audio 0 aac start", "0 audio 0 aac frame", "0 video 0 h264 key"}, lines)
}
