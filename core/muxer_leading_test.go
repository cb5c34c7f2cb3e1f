package core

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// A connection that begins at a CRA picture takes none of the leading pictures that refer to what was in front of it. The same
// holds for the CRA picture after one that could not be sent.
func TestMuxerLeadingPictures(t *testing.T) {
	var (
		cra   = annexB(unhex("2a01ac74c2ea8bd26089a52740a0"))
		trail = annexB(hevcTrail)
		raslN = annexB(unhex("1001e024fd7a240a4c228860204d"))
		raslR = annexB(unhex("1201d02149883a61501b5e4228cb"))
		radlN = annexB(unhex("0c01e024fd7a240a4c228860204d"))
		huge  = annexB(append([]byte{0x02, 1}, bytes.Repeat([]byte{0xFF}, MaxFrame)...))
	)

	m := &muxer{counters: &counters{}}
	var w *writer
	at := uint32(0)
	send := func(unit []byte) error {
		at += 40
		return m.sendVideoFrame(unit, at, Frame{Codec: flv.HEVC.String(), Config: hevcRecord})
	}
	group := [][]byte{cra, raslR, raslN, radlN, trail}
	for range 2 { // the second time as a connection after a break
		w = reattach(m)
		dropped := m.counters.snapshot().DroppedFrames
		for range 2 {
			for _, unit := range group {
				require.NoError(t, send(unit))
			}
		}
		require.EqualValues(t, 2, m.counters.snapshot().DroppedFrames-dropped)
		require.Equal(t, []string{"H0", "H0", "K0", "D120", "P160", "K200", "L240", "l280", "D320", "P360"}, content(w.media.entries))
	}

	require.ErrorIs(t, send(huge), ErrOverflow)
	dropped := m.counters.snapshot().DroppedFrames
	require.NoError(t, send(trail))
	for _, unit := range group {
		require.NoError(t, send(unit))
	}
	require.EqualValues(t, 3, m.counters.snapshot().DroppedFrames-dropped)
	require.Equal(t, []string{"P360", "K480", "D600", "P640"}, content(w.media.entries[9:]))
}
