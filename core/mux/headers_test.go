package mux

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/flv"
)

// Where both tracks are known, both sequence headers stand before the first frame, whichever track
// that is of.
func TestBothHeadersBeforeTheFirstFrame(t *testing.T) {
	both := Expectation{Video: &flv.VideoInfo{}, Audio: &flv.AudioInfo{}, VideoConfig: coretest.RecordMain, AudioConfig: coretest.ASCStereo}
	video := &flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{coretest.IDR}}
	audio := &flv.AccessUnit{Kind: flv.Audio, Data: []byte{0x21}}

	m, w := attached()
	m.Begin(both)
	require.NoError(t, m.SendUnit(video, 0))
	require.NoError(t, m.SendUnit(audio, 10))
	requireSent(t, w, "M", "VH", "AH", "K", "A")

	m, w = attached()
	m.Begin(both)
	require.NoError(t, m.SendUnit(audio, 0))
	require.NoError(t, m.SendUnit(video, 10))
	requireSent(t, w, "M", "VH", "AH", "A", "K")

	// A new connection.
	w = m.reattach()
	require.NoError(t, m.SendUnit(audio, 20))
	require.NoError(t, m.SendUnit(video, 30))
	requireSent(t, w, "M", "VH", "AH", "A", "K")

	// Nothing is sent twice, and another configuration is.
	other := &flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{coretest.SPSHigh, coretest.PPSHigh, coretest.IDR}}
	require.NoError(t, m.SendUnit(other, 70))
	requireSent(t, w, "M", "VH", "K")

	// Only one is known.
	m, w = attached()
	m.Begin(Expectation{Video: &flv.VideoInfo{}, Audio: &flv.AudioInfo{}, AudioConfig: coretest.ASCStereo})
	require.NoError(t, m.SendUnit(audio, 0))
	require.NoError(t, m.SendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{coretest.SPSMain, coretest.PPSMain, coretest.IDR}}, 10))
	requireSent(t, w, "M", "AH", "A", "M", "VH", "K")
}

// Frames that are pushed: on the next connection both tracks are known.
func TestBothHeadersOfPushedFrames(t *testing.T) {
	m, w := attached()
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
	require.NoError(t, m.sendAAC(coretest.ADTS, nil, 10))
	requireSent(t, w, "M", "VH", "K", "M", "AH", "A")
	w = m.reattach()
	require.NoError(t, m.sendAAC(coretest.ADTS, nil, 50))
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 60, 0))
	requireSent(t, w, "M", "VH", "AH", "A", "K")
}

// A track that the server does not take is not announced beside one that it takes.
func TestHeadersOfWhatIsTaken(t *testing.T) {
	m, w := attached()
	m.Begin(Expectation{Video: &flv.VideoInfo{}, Audio: &flv.AudioInfo{Codec: flv.Opus}, VideoConfig: coretest.RecordMain, AudioConfig: coretest.OpusHead})
	require.NoError(t, m.SendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{coretest.IDR}}, 0))
	requireSent(t, w, "M", "VH", "K")
}

// Sequence headers, and the ends of sequences, never go back in time, also where a track had a
// header and no frame.
func TestTimesOfHeadersWithoutFrames(t *testing.T) {
	m, w := attachedTo(func(*Destination) {})
	m.Begin(Expectation{Video: &flv.VideoInfo{}, Audio: &flv.AudioInfo{Codec: flv.Opus}, VideoConfig: coretest.RecordMain, AudioConfig: coretest.OpusHead})
	m.mu.Lock()
	m.outlet.floor = 500
	m.mu.Unlock()
	require.NoError(t, m.SendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{coretest.IDR}}, 0))
	m.Detach()
	lines, _ := onWire(t, w)
	require.Equal(t, []string{
		"500 metadata", "500 video 0 h264 start", "500 audio 0 opus start", "500 video 0 h264 key", "500 audio 0 opus end",
	}, lines)
}
