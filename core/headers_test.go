package core

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/options"
	"luatrtmp/core/source"
)

// Where both tracks are known, both sequence headers stand before the first frame, whichever track
// that is of.
func TestBothHeadersBeforeTheFirstFrame(t *testing.T) {
	both := expectation{video: &flv.VideoInfo{}, audio: &flv.AudioInfo{}, videoConfig: recordMain, audioConfig: ascStereo}
	video := &flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{idr}}
	audio := &flv.AccessUnit{Kind: flv.Audio, Data: []byte{0x21}}

	m, w := attached()
	m.begin(both)
	require.NoError(t, m.sendUnit(video, 0))
	require.NoError(t, m.sendUnit(audio, 10))
	requireSent(t, w, "M", "VH", "AH", "K", "A")

	m, w = attached()
	m.begin(both)
	require.NoError(t, m.sendUnit(audio, 0))
	require.NoError(t, m.sendUnit(video, 10))
	requireSent(t, w, "M", "VH", "AH", "A", "K")

	// A new connection.
	w = reattach(m.muxer, m.counters)
	require.NoError(t, m.sendUnit(audio, 20))
	require.NoError(t, m.sendUnit(video, 30))
	requireSent(t, w, "M", "VH", "AH", "A", "K")

	// Nothing is sent twice, and another configuration is.
	other := &flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{spsHigh, ppsHigh, idr}}
	require.NoError(t, m.sendUnit(other, 70))
	requireSent(t, w, "M", "VH", "K")

	// Only one is known.
	m, w = attached()
	m.begin(expectation{video: &flv.VideoInfo{}, audio: &flv.AudioInfo{}, audioConfig: ascStereo})
	require.NoError(t, m.sendUnit(audio, 0))
	require.NoError(t, m.sendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{spsMain, ppsMain, idr}}, 10))
	requireSent(t, w, "M", "AH", "A", "M", "VH", "K")
}

// Frames that are pushed: on the next connection both tracks are known.
func TestBothHeadersOfPushedFrames(t *testing.T) {
	m, w := attached()
	require.NoError(t, m.sendAnnexB(keyFrame, 0, 0))
	require.NoError(t, m.sendAAC(adts, nil, 10))
	requireSent(t, w, "M", "VH", "K", "M", "AH", "A")
	w = reattach(m.muxer, m.counters)
	require.NoError(t, m.sendAAC(adts, nil, 50))
	require.NoError(t, m.sendAnnexB(keyFrame, 60, 0))
	requireSent(t, w, "M", "VH", "AH", "A", "K")
}

// A track that the server does not take is not announced beside one that it takes.
func TestHeadersOfWhatIsTaken(t *testing.T) {
	m, w := attached()
	m.begin(expectation{video: &flv.VideoInfo{}, audio: &flv.AudioInfo{Codec: flv.Opus}, videoConfig: recordMain, audioConfig: opusHead})
	require.NoError(t, m.sendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{idr}}, 0))
	requireSent(t, w, "M", "VH", "K")
}

// Sequence headers, and the ends of sequences, never go back in time, also where a track had a
// header and no frame.
func TestTimesOfHeadersWithoutFrames(t *testing.T) {
	m, w := attachedTo(func(*options.Options) {})
	m.begin(expectation{video: &flv.VideoInfo{}, audio: &flv.AudioInfo{Codec: flv.Opus}, videoConfig: recordMain, audioConfig: opusHead})
	m.mu.Lock()
	m.floor = 500
	m.mu.Unlock()
	require.NoError(t, m.sendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{idr}}, 0))
	m.detach()
	lines, _ := onWire(t, w)
	require.Equal(t, []string{
		"500 metadata", "500 video 0 h264 start", "500 audio 0 opus start", "500 video 0 h264 key", "500 audio 0 opus end",
	}, lines)
}

// What is known of a source that plays for ever has no duration.
func TestDurationOfASource(t *testing.T) {
	for spec, known := range map[string]bool{
		"source/testdata/bframes.mp4":        true,
		"source/testdata/bframes.mp4?loop=1": false,
		source.Clip:                          false,
	} {
		parsed, err := source.ParseSpec(spec)
		require.NoError(t, err)
		h, err := New(quietLog()).openSource(parsed)
		require.NoError(t, err)
		defer h.Close()
		require.Equal(t, known, expectationOf(h).duration > 0, spec)
	}
}
