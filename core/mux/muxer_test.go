package mux

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
)

func TestMuxerVideo(t *testing.T) {
	m, w := attached()
	require.NoError(t, m.sendAnnexB(coretest.Picture, 0, 0))
	requireSent(t, w)
	require.EqualValues(t, 1, m.counters.Snapshot().DroppedFrames, "nothing before the first key frame")

	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 1000, 80))
	all := requireSent(t, w, "M", "VH", "K")
	require.Equal(t, append([]byte{0x17, 0, 0, 0, 0}, coretest.RecordMain...), all[1].Payload)
	require.Equal(t, []byte{0x17, 1, 0, 0, 80, 0, 0, 0, 4, 0x65, 0x88, 0x82, 8}, all[2].Payload)
	require.Zero(t, all[2].Header.Timestamp)

	require.NoError(t, m.sendAnnexB(coretest.Picture, 1040, -40))
	all = requireSent(t, w, "P")
	require.Equal(t, []byte{0x27, 1, 0xFF, 0xFF, 0xD8, 0, 0, 0, 3, 0x41, 0x9A, 0x24}, all[0].Payload)
	require.EqualValues(t, 40, all[0].Header.Timestamp)

	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 1080, 0))
	requireSent(t, w, "K")
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(coretest.SPSHigh, coretest.PPSHigh), 1120, 0))
	requireSent(t, w)
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(coretest.IDR), 1120, 0))
	requireSent(t, w, "M", "VH", "K")
	require.NoError(t, m.sendAnnexB(coretest.AnnexB([]byte{9, 0xF0}, coretest.IDR, coretest.IDR, coretest.Inter), 1160, 0))
	all = requireSent(t, w, "K")
	require.Equal(t, 5+4+2+4+4+4+4+4+3, len(all[0].Payload), "all NAL units in one message")

	w = m.reattach()
	require.NoError(t, m.sendAnnexB(coretest.Picture, 1200, 0))
	requireSent(t, w)
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(coretest.IDR), 1240, 0))
	all = requireSent(t, w, "M", "VH", "K")
	require.Zero(t, all[2].Header.Timestamp, "a new connection begins at 0")
}

func TestMuxerLearnsWhileNotPublishing(t *testing.T) {
	m := newTestMuxer()
	require.ErrorIs(t, m.sendAnnexB(coretest.KeyFrame, 0, 0), rtmperr.ErrState)
	require.ErrorIs(t, m.sendAAC(coretest.ADTS, nil, 0), rtmperr.ErrState)
	require.ErrorIs(t, m.sendAnnexB([]byte{1, 2}, 0, 0), rtmperr.ErrInvalid, "what is wrong is told in any state")
	w := m.reattach()
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(coretest.IDR), 0, 0))
	require.NoError(t, m.sendAAC([]byte{0x21}, nil, 0))
	requireSent(t, w, "M", "VH", "AH", "K", "A")
	m.Detach()
	require.ErrorIs(t, m.sendAnnexB(coretest.KeyFrame, 0, 0), rtmperr.ErrState)
	require.Equal(t, Media{Width: 640, Height: 360, VideoCodec: "h264", AudioCodec: "aac"}, m.Describe())
}

// A frame goes although a parameter set beside it cannot be read, which the log says once.
func TestMuxerSendsFramesBesideBrokenSets(t *testing.T) {
	m, w := attached()
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
	require.NoError(t, m.sendAnnexB(coretest.AnnexB([]byte{0x67, 0x4d}, coretest.Inter), 40, 0))
	require.NoError(t, m.sendAnnexB(coretest.AnnexB([]byte{0x68}, coretest.IDR), 80, 0))
	requireSent(t, w, "M", "VH", "K", "P", "K")
	require.Equal(t, 1, strings.Count(m.log.String(), "\n"))
	require.Contains(t, m.log.String(), "SPS of 2 bytes")

	fresh, _ := attached()
	err := fresh.sendAnnexB(coretest.AnnexB([]byte{0x67, 0x4d}, coretest.IDR), 0, 0)
	require.ErrorIs(t, err, rtmperr.ErrInvalid)
	require.ErrorContains(t, err, "key frame without SPS and PPS: bad parameter set: SPS of 2 bytes")
}

// A NAL unit whose forbidden_zero_bit says that it is damaged is left out, as decoders do. The rest
// of its frame goes, which the log says once; without a rest it is an error, and the frames behind
// it go on.
func TestMuxerLeavesDamagedNALUnitsOut(t *testing.T) {
	damaged := func(nalu []byte) []byte {
		nalu = bytes.Clone(nalu)
		nalu[0] |= 0x80
		return nalu
	}
	second := []byte{0x41, 0x42, 0x9E, 0x45} // a slice that does not begin its picture
	m, w := attached()
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(damaged(coretest.SPSMain), coretest.SPSMain, coretest.PPSMain, coretest.IDR), 0, 0))
	for range 2 {
		require.NoError(t, m.sendAnnexB(coretest.AnnexB(coretest.Inter, damaged(second)), 40, 0))
	}
	all := requireSent(t, w, "M", "VH", "K", "P", "P")
	require.Equal(t, append([]byte{0, 0, 0, byte(len(coretest.Inter))}, coretest.Inter...), all[3].Payload[5:])
	require.Equal(t, 1, strings.Count(m.log.String(), "\n"))
	require.Contains(t, m.log.String(), "forbidden_zero_bit")

	for _, unit := range [][]byte{coretest.AnnexB(damaged(coretest.Inter)), coretest.AnnexB([]byte{9, 0xF0}, damaged(coretest.Inter)), coretest.AnnexB(damaged(coretest.IDR))} {
		err := m.sendAnnexB(unit, 120, 0)
		require.ErrorIs(t, err, rtmperr.ErrInvalid)
		require.ErrorContains(t, err, "forbidden_zero_bit")
	}
	require.NoError(t, m.sendAnnexB(coretest.Picture, 160, 0))
	requireSent(t, w, "P")

	m, w = attached()
	require.NoError(t, m.SendNALUs([][]byte{coretest.SPSMain, coretest.PPSMain, coretest.IDR, damaged(second)}, 0), "in buffers")
	requireSent(t, w, "M", "VH", "K")
	require.ErrorContains(t, m.SendNALUs([][]byte{damaged(coretest.Inter)}, 40), "forbidden_zero_bit")

	m, w = attached()
	require.NoError(t, m.SendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{coretest.IDR, damaged(second)}, Config: coretest.RecordMain}, 0), "of a source")
	require.ErrorContains(t, m.SendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{damaged(coretest.Inter)}}, 40), "forbidden_zero_bit")
	requireSent(t, w, "M", "VH", "K")
}

func TestMuxerRefusesVideo(t *testing.T) {
	huge := coretest.AnnexB(coretest.IDR, make([]byte, MaxFrame))
	huge[len(huge)-1] = 2
	for _, c := range []struct {
		name string
		au   []byte
		time int32
		kind error
		text string
	}{
		{"empty", nil, 0, rtmperr.ErrInvalid, "empty"},
		{"no start code", coretest.IDR, 0, rtmperr.ErrInvalid, "65 88 82 08"},
		{"too large", huge, 0, rtmperr.ErrOverflow, "at most"},
		{"composition time too large", coretest.AnnexB(coretest.Inter), 1 << 23, rtmperr.ErrInvalid, "composition time 8388608 ms"},
		{"composition time too small", coretest.AnnexB(coretest.Inter), -1<<23 - 1, rtmperr.ErrInvalid, "24 bits"},
		{"broken SPS alone", coretest.AnnexB([]byte{0x67, 0x4d}), 0, rtmperr.ErrInvalid, "SPS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, w := attached()
			require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
			requireSent(t, w, "M", "VH", "K")
			err := m.sendAnnexB(c.au, 40, c.time)
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, c.text)
			require.NoError(t, m.sendAnnexB(coretest.Picture, 80, 0))
			if c.kind == rtmperr.ErrInvalid && !bytes.Contains(c.au, coretest.Inter) {
				requireSent(t, w, "P")
				return
			}
			requireSent(t, w) // what refers to a picture that is missing cannot be decoded
			require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 120, 0))
			require.NoError(t, m.sendAnnexB(coretest.Picture, 160, 0))
			requireSent(t, w, "K", "P")
		})
	}
	t.Run("disposable", func(t *testing.T) {
		m, w := attached()
		require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
		require.Error(t, m.sendAnnexB(coretest.AnnexB([]byte{0x01, 0x9E, 0x45}), 40, 1<<23))
		require.NoError(t, m.sendAnnexB(coretest.Picture, 80, 0))
		requireSent(t, w, "M", "VH", "K", "P")
	})
	t.Run("key frame without parameter sets", func(t *testing.T) {
		m, w := attached()
		err := m.sendAnnexB(coretest.AnnexB(coretest.IDR), 0, 0)
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

	require.NoError(t, m.sendAAC(coretest.ADTS, nil, 500))
	all := requireSent(t, w, "M", "AH", "A")
	require.Equal(t, append([]byte{0xAF, 0}, coretest.ASCStereo...), all[1].Payload)
	require.Equal(t, []byte{0xAF, 1, 0x21, 0x22}, all[2].Payload)

	three := append(append(bytes.Clone(coretest.ADTS), coretest.ADTS...), coretest.ADTS...)
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
		{"empty with config", nil, coretest.ASCStereo, rtmperr.ErrInvalid, "empty"},
		{"too large", make([]byte, MaxFrame+1), nil, rtmperr.ErrOverflow, "at most"},
		{"cut ADTS", coretest.ADTS[:8], nil, rtmperr.ErrInvalid, "frame length 9"},
		{"second frame cut", append(bytes.Clone(coretest.ADTS), coretest.ADTS[:3]...), nil, rtmperr.ErrInvalid, "at 9"},
		{"bad config", []byte{1}, []byte{0xFF}, rtmperr.ErrInvalid, "audio configuration"},
		{"reserved rate", coretest.Unhex("fff17480013ffc2122"), nil, rtmperr.ErrInvalid, "sampling frequency index 13"},
	} {
		err := m.sendAAC(c.frame, c.config, 1200)
		require.ErrorIs(t, err, c.kind, c.name)
		require.ErrorContains(t, err, c.text)
		requireSent(t, w)
		for _, n := range m.scratch.parts {
			require.Nil(t, n, "the caller's memory is not kept")
		}
	}
}

// Another sender: new parameter sets, a key frame first, another clock; the tracks stay in step
// with each other.
func TestMuxerRestart(t *testing.T) {
	m, w := attached()
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
	require.NoError(t, m.sendAAC(coretest.ADTS, nil, 500))
	requireSent(t, w, "M", "VH", "K", "M", "AH", "A")
	m.Restart()
	require.Equal(t, Media{}, m.Describe())
	require.NoError(t, m.sendAnnexB(coretest.Picture, 0, 0))
	require.ErrorIs(t, m.sendAnnexB(coretest.AnnexB(coretest.IDR), 20, 0), rtmperr.ErrInvalid)
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(coretest.SPSHigh, coretest.PPSHigh, coretest.IDR), 40, 0))
	require.NoError(t, m.sendAAC(coretest.ADTS, nil, 140))
	require.NoError(t, m.sendAnnexB(coretest.Picture, 80, 0))
	all := requireSent(t, w, "M", "VH", "K", "M", "AH", "A", "P")
	require.EqualValues(t, 500, all[2].Header.Timestamp, "not before what has been sent")
	require.EqualValues(t, 600, all[5].Header.Timestamp)
	require.EqualValues(t, 540, all[6].Header.Timestamp)
}

func TestMuxerUnitsOfASource(t *testing.T) {
	m, w := attached()
	unit := &flv.AccessUnit{Kind: flv.Video, DTS: 33_400_000, PTS: 100_100_000, NALUs: [][]byte{coretest.IDR}, Config: coretest.RecordMain}
	require.NoError(t, m.SendUnit(unit, 33))
	all := requireSent(t, w, "M", "VH", "K")
	require.Equal(t, byte(67), all[2].Payload[4], "composition time of times that are rounded one by one")
	require.ErrorIs(t, m.SendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{coretest.IDR}, Config: []byte{1}}, 40), rtmperr.ErrInvalid)
	require.ErrorIs(t, m.SendUnit(&flv.AccessUnit{Kind: flv.Audio, Data: []byte{1}}, 40), rtmperr.ErrInvalid)
	m.Learn(&flv.AccessUnit{Kind: flv.Audio, Config: coretest.ASCStereo})
	require.NoError(t, m.SendUnit(&flv.AccessUnit{Kind: flv.Audio, Data: []byte{1}}, 40))
	requireSent(t, w, "M", "AH", "A")
}

func TestMuxerOnABrokenConnection(t *testing.T) {
	m, w := attached()
	broken := rtmperr.New(rtmperr.ErrNetwork, "broken")
	w.Fail(broken)
	require.ErrorIs(t, m.sendAnnexB(coretest.KeyFrame, 0, 0), rtmperr.ErrNetwork)
	require.ErrorIs(t, m.sendAAC(coretest.ADTS, nil, 0), rtmperr.ErrNetwork)
	require.NoError(t, m.ResendMetadata(), "nothing was sent: nothing to send again")

	m, w = attached()
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
	w.Fail(broken)
	require.NoError(t, m.user.set("title", "x"))
	require.ErrorIs(t, m.ResendMetadata(), rtmperr.ErrNetwork)
}
