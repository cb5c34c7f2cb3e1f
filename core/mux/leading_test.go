package mux

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
	"luatrtmp/core/source/mediatest"
)

// A connection that begins at a CRA picture takes none of the leading pictures that refer to what
// was in front of it. The same holds for the CRA picture after one that could not be sent.
func TestMuxerLeadingPictures(t *testing.T) {
	var (
		cra   = coretest.AnnexB(coretest.Unhex("2a01ac74c2ea8bd26089a52740a0"))
		trail = coretest.AnnexB(coretest.HEVCTrail)
		raslN = coretest.AnnexB(coretest.Unhex("1001e024fd7a240a4c228860204d"))
		raslR = coretest.AnnexB(coretest.Unhex("1201d02149883a61501b5e4228cb"))
		radlN = coretest.AnnexB(coretest.Unhex("0c01e024fd7a240a4c228860204d"))
		huge  = coretest.AnnexB(append([]byte{0x02, 1}, bytes.Repeat([]byte{0xFF}, MaxFrame)...))
	)

	m := newTestMuxer()
	var w *coretest.Output
	at := uint32(0)
	send := func(unit []byte) error {
		at += 40
		return m.SendVideoFrame(unit, at, Frame{Codec: flv.HEVC.String(), Config: coretest.HEVCRecord})
	}
	group := [][]byte{cra, raslR, raslN, radlN, trail}
	for range 2 { // the second time as a connection after a break
		w = m.reattach()
		dropped := m.counters.Snapshot().DroppedFrames
		for range 2 {
			for _, unit := range group {
				require.NoError(t, send(unit))
			}
		}
		require.EqualValues(t, 2, m.counters.Snapshot().DroppedFrames-dropped)
		require.Equal(t, []string{"H0", "H0", "K0", "D120", "P160", "K200", "L240", "l280", "D320", "P360"}, w.Content())
	}

	require.ErrorIs(t, send(huge), rtmperr.ErrOverflow)
	dropped := m.counters.Snapshot().DroppedFrames
	require.NoError(t, send(trail))
	for _, unit := range group {
		require.NoError(t, send(unit))
	}
	require.EqualValues(t, 3, m.counters.Snapshot().DroppedFrames-dropped)
	require.Equal(t, []string{"P360", "K480", "D600", "P640"}, w.Content()[9:])
}

// Media that begins anew, as a file that is played again does, is like media behind a cut: a key
// frame comes first, which says that nothing is in front of it, and its leading pictures are left
// out.
func TestMuxerBeginsAnew(t *testing.T) {
	var (
		cra   = coretest.Unhex("2a01ac74c2ea8bd26089a52740a0")
		trail = coretest.HEVCTrail
		raslR = coretest.Unhex("1201d02149883a61501b5e4228cb")
	)
	m := newTestMuxer()
	w := m.reattach()
	at := uint32(0)
	send := func(anew bool, nalus ...[]byte) {
		for i, n := range nalus {
			unit := &flv.AccessUnit{Kind: flv.Video, Codec: flv.HEVC, NALUs: [][]byte{n}, Config: coretest.HEVCRecord, Anew: anew && i == 0}
			require.NoError(t, m.SendUnit(unit, at))
			at += 40
		}
	}
	send(false, cra, trail, cra, raslR, trail)
	for range 2 {
		send(true, trail, cra, raslR, trail, cra, raslR)
	}
	require.EqualValues(t, 4, m.counters.Snapshot().DroppedFrames)
	require.Equal(t, []string{"H0", "H0", "K0", "P40", "K80", "L120", "P160", "K240", "P320", "K360", "L400", "K480", "P560", "K600", "L640"},
		w.Content())
	var broken []int
	for i, e := range w.Messages() {
		if e.Priority == sendqueue.KeyFrame && bytes.Contains(e.Payload, []byte{0x22, 1, 0xac}) {
			broken = append(broken, i)
		}
	}
	require.Equal(t, []int{7, 11}, broken, "BLA_W_RADL, where the media begins anew")
}

// A stream of H.264 without IDR pictures begins at a recovery point, and goes on at one behind a
// frame that could not be sent. The pictures that are shown before the recovery point are left out
// where the connection begins there.
func TestMuxerRecoveryPoints(t *testing.T) {
	file := mediatest.Encode(t, "a.h264", "-c:v", "libx264", "-preset", "veryfast",
		"-x264-params", "open-gop=1:keyint=12:min-keyint=12:bframes=3:b-adapt=0:scenecut=0:b-pyramid=none:aud=1:repeat-headers=1")
	units := mediatest.AccessUnits(file, []byte{0, 0, 0, 1, 9})
	require.Len(t, units, 50)
	begin := 0
	for i, u := range units[1:] {
		if bytes.Contains(u, []byte{0, 0, 0, 1, 0x67}) {
			begin = i + 1
			break
		}
	}
	require.NotZero(t, begin)

	m := newTestMuxer()
	w := m.reattach()
	for i, u := range units[begin-2 : begin+5] {
		require.NoError(t, m.SendVideoFrame(u, uint32(40*i), Frame{}))
	}
	require.Equal(t, []string{"H0", "H0", "K0", "P160"}, w.Content())
	require.EqualValues(t, 2+3, m.counters.Snapshot().DroppedFrames, "two in front of it, and three leading ones")
}

func TestPictureClass(t *testing.T) {
	disposable := coretest.AnnexB([]byte{0x01, 0x9A, 0x24}) // nal_ref_idc is 0
	m, w := attached()
	for i, au := range [][]byte{coretest.KeyFrame, coretest.Picture, disposable} {
		require.NoError(t, m.sendAnnexB(au, uint32(i*40), 0))
	}
	require.Equal(t, []string{"H0", "H0", "K0", "P40", "D80"}, w.Content())
}
