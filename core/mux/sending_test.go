package mux

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/rtmperr"
)

// One access unit in several buffers, in whatever form each is, is sent as it is in one.
func TestSendNALUs(t *testing.T) {
	for _, ca := range []struct {
		name    string
		buffers [][]byte
		want    []string
	}{
		{"NAL units", [][]byte{coretest.SPSMain, coretest.PPSMain, coretest.IDR}, []string{"M", "VH", "K"}},
		{"Annex B", [][]byte{coretest.AnnexB(coretest.SPSMain), coretest.AnnexB(coretest.PPSMain, coretest.IDR)}, []string{"M", "VH", "K"}},
		{"start codes of three bytes", [][]byte{coretest.AnnexB(coretest.SPSMain)[1:], coretest.AnnexB(coretest.PPSMain)[1:], coretest.AnnexB(coretest.IDR)[1:]}, []string{"M", "VH", "K"}},
		{"both", [][]byte{coretest.AnnexB(coretest.SPSMain, coretest.PPSMain), coretest.IDR}, []string{"M", "VH", "K"}},
		{"whole", [][]byte{coretest.KeyFrame}, []string{"M", "VH", "K"}},
		{"beside an empty unit", [][]byte{{0, 0, 1}, coretest.KeyFrame}, []string{"M", "VH", "K"}},
		{"parameter sets alone", [][]byte{coretest.SPSMain, coretest.PPSMain}, nil},
	} {
		t.Run(ca.name, func(t *testing.T) {
			m, w := attached()
			require.NoError(t, m.SendNALUs(ca.buffers, 1000))
			all := requireSent(t, w, ca.want...)
			if ca.want != nil {
				require.Equal(t, append([]byte{0x17, 0, 0, 0, 0}, coretest.RecordMain...), all[1].Payload)
				require.Equal(t, append([]byte{0x17, 1, 0, 0, 0, 0, 0, 0, 4}, coretest.IDR...), all[2].Payload)
			}
		})
	}
}

func TestSendNALUsSlices(t *testing.T) {
	m, w := attached()
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
	further := []byte{0x41, 0x40, 0x01} // not the first slice of its picture
	require.NoError(t, m.SendNALUs([][]byte{coretest.Inter, coretest.AnnexB(further, further)}, 40))
	all := requireSent(t, w, "M", "VH", "K", "P")
	require.Equal(t, append([]byte{0x27, 1, 0, 0, 0}, lengths(coretest.Inter, further, further)...), all[3].Payload)
}

func TestSendNALUsErrors(t *testing.T) {
	for _, ca := range []struct {
		name    string
		buffers [][]byte
		kind    error
		message string
	}{
		{"none", nil, rtmperr.ErrInvalid, "0 buffers"},
		{"empty", [][]byte{{}}, rtmperr.ErrInvalid, "buffer 0"},
		{"one is empty", [][]byte{coretest.KeyFrame, nil}, rtmperr.ErrInvalid, "buffer 1"},
		{"zeros", [][]byte{make([]byte, 10)}, rtmperr.ErrInvalid, "buffer 0"},
		{"start codes alone", [][]byte{{0, 0, 1}, {0, 0, 0, 1}}, rtmperr.ErrInvalid, "2 buffers"},
		{"no parameter sets", [][]byte{coretest.IDR}, rtmperr.ErrInvalid, "SPS and PPS"},
		{"too large together", [][]byte{coretest.KeyFrame, append([]byte{0x65}, make([]byte, MaxFrame)...)}, rtmperr.ErrOverflow, "at most"},
		{"too many", [][]byte{bytes.Repeat(coretest.AnnexB(coretest.Inter)[1:], MaxFrame/(lengthSize+len(coretest.Inter))+1)}, rtmperr.ErrOverflow, "at most"},
	} {
		t.Run(ca.name, func(t *testing.T) {
			m, w := attached()
			err := m.SendNALUs(ca.buffers, 0)
			require.ErrorIs(t, err, ca.kind)
			require.ErrorContains(t, err, ca.message)
			requireSent(t, w)

			m.Detach()
			require.Error(t, m.SendNALUs(ca.buffers, 0))
		})
	}
	m := newTestMuxer()
	require.ErrorIs(t, m.SendNALUs([][]byte{coretest.KeyFrame}, 0), rtmperr.ErrState)
	require.Equal(t, 0, len(m.scratch.parts), "the caller's memory is kept")
}

func TestSendAudioBody(t *testing.T) {
	header, frame := append([]byte{0xAF, 0}, coretest.ASCStereo...), []byte{0xAF, 1, 0x21, 0x22}
	m, w := attached()
	require.NoError(t, m.SendAudioBody(header, 0))
	requireSent(t, w)
	require.NoError(t, m.SendAudioBody(frame, 0))
	require.NoError(t, m.SendAudioBody(frame, 23))
	all := requireSent(t, w, "M", "AH", "A", "A")
	require.Equal(t, header, all[1].Payload)
	require.Equal(t, frame, all[2].Payload)
	require.EqualValues(t, 23, all[3].Header.Timestamp)

	require.NoError(t, m.SendAudioBody(header, 46))
	require.NoError(t, m.SendAudioBody(frame, 46))
	requireSent(t, w, "A")
	mono := []byte{0xAF, 0, 0x12, 0x08}
	require.NoError(t, m.SendAudioBody(mono, 69))
	require.NoError(t, m.SendAudioBody(frame, 69))
	all = requireSent(t, w, "M", "AH", "A")
	require.Equal(t, mono, all[1].Payload)

	w = m.reattach() // a header that came before lasts for the next connection
	require.NoError(t, m.SendAudioBody(frame, 0))
	requireSent(t, w, "M", "AH", "A")
}

func TestSendAudioBodyErrors(t *testing.T) {
	for _, ca := range []struct {
		name    string
		body    []byte
		kind    error
		message string
	}{
		{"empty", nil, rtmperr.ErrInvalid, "empty"},
		{"half a header", []byte{0xAF}, rtmperr.ErrInvalid, "1 byte"},
		{"frame without its configuration", []byte{0xAF, 1, 1}, rtmperr.ErrInvalid, "AudioSpecificConfig"},
		{"empty sequence header", []byte{0xAF, 0}, rtmperr.ErrInvalid, "AudioSpecificConfig"},
		{"broken sequence header", []byte{0xAF, 0, 0xFF}, rtmperr.ErrInvalid, "audio configuration"},
		{"empty frame", []byte{0xAF, 1}, rtmperr.ErrInvalid, "empty"},
		{"packet type", []byte{0xAF, 2, 1}, rtmperr.ErrInvalid, "packet type 2"},
		{"MP3", []byte{0x2F, 1, 2, 3}, rtmperr.ErrInvalid, "MP3"},
		{"enhanced", []byte("\x90Opus"), rtmperr.ErrInvalid, "Opus"},
		{"ADTS", coretest.ADTS, rtmperr.ErrInvalid, "sound format 15"},
		{"too large", append([]byte{0xAF, 1}, make([]byte, MaxFrame+1)...), rtmperr.ErrOverflow, "at most"},
	} {
		t.Run(ca.name, func(t *testing.T) {
			m, w := attached()
			err := m.SendAudioBody(ca.body, 0)
			require.ErrorIs(t, err, ca.kind)
			require.ErrorContains(t, err, ca.message)
			requireSent(t, w)
		})
	}
	m := newTestMuxer()
	require.ErrorIs(t, m.SendAudioBody(append([]byte{0xAF, 0}, coretest.ASCStereo...), 0), rtmperr.ErrState)
	require.ErrorIs(t, m.SendAudioBody([]byte{0xAF, 1, 0x21}, 0), rtmperr.ErrState, "it is known by now")
}
