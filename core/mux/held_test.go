package mux

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
)

// Two frames of spsMain: frame_num and picture order tell them apart.
var (
	longIDR   = []byte{0x65, 0x88, 0x84, 0x00, 0x21, 0xFF, 0xFE, 0xF5, 0xFF, 0xFF, 0xFF}
	longInter = []byte{0x41, 0x9A, 0x24, 0x6C, 0x42, 0x7F, 0xFE, 0xE1, 0xFF, 0xFF, 0xFF}
)

// What an encoder hands over without a frame goes out with the next frame, and is no frame.
func TestAccessUnitsWithoutAFrame(t *testing.T) {
	aud, sei, filler, end := []byte{9, 0xF0}, []byte{6, 5, 1, 7, 0x80}, []byte{12, 0xFF, 0x80}, []byte{10}
	m, w := attached()
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(aud), 0, 0))
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(coretest.SPSMain, coretest.PPSMain), 0, 0))
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(sei), 0, 0))
	requireSent(t, w)
	require.Zero(t, m.counters.Snapshot().DroppedFrames)
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(coretest.IDR), 10, 0))
	all := requireSent(t, w, "M", "VH", "K")
	require.Equal(t, append([]byte{0x17, 1, 0, 0, 0}, lengths(aud, sei, coretest.IDR)...), all[2].Payload)
	require.Zero(t, all[2].Header.Timestamp)

	for _, alone := range [][]byte{filler, sei, end, aud} {
		require.NoError(t, m.sendAnnexB(coretest.AnnexB(alone), 20, 0))
	}
	requireSent(t, w)
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(aud, coretest.Inter), 50, 0))
	all = requireSent(t, w, "P")
	require.Equal(t, append([]byte{0x27, 1, 0, 0, 0}, lengths(end, aud, filler, sei, coretest.Inter)...), all[0].Payload)
	require.EqualValues(t, 40, all[0].Header.Timestamp)
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(coretest.Inter), 90, 0))
	require.Equal(t, append([]byte{0x27, 1, 0, 0, 0}, lengths(coretest.Inter)...), requireSent(t, w, "P")[0].Payload, "once")

	require.NoError(t, m.SendNALUs([][]byte{aud}, 130))
	requireSent(t, w)
	for range 2 * maxHeldUnits {
		require.NoError(t, m.sendAnnexB(coretest.AnnexB(append([]byte{12}, make([]byte, maxHeldBytes/8)...), []byte{12, 1}), 130, 0))
	}
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(coretest.Inter), 130, 0))
	all = requireSent(t, w, "P")
	require.LessOrEqual(t, len(all[0].Payload), maxHeldBytes+maxHeldUnits*lengthSize+100, "bounded")

	require.NoError(t, m.sendAnnexB(coretest.AnnexB(sei), 170, 0))
	w = m.reattach()
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(coretest.IDR), 210, 0))
	all = requireSent(t, w, "M", "VH", "K")
	require.Equal(t, append([]byte{0x17, 1, 0, 0, 0}, lengths(coretest.IDR)...), all[2].Payload, "nothing of the connection before")
}

// lengths joins NAL units with their lengths in front.
func lengths(nalus ...[]byte) (b []byte) {
	for _, n := range nalus {
		b = append(append(b, 0, 0, 0, byte(len(n))), n...)
	}
	return b
}

// A source's samples without a frame are no frames, either.
func TestSamplesWithoutAFrame(t *testing.T) {
	m, w := attached()
	aud := []byte{9, 0xF0}
	require.NoError(t, m.SendUnit(&flv.AccessUnit{Kind: flv.Video, Config: coretest.RecordMain, NALUs: [][]byte{aud}}, 0))
	requireSent(t, w)
	require.NoError(t, m.SendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{coretest.IDR}}, 40))
	all := requireSent(t, w, "M", "VH", "K")
	require.Equal(t, append([]byte{0x17, 1, 0, 0, 0}, lengths(aud, coretest.IDR)...), all[2].Payload)
}

// Several frames that are pushed as one access unit are refused, and the error says how many.
func TestSeveralFramesInOneAccessUnit(t *testing.T) {
	m, w := attached()
	err := m.sendAnnexB(coretest.AnnexB(coretest.SPSMain, coretest.PPSMain, longIDR, longInter, longInter), 0, 0)
	require.ErrorIs(t, err, rtmperr.ErrInvalid)
	require.ErrorContains(t, err, "3 frames in one access unit, expected one")
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(longIDR), 40, 0), "the parameter sets are known")
	requireSent(t, w, "M", "VH", "K")
	require.ErrorContains(t, m.SendNALUs([][]byte{longInter, longIDR}, 80), "2 frames in one access unit")
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(longInter), 120, 0))
	requireSent(t, w)
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(longIDR), 160, 0), "it goes on with a key frame")
	requireSent(t, w, "K")
	require.NoError(t, m.SendUnit(&flv.AccessUnit{Kind: flv.Video, NALUs: [][]byte{longIDR, longInter}}, 200), "a file is sent as it is")
	requireSent(t, w, "K")
}

// Encoders that hand over every NAL unit by itself cost no allocation for each.
func TestAccessUnitsWithoutAFrameDoNotAllocate(t *testing.T) {
	h := heldUnits{}
	units := [][]byte{{9, 0xF0}, {6, 5, 1, 7, 0x80}}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		h.add(units)
		if len(h.take()) != 2 {
			panic("lost")
		}
	}))
}
