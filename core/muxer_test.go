package core

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/caps"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
	"luatrtmp/core/stats"
)

// attached returns a muxer on a connection on which nothing is written: what it sends waits in the queue.
func attached() (*testMuxer, *writer) {
	m := newTestMuxer()
	return m, reattach(m.muxer, m.counters)
}

// testMuxer is a muxer with what its owner has beside it.
type testMuxer struct {
	*muxer
	counters *stats.Counters
	log      bytes.Buffer
}

func newTestMuxer() *testMuxer {
	m := &testMuxer{counters: &stats.Counters{}}
	log := slog.New(slog.NewTextHandler(&m.log, nil))
	m.muxer = newMuxer(muxerConfig{encoder: encoderName, clock: now, dropped: m.counters.Dropped, warn: log.Warn})
	return m
}

func reattach(m *muxer, c *stats.Counters) *writer {
	o := options.Default()
	o.QueueMedia, o.QueueBytes = 2*time.Hour, 1<<30
	w := stalledWriter(&o, c)
	m.attach(destinationOf(w, &o))
	return w
}

// destinationOf is a connection to a server that has said nothing.
func destinationOf(w *writer, o *options.Options) destination {
	d := destination{
		out: w, streamID: 7,
		wants: preferences{legacyHEVC: o.LegacyHEVC, silentAudio: o.SilentAudio, audioOptional: o.AudioOptional},
	}
	if o.Enhanced == options.EnhancedV2 {
		d.server = caps.Everything(caps.NotNeeded)
	}
	return d
}

// sent takes what the muxer has sent, as short words: M metadata, VH and AH sequence headers, K and P pictures, A audio.
func sent(t *testing.T, w *writer) (words []string, all []*sendqueue.Message) {
	t.Helper()
	w.mu.Lock()
	all = w.media.Pop(nil, 1<<30)
	w.mu.Unlock()
	for _, e := range all {
		require.EqualValues(t, 7, e.Header.StreamID)
		m, err := message.Unmarshal(message.Type(e.Header.Type), e.Payload)
		require.NoError(t, err)
		switch m := m.(type) {
		case *message.Data:
			require.EqualValues(t, message.DataChunkStream, e.Header.ChunkStreamID)
			require.Equal(t, "@setDataFrame", m.Values[0])
			require.Equal(t, "onMetaData", m.Values[1])
			require.Equal(t, sendqueue.Header, e.Priority)
			words = append(words, "M")
		case *message.Video:
			require.EqualValues(t, message.VideoChunkStream, e.Header.ChunkStreamID)
			v, err := flv.ParseVideoTag(m.Body)
			require.NoError(t, err)
			word := map[sendqueue.Priority]string{sendqueue.Header: "VH", sendqueue.KeyFrame: "K", sendqueue.InterFrame: "P"}[e.Priority]
			require.Equal(t, v.PacketType == flv.PacketSequenceHeader, e.Priority == sendqueue.Header)
			require.Equal(t, v.Key, e.Priority != sendqueue.InterFrame)
			words = append(words, word)
		case *message.Audio:
			require.EqualValues(t, message.AudioChunkStream, e.Header.ChunkStreamID)
			a, err := flv.ParseAudioTag(m.Body)
			require.NoError(t, err)
			require.Equal(t, a.PacketType == flv.PacketSequenceHeader, e.Priority == sendqueue.Header)
			words = append(words, map[sendqueue.Priority]string{sendqueue.Header: "AH", sendqueue.Audio: "A"}[e.Priority])
		}
	}
	return words, all
}

func requireSent(t *testing.T, w *writer, want ...string) []*sendqueue.Message {
	t.Helper()
	words, all := sent(t, w)
	require.Equal(t, want, words)
	return all
}

func TestMuxerVideo(t *testing.T) {
	m, w := attached()
	require.NoError(t, m.sendAnnexB(picture, 0, 0))
	requireSent(t, w)
	require.EqualValues(t, 1, m.counters.Snapshot().DroppedFrames, "nothing before the first key frame")

	require.NoError(t, m.sendAnnexB(keyFrame, 1000, 80))
	all := requireSent(t, w, "M", "VH", "K")
	require.Equal(t, append([]byte{0x17, 0, 0, 0, 0}, recordMain...), all[1].Payload)
	require.Equal(t, []byte{0x17, 1, 0, 0, 80, 0, 0, 0, 4, 0x65, 0x88, 0x82, 8}, all[2].Payload)
	require.Zero(t, all[2].Header.Timestamp)

	require.NoError(t, m.sendAnnexB(picture, 1040, -40))
	all = requireSent(t, w, "P")
	require.Equal(t, []byte{0x27, 1, 0xFF, 0xFF, 0xD8, 0, 0, 0, 3, 0x41, 0x9A, 0x24}, all[0].Payload)
	require.EqualValues(t, 40, all[0].Header.Timestamp)

	require.NoError(t, m.sendAnnexB(keyFrame, 1080, 0))
	requireSent(t, w, "K")
	require.NoError(t, m.sendAnnexB(annexB(spsHigh, ppsHigh), 1120, 0))
	requireSent(t, w)
	require.NoError(t, m.sendAnnexB(annexB(idr), 1120, 0))
	requireSent(t, w, "M", "VH", "K")
	require.NoError(t, m.sendAnnexB(annexB([]byte{9, 0xF0}, idr, idr, inter), 1160, 0))
	all = requireSent(t, w, "K")
	require.Equal(t, 5+4+2+4+4+4+4+4+3, len(all[0].Payload), "all NAL units in one message")

	w = reattach(m.muxer, m.counters)
	require.NoError(t, m.sendAnnexB(picture, 1200, 0))
	requireSent(t, w)
	require.NoError(t, m.sendAnnexB(annexB(idr), 1240, 0))
	all = requireSent(t, w, "M", "VH", "K")
	require.Zero(t, all[2].Header.Timestamp, "a new connection begins at 0")
}

func TestMuxerLearnsWhileNotPublishing(t *testing.T) {
	m := newTestMuxer()
	require.ErrorIs(t, m.sendAnnexB(keyFrame, 0, 0), rtmperr.ErrState)
	require.ErrorIs(t, m.sendAAC(adts, nil, 0), rtmperr.ErrState)
	require.ErrorIs(t, m.sendAnnexB([]byte{1, 2}, 0, 0), rtmperr.ErrInvalid, "what is wrong is told in any state")
	w := reattach(m.muxer, m.counters)
	require.NoError(t, m.sendAnnexB(annexB(idr), 0, 0))
	require.NoError(t, m.sendAAC([]byte{0x21}, nil, 0))
	requireSent(t, w, "M", "VH", "AH", "K", "A")
	m.detach()
	require.ErrorIs(t, m.sendAnnexB(keyFrame, 0, 0), rtmperr.ErrState)
	require.Equal(t, mediaInfo{width: 640, height: 360, videoCodec: "h264", audioCodec: "aac"}, m.describe())
}

// A frame goes although a parameter set beside it cannot be read, which the log says once.
func TestMuxerSendsFramesBesideBrokenSets(t *testing.T) {
	m, w := attached()
	require.NoError(t, m.sendAnnexB(keyFrame, 0, 0))
	require.NoError(t, m.sendAnnexB(annexB([]byte{0x67, 0x4d}, inter), 40, 0))
	require.NoError(t, m.sendAnnexB(annexB([]byte{0x68}, idr), 80, 0))
	requireSent(t, w, "M", "VH", "K", "P", "K")
	require.Equal(t, 1, strings.Count(m.log.String(), "\n"))
	require.Contains(t, m.log.String(), "SPS of 2 bytes")

	fresh, _ := attached()
	err := fresh.sendAnnexB(annexB([]byte{0x67, 0x4d}, idr), 0, 0)
	require.ErrorIs(t, err, rtmperr.ErrInvalid)
	require.ErrorContains(t, err, "key frame without SPS and PPS: bad parameter set: SPS of 2 bytes")
}

// A NAL unit whose forbidden_zero_bit says that it is damaged is left out, as decoders do. The rest of its frame goes, which the log
// says once; without a rest it is an error, and the frames behind it go on.
func TestMuxerLeavesDamagedNALUnitsOut(t *testing.T) {
	damaged := func(nalu []byte) []byte {
		nalu = bytes.Clone(nalu)
		nalu[0] |= 0x80
		return nalu
	}
	second := []byte{0x41, 0x42, 0x9E, 0x45} // a slice that does not begin its picture
	m, w := attached()
	require.NoError(t, m.sendAnnexB(annexB(damaged(spsMain), spsMain, ppsMain, idr), 0, 0))
	for range 2 {
		require.NoError(t, m.sendAnnexB(annexB(inter, damaged(second)), 40, 0))
	}
	all := requireSent(t, w, "M", "VH", "K", "P", "P")
	require.Equal(t, append([]byte{0, 0, 0, byte(len(inter))}, inter...), all[3].Payload[5:])
	require.Equal(t, 1, strings.Count(m.log.String(), "\n"))
	require.Contains(t, m.log.String(), "forbidden_zero_bit")

	for _, unit := range [][]byte{annexB(damaged(inter)), annexB([]byte{9, 0xF0}, damaged(inter)), annexB(damaged(idr))} {
		err := m.sendAnnexB(unit, 120, 0)
		require.ErrorIs(t, err, rtmperr.ErrInvalid)
		require.ErrorContains(t, err, "forbidden_zero_bit")
	}
	require.NoError(t, m.sendAnnexB(picture, 160, 0))
	requireSent(t, w, "P")

	m, w = attached()
	require.NoError(t, m.sendNALUs([][]byte{spsMain, ppsMain, idr, damaged(second)}, 0), "in buffers")
	requireSent(t, w, "M", "VH", "K")
	require.ErrorContains(t, m.sendNALUs([][]byte{damaged(inter)}, 40), "forbidden_zero_bit")

	m, w = attached()
	require.NoError(t, m.sendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{idr, damaged(second)}, Config: recordMain}, 0), "of a source")
	require.ErrorContains(t, m.sendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{damaged(inter)}}, 40), "forbidden_zero_bit")
	requireSent(t, w, "M", "VH", "K")
}

func TestMuxerRefusesVideo(t *testing.T) {
	huge := annexB(idr, make([]byte, MaxFrame))
	huge[len(huge)-1] = 2
	for _, c := range []struct {
		name string
		au   []byte
		time int32
		kind error
		text string
	}{
		{"empty", nil, 0, rtmperr.ErrInvalid, "empty"},
		{"no start code", idr, 0, rtmperr.ErrInvalid, "65 88 82 08"},
		{"too large", huge, 0, rtmperr.ErrOverflow, "at most"},
		{"composition time too large", annexB(inter), 1 << 23, rtmperr.ErrInvalid, "composition time 8388608 ms"},
		{"composition time too small", annexB(inter), -1<<23 - 1, rtmperr.ErrInvalid, "24 bits"},
		{"broken SPS alone", annexB([]byte{0x67, 0x4d}), 0, rtmperr.ErrInvalid, "SPS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, w := attached()
			require.NoError(t, m.sendAnnexB(keyFrame, 0, 0))
			requireSent(t, w, "M", "VH", "K")
			err := m.sendAnnexB(c.au, 40, c.time)
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, c.text)
			require.NoError(t, m.sendAnnexB(picture, 80, 0))
			if c.kind == rtmperr.ErrInvalid && !bytes.Contains(c.au, inter) {
				requireSent(t, w, "P")
				return
			}
			requireSent(t, w) // what refers to a picture that is missing cannot be decoded
			require.NoError(t, m.sendAnnexB(keyFrame, 120, 0))
			require.NoError(t, m.sendAnnexB(picture, 160, 0))
			requireSent(t, w, "K", "P")
		})
	}
	t.Run("disposable", func(t *testing.T) {
		m, w := attached()
		require.NoError(t, m.sendAnnexB(keyFrame, 0, 0))
		require.Error(t, m.sendAnnexB(annexB([]byte{0x01, 0x9E, 0x45}), 40, 1<<23))
		require.NoError(t, m.sendAnnexB(picture, 80, 0))
		requireSent(t, w, "M", "VH", "K", "P")
	})
	t.Run("key frame without parameter sets", func(t *testing.T) {
		m, w := attached()
		err := m.sendAnnexB(annexB(idr), 0, 0)
		require.ErrorIs(t, err, rtmperr.ErrInvalid)
		require.ErrorContains(t, err, "SPS and PPS")
		requireSent(t, w)
	})
}

func TestMuxerAudio(t *testing.T) {
	m, w := attached()
	err := m.sendAAC([]byte{0x21, 0x22}, nil, 0)
	require.ErrorIs(t, err, rtmperr.ErrInvalid)
	require.ErrorContains(t, err, "AudioSpecificConfig")

	require.NoError(t, m.sendAAC(adts, nil, 500))
	all := requireSent(t, w, "M", "AH", "A")
	require.Equal(t, append([]byte{0xAF, 0}, ascStereo...), all[1].Payload)
	require.Equal(t, []byte{0xAF, 1, 0x21, 0x22}, all[2].Payload)

	three := append(append(bytes.Clone(adts), adts...), adts...)
	require.NoError(t, m.sendAAC(three, nil, 1000))
	all = requireSent(t, w, "A", "A", "A")
	for i, at := range []uint32{500, 523, 546} {
		require.Equal(t, at, all[i].Header.Timestamp)
	}
	require.NoError(t, m.sendAAC([]byte{0x21}, []byte{0x11, 0x90}, 1100)) // 48 kHz
	requireSent(t, w, "M", "AH", "A")
	require.NoError(t, m.sendAAC([]byte{0x21}, []byte{0x11, 0x90}, 1120))
	require.NoError(t, m.sendAAC([]byte{0x21}, nil, 1140))
	requireSent(t, w, "A", "A")

	for _, c := range []struct {
		name          string
		frame, config []byte
		kind          error
		text          string
	}{
		{"empty", nil, nil, rtmperr.ErrInvalid, "empty"},
		{"empty with config", nil, ascStereo, rtmperr.ErrInvalid, "empty"},
		{"too large", make([]byte, MaxFrame+1), nil, rtmperr.ErrOverflow, "at most"},
		{"cut ADTS", adts[:8], nil, rtmperr.ErrInvalid, "frame length 9"},
		{"second frame cut", append(bytes.Clone(adts), adts[:3]...), nil, rtmperr.ErrInvalid, "at 9"},
		{"bad config", []byte{1}, []byte{0xFF}, rtmperr.ErrInvalid, "audio configuration"},
		{"reserved rate", unhex("fff17480013ffc2122"), nil, rtmperr.ErrInvalid, "sampling frequency index 13"},
	} {
		err := m.sendAAC(c.frame, c.config, 1200)
		require.ErrorIs(t, err, c.kind, c.name)
		require.ErrorContains(t, err, c.text)
		requireSent(t, w)
		for _, n := range m.scratch.nalus {
			require.Nil(t, n, "the caller's memory is not kept")
		}
	}
}

// Another sender: new parameter sets, a key frame first, another clock; the tracks stay in step with each other.
func TestMuxerRestart(t *testing.T) {
	m, w := attached()
	require.NoError(t, m.sendAnnexB(keyFrame, 0, 0))
	require.NoError(t, m.sendAAC(adts, nil, 500))
	requireSent(t, w, "M", "VH", "K", "M", "AH", "A")
	m.restart()
	require.Equal(t, mediaInfo{}, m.describe())
	require.NoError(t, m.sendAnnexB(picture, 0, 0))
	require.ErrorIs(t, m.sendAnnexB(annexB(idr), 20, 0), rtmperr.ErrInvalid)
	require.NoError(t, m.sendAnnexB(annexB(spsHigh, ppsHigh, idr), 40, 0))
	require.NoError(t, m.sendAAC(adts, nil, 140))
	require.NoError(t, m.sendAnnexB(picture, 80, 0))
	all := requireSent(t, w, "M", "VH", "K", "M", "AH", "A", "P")
	require.EqualValues(t, 500, all[2].Header.Timestamp, "not before what has been sent")
	require.EqualValues(t, 600, all[5].Header.Timestamp)
	require.EqualValues(t, 540, all[6].Header.Timestamp)
}

func TestMuxerUnitsOfASource(t *testing.T) {
	m, w := attached()
	unit := &flv.AccessUnit{Kind: flv.Video, DTS: 33_400_000, PTS: 100_100_000, NALUs: [][]byte{idr}, Config: recordMain}
	require.NoError(t, m.sendUnit(unit, 33))
	all := requireSent(t, w, "M", "VH", "K")
	require.Equal(t, byte(67), all[2].Payload[4], "composition time of times that are rounded one by one")
	require.ErrorIs(t, m.sendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{idr}, Config: []byte{1}}, 40), rtmperr.ErrInvalid)
	require.ErrorIs(t, m.sendUnit(&flv.AccessUnit{Kind: flv.Audio, Data: []byte{1}}, 40), rtmperr.ErrInvalid)
	m.learn(&flv.AccessUnit{Kind: flv.Audio, Config: ascStereo})
	require.NoError(t, m.sendUnit(&flv.AccessUnit{Kind: flv.Audio, Data: []byte{1}}, 40))
	requireSent(t, w, "M", "AH", "A")
}

func TestMuxerOnABrokenConnection(t *testing.T) {
	m, w := attached()
	w.abort()
	require.ErrorIs(t, m.sendAnnexB(keyFrame, 0, 0), rtmperr.ErrNetwork)
	require.ErrorIs(t, m.sendAAC(adts, nil, 0), rtmperr.ErrNetwork)
	require.NoError(t, m.resendMetadata(), "nothing was sent: nothing to send again")

	m, w = attached()
	require.NoError(t, m.sendAnnexB(keyFrame, 0, 0))
	w.media.Release(w.media.Pop(nil, 1)[0])
	w.abort()
	require.NoError(t, m.metadata.set("title", "x"))
	require.ErrorIs(t, m.resendMetadata(), rtmperr.ErrNetwork)
}
