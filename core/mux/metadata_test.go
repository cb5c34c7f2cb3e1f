package mux

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/coretest"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
)

// lastMetadata takes what was sent and returns the last onMetaData of it.
func lastMetadata(t *testing.T, w *coretest.Output) amf.ECMAArray {
	t.Helper()
	_, all := sent(t, w)
	var fields amf.ECMAArray
	for _, e := range all {
		if m, err := message.Unmarshal(message.Type(e.Header.Type), e.Payload); err == nil {
			if data, ok := m.(*message.Data); ok {
				fields = data.Values[2].(amf.ECMAArray)
			}
		}
	}
	return fields
}

func TestMetadataIsTrueToTheMedia(t *testing.T) {
	m, w := attached()
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
	require.Equal(t, amf.ECMAArray{
		{Name: "width", Value: 640.0}, {Name: "height", Value: 360.0}, {Name: "framerate", Value: 25.0},
		{Name: "videocodecid", Value: 7.0}, {Name: "encoder", Value: testEncoder},
	}, lastMetadata(t, w), "no audio, no audio fields")
	require.NoError(t, m.sendAAC(coretest.ADTS, nil, 0))
	require.Equal(t, amf.ECMAArray{
		{Name: "width", Value: 640.0}, {Name: "height", Value: 360.0}, {Name: "framerate", Value: 25.0},
		{Name: "videocodecid", Value: 7.0}, {Name: "audiocodecid", Value: 10.0}, {Name: "audiosamplerate", Value: 44100.0},
		{Name: "audiochannels", Value: 2.0}, {Name: "stereo", Value: true}, {Name: "audiosamplesize", Value: 16.0}, {Name: "encoder", Value: testEncoder},
	}, lastMetadata(t, w))
}

func TestMetadataFromTheSource(t *testing.T) {
	m, w := attached()
	m.Begin(Expectation{Video: &flv.VideoInfo{Width: 2, Height: 4, FrameRate: 12.5}, Audio: &flv.AudioInfo{}})
	require.NoError(t, m.sendAAC(coretest.ADTS, nil, 0))
	require.Equal(t, amf.ECMAArray{
		{Name: "width", Value: 2.0}, {Name: "height", Value: 4.0}, {Name: "framerate", Value: 12.5}, {Name: "videocodecid", Value: 7.0},
		{Name: "audiocodecid", Value: 10.0}, {Name: "audiosamplerate", Value: 44100.0},
		{Name: "audiochannels", Value: 2.0}, {Name: "stereo", Value: true}, {Name: "audiosamplesize", Value: 16.0}, {Name: "encoder", Value: testEncoder},
	}, lastMetadata(t, w), "all tracks, from the first one on")

	m, w = attached()
	m.Begin(Expectation{Video: &flv.VideoInfo{FrameRate: 30}, Audio: &flv.AudioInfo{}})
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
	fields := lastMetadata(t, w)
	_, known := fields.Get("audiosamplerate")
	require.False(t, known, "what is unknown is left out")
	rate, _ := fields.GetNumber("framerate")
	require.Equal(t, 25.0, rate, "what the stream says itself comes first")
}

// Data rates and duration are told where the source knows them, and nobody's after it.
func TestMetadataOfRatesAndDuration(t *testing.T) {
	m, w := attached()
	m.Begin(Expectation{
		Video: &flv.VideoInfo{}, Audio: &flv.AudioInfo{}, VideoRate: 2500.5, AudioRate: 128, Duration: 90500 * time.Millisecond,
	})
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
	fields := lastMetadata(t, w)
	for name, want := range map[string]float64{"videodatarate": 2500.5, "audiodatarate": 128, "duration": 90.5, "audiosamplesize": 16} {
		got, ok := fields.GetNumber(name)
		require.True(t, ok, name)
		require.Equal(t, want, got, name)
	}

	m.Restart()
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 40, 0))
	fields = lastMetadata(t, w)
	for _, name := range []string{"videodatarate", "audiodatarate", "duration"} {
		_, known := fields.Get(name)
		require.False(t, known, name)
	}
}

func TestMetadataOfTheUser(t *testing.T) {
	m, w := attached()
	require.NoError(t, m.user.set("title", "a"))
	require.NoError(t, m.user.set("width", 1.0))
	require.NoError(t, m.ResendMetadata())
	requireSent(t, w)
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
	fields := lastMetadata(t, w)
	title, _ := fields.GetString("title")
	width, _ := fields.GetNumber("width")
	require.Equal(t, "a", title)
	require.Equal(t, 1.0, width, "over what is known")

	require.NoError(t, m.ResendMetadata())
	requireSent(t, w)
	require.NoError(t, m.user.set("title", "b"))
	require.NoError(t, m.sendAnnexB(coretest.Picture, 40, 0))
	require.NoError(t, m.ResendMetadata())
	require.EqualValues(t, 40, requireSent(t, w, "P", "M")[1].Header.Timestamp)
	m.user.clear()
	require.NoError(t, m.ResendMetadata())
	_, known := lastMetadata(t, w).Get("title")
	require.False(t, known)
}

func TestMetadataLimits(t *testing.T) {
	var m userFields
	require.ErrorIs(t, m.set("", 1.0), rtmperr.ErrInvalid)
	require.ErrorIs(t, m.set(strings.Repeat("n", maxMetadataText+1), 1.0), rtmperr.ErrInvalid)
	require.ErrorIs(t, m.set("n", strings.Repeat("v", maxMetadataText+1)), rtmperr.ErrInvalid)
	for i := range maxMetadataFields {
		require.NoError(t, m.set(fmt.Sprint("n", i), strings.Repeat("v", maxMetadataText)))
	}
	require.ErrorIs(t, m.set("one more", 1.0), rtmperr.ErrOverflow)
	require.NoError(t, m.set("n5", true), "an old one can change")
	require.Len(t, m.over(nil), maxMetadataFields)
}

func TestMetadataThatAMFCannotSay(t *testing.T) {
	m, _ := attached()
	require.NoError(t, m.user.set("odd", struct{}{}))
	require.ErrorIs(t, m.sendAnnexB(coretest.KeyFrame, 0, 0), rtmperr.ErrInvalid)
	require.ErrorIs(t, m.sendAAC(coretest.ADTS, nil, 0), rtmperr.ErrInvalid)
}
