package mux

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
	"luatrtmp/core/sendqueue"
)

func silentMuxer() (*testMuxer, *coretest.Output) {
	return attachedTo(func(d *Destination) { d.Wants.SilentAudio = true })
}

// pictures pushes pictures, step ms apart, up to a time, and returns that of the last.
func pictures(t *testing.T, m *testMuxer, from, to, step uint32) uint32 {
	t.Helper()
	at := from
	for ; at <= to; at += step {
		require.NoError(t, m.SendVideoFrame(coretest.KeyFrame, at, Frame{}))
	}
	return at - step
}

// inStep checks that what was sent is silence in step with the pictures, from a time on: the
// timestamps never go back, and no picture comes when audio is behind it by a frame or ahead of it.
// It returns the number of silent frames.
func inStep(t *testing.T, entries []*sendqueue.Message, from uint32, first int) int {
	t.Helper()
	last, frames := uint32(0), 0
	audio, begun := uint32(0), false
	for _, e := range entries {
		at := e.Header.Timestamp
		if e.Priority == sendqueue.Header {
			continue
		}
		require.GreaterOrEqual(t, at, last)
		last = at
		switch message.Type(e.Header.Type) {
		case message.TypeAudio:
			n := first + frames
			require.Equal(t, uint32(n*1024*1000/44100), at-from, "by samples")
			require.Equal(t, append([]byte{0xAF, 1}, silentFrame(t)...), e.Payload)
			audio, begun = at, true
			frames++
		case message.TypeVideo:
			if begun {
				require.LessOrEqual(t, at-audio, uint32(23))
			}
		}
	}
	return frames
}

func TestSilenceBesideASourceWithoutAudio(t *testing.T) {
	m, w := silentMuxer()
	m.Begin(Expectation{Video: &flv.VideoInfo{}})
	last := pictures(t, m, 5000, 15_000, 33)
	lines, all := onWire(t, w)
	require.Equal(t, []string{"0 metadata", "0 video 0 h264 start", "0 audio 0 aac start", "0 audio 0 aac frame", "0 video 0 h264 key"}, lines[:5])
	require.Equal(t, []byte{0xAF, 0, 0x12, 0x10}, all[2].Payload)
	fields := metadataOf(t, all[0])
	for name, want := range map[string]float64{"audiocodecid": 10, "audiosamplerate": 44100, "audiochannels": 2} {
		got, _ := fields.GetNumber(name)
		require.Equal(t, want, got, "the first onMetaData tells of it")
	}
	require.Equal(t, int(last-5000)*44100/1024/1000+1, inStep(t, all, 0, 0))
	require.Equal(t, "aac", m.Describe().AudioCodec)
	metadata := 0
	for _, line := range lines {
		if line == "0 metadata" {
			metadata++
		}
	}
	require.Equal(t, 1, metadata)
}

// Pushed video waits a second for audio.
func TestSilenceBesidePushedVideo(t *testing.T) {
	m, w := silentMuxer()
	pictures(t, m, 0, 960, 40)
	lines, _ := onWire(t, w)
	require.NotContains(t, fmt.Sprint(lines), "audio")
	require.Empty(t, m.Describe().AudioCodec)
	pictures(t, m, 1000, 10_000, 40)
	lines, all := onWire(t, w)
	require.Equal(t, []string{"998 metadata", "998 audio 0 aac start", "998 audio 0 aac frame", "1000 video 0 h264 key"}, lines[:4])
	inStep(t, all, 0, 43)

	// On the next connection it is known; times begin anew.
	w = m.reattach()
	m.outlet.Wants.SilentAudio = true
	pictures(t, m, 20_000, 21_000, 40)
	lines, all = onWire(t, w)
	require.Equal(t, []string{"0 metadata", "0 video 0 h264 start", "0 audio 0 aac start", "0 audio 0 aac frame", "0 video 0 h264 key"}, lines[:5])
	inStep(t, all, 0, 0)
}

func TestSilenceGivesWayToAudio(t *testing.T) {
	m, w := silentMuxer()
	m.Begin(Expectation{Video: &flv.VideoInfo{}})
	pictures(t, m, 0, 200, 40)
	onWire(t, w)
	require.NoError(t, m.SendAudioFrame([]byte{0x21}, 190, Frame{Config: []byte{0x11, 0x90}}))
	require.NoError(t, m.SendAudioFrame([]byte{0x21}, 212, Frame{}))
	pictures(t, m, 240, 5000, 40)
	lines, all := onWire(t, w)
	require.Equal(t, []string{
		"190 metadata", "190 audio 0 aac start", "190 audio 0 aac frame", "212 audio 0 aac frame", "240 video 0 h264 key", "280 video 0 h264 key",
	}, lines[:6])
	require.Equal(t, []byte{0xAF, 0, 0x11, 0x90}, all[1].Payload)
	require.NotContains(t, fmt.Sprint(lines[4:]), "audio", "for good, on later connections too")
	w = m.reattach()
	m.outlet.Wants.SilentAudio = true
	pictures(t, m, 6000, 9000, 40)
	lines, _ = onWire(t, w)
	require.NotContains(t, fmt.Sprint(lines), "aac frame")

	m.Restart() // another sender
	m.Begin(Expectation{Video: &flv.VideoInfo{}})
	pictures(t, m, 0, 100, 40)
	lines, _ = onWire(t, w)
	require.Contains(t, fmt.Sprint(lines), "audio 0 aac frame")
}

// Real audio from before the latest silence waits for it.
func TestSilenceIsNotOvertaken(t *testing.T) {
	m, w := silentMuxer()
	m.Begin(Expectation{Video: &flv.VideoInfo{}})
	pictures(t, m, 1000, 2000, 40)
	onWire(t, w)
	require.NoError(t, m.SendAudioFrame([]byte{0x21}, 1900, Frame{Config: coretest.ASCStereo}))
	require.NoError(t, m.SendAudioFrame([]byte{0x21}, 2010, Frame{}))
	requireWire(t, w, "998 audio 0 aac start", "998 audio 0 aac frame", "1010 audio 0 aac frame")
}

func TestNoSilence(t *testing.T) {
	for _, c := range []struct {
		name   string
		silent bool
		expect Expectation
		audio  bool
	}{
		{"not wanted", false, Expectation{Video: &flv.VideoInfo{}}, false},
		{"audio is expected", true, Expectation{Video: &flv.VideoInfo{}, Audio: &flv.AudioInfo{}}, false},
		{"audio came first", true, Expectation{}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, w := attachedTo(func(d *Destination) { d.Wants.SilentAudio = c.silent })
			m.Begin(c.expect)
			if c.audio {
				require.NoError(t, m.SendAudioFrame([]byte{0x21}, 0, Frame{Config: coretest.ASCStereo}))
			}
			pictures(t, m, 0, 960, 40)
			if c.audio {
				pictures(t, m, 1000, 5000, 40)
			}
			_, all := onWire(t, w)
			frames := 0
			for _, e := range all {
				if e.Priority == sendqueue.Audio && len(e.Payload) > 3 {
					frames++
				}
			}
			require.Zero(t, frames)
		})
	}
}

// Where the video pauses for more than a second the audio does, and is in step afterwards.
func TestSilenceOverAPause(t *testing.T) {
	m, w := silentMuxer()
	m.Begin(Expectation{Video: &flv.VideoInfo{}})
	pictures(t, m, 0, 400, 40)
	pictures(t, m, 1200, 1200, 40) // less
	_, all := onWire(t, w)
	require.Equal(t, 1200*44100/1024/1000+1, inStep(t, all, 0, 0))
	pictures(t, m, 8200, 9000, 40)
	_, all = onWire(t, w)
	inStep(t, all, 0, 8200*44100/1024/1000)
}

// The pictures of a second track are behind those of the first, and the timestamps wrap.
func TestSilenceBesideSeveralTracks(t *testing.T) {
	m, w := silentMuxer()
	m.Begin(Expectation{Video: &flv.VideoInfo{}})
	require.NoError(t, m.SendVideoFrame(coretest.KeyFrame, 0xFFFFFF00, Frame{}))
	m.media.tracks.find(flv.Video, 0).lastOut += 0xFFFFFF00 // some 49 days later
	m.media.tracks.find(flv.Video, 0).offset += 0xFFFFFF00
	m.outlet.silence.lastVideo += 0xFFFFFF00
	m.outlet.silence.base += 0xFFFFFF00
	onWire(t, w)
	for i := range uint32(50) {
		require.NoError(t, m.SendVideoFrame(coretest.KeyFrame, 0xFFFFFF00+40*i, Frame{}))
		require.NoError(t, m.SendVideoFrame(coretest.KeyFrame, 0xFFFFFF00+40*i-20, Frame{Track: 1}))
	}
	_, all := onWire(t, w)
	frames := uint32(0)
	for _, e := range all {
		if e.Priority == sendqueue.Audio {
			frames++
			require.Equal(t, 0xFFFFFF00+frames*1024*1000/44100, e.Header.Timestamp)
		}
	}
	require.EqualValues(t, 49*40*44100/1024/1000, frames)
}

// Another program decodes the silence, and it is silent.
func TestSilenceIsSilent(t *testing.T) {
	m, w := silentMuxer()
	m.Begin(Expectation{Video: &flv.VideoInfo{}})
	pictures(t, m, 0, 1000, 40)
	_, all := onWire(t, w)
	var adts []byte
	for _, e := range all {
		if e.Priority == sendqueue.Audio {
			size := len(e.Payload) - 2 + 7 // ISO/IEC 13818-7, 6.2: AAC LC, 44100 Hz, 2 channels
			adts = append(adts, 0xFF, 0xF1, 0x50, 0x80|byte(size>>11), byte(size>>3), byte(size<<5)|0x1F, 0xFC)
			adts = append(adts, e.Payload[2:]...)
		}
	}
	path := filepath.Join(t.TempDir(), "silence.aac")
	require.NoError(t, os.WriteFile(path, adts, 0o600))
	out, err := exec.Command("ffmpeg", "-v", "error", "-xerror", "-err_detect", "explode", "-i", path, "-f", "s16le", "-").Output()
	require.NoError(t, err)
	require.Equal(t, make([]byte, 44*1024*4), out)
}

func silentFrame(t *testing.T) []byte {
	t.Helper()
	_, frame, err := flv.SilentAAC(44100, 2)
	require.NoError(t, err)
	return frame
}
