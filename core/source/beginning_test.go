package source

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// lateMedium has five frames of audio, the first of them hours after what its file begins with.
type lateMedium struct {
	media.AudioOnly
	first time.Duration
	n     int
	unit  flv.AccessUnit
}

const lateFrame = 20 * time.Millisecond

func (m *lateMedium) Next() (*flv.AccessUnit, error) {
	if m.n == 5 {
		return nil, io.EOF
	}
	at := m.first + time.Duration(m.n)*lateFrame
	m.n++
	m.unit = flv.AccessUnit{Kind: flv.Audio, Codec: flv.MP3, DTS: at, PTS: at, Data: []byte{byte(m.n)}}
	return &m.unit, nil
}

func (m *lateMedium) Info() media.Info   { return media.Info{} }
func (m *lateMedium) End() time.Duration { return m.first + 5*lateFrame }
func (m *lateMedium) Rewind() error      { m.n = 0; return nil }
func (m *lateMedium) Close() error       { return nil }

// What a file begins with cannot be sent, and what can begins later: after a pause that a recording may
// have it stays there, else it is sent at once, in each round.
func TestBeginsAtOnce(t *testing.T) {
	for _, c := range []struct{ first, sent time.Duration }{
		{0, 0},
		{9 * time.Second, 9 * time.Second},
		{64 * time.Second, 0},
		{2 * time.Hour, 0},
	} {
		s := &ascending{backward: &backward{Reader: &loop{Reader: &beginning{Reader: &lateMedium{first: c.first}}}}}
		for i := range 12 {
			u, err := s.Next()
			require.NoError(t, err)
			round := c.sent + 5*lateFrame
			require.Equal(t, time.Duration(i/5)*round+c.sent+time.Duration(i%5)*lateFrame, u.DTS, "%v, unit %d", c.first, i)
			require.Equal(t, u.DTS, u.PTS)
		}
	}
}
