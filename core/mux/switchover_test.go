package mux

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
	"luatrtmp/core/coretest"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
	"luatrtmp/core/stats"
)

// onQueue returns a writer that sends nothing: what it is given waits.
// The limits of the queues in these tests.
const (
	queueBytes = 2 << 20
	queueMedia = 2 * time.Second
)

func onQueue(c *stats.Counters) *coretest.Output {
	return coretest.NewOutput(queueBytes, queueMedia, c.Dropped)
}

func TestRelayAtAKeyFrame(t *testing.T) {
	m, old := attached()
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 1000, 0))
	require.NoError(t, m.sendAAC(coretest.ADTS, nil, 1010))
	next := onQueue(m.counters)
	taken := m.PrepareSwitch(at(next))
	require.NoError(t, m.sendAnnexB(coretest.Picture, 1040, 0))
	require.NoError(t, m.sendAAC(coretest.ADTS, nil, 1050))
	requireSent(t, old, "M", "VH", "K", "M", "AH", "A", "P", "A")
	requireSent(t, next)
	require.Error(t, m.sendAnnexB(coretest.AnnexB(coretest.IDR), 1080, 1<<23), "what is not sent is no key frame")
	requireSent(t, next)
	select {
	case <-taken:
		require.Fail(t, "too early")
	default:
	}
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(coretest.IDR), 1080, 0))
	require.NoError(t, m.sendAAC(coretest.ADTS, nil, 1070))
	require.NoError(t, m.sendAAC(coretest.ADTS, nil, 1100))
	<-taken
	requireSent(t, old)
	all := requireSent(t, next, "M", "VH", "AH", "K", "A", "A")
	for i, at := range []uint32{0, 0, 0, 0, 0, 20} {
		require.Equal(t, at, all[i].Header.Timestamp, "audio from before the key frame waits for it at 0")
	}
	require.False(t, m.CancelSwitch(), "too late")
}

func TestRelayCalledOff(t *testing.T) {
	m, old := attached()
	m.PrepareSwitch(at(onQueue(m.counters)))
	require.True(t, m.CancelSwitch())
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
	requireSent(t, old, "M", "VH", "K")
	m.SwitchNow()
	require.NoError(t, m.sendAnnexB(coretest.Picture, 40, 0))
	requireSent(t, old, "P")
}

func TestRelayWithoutAKeyFrame(t *testing.T) {
	m, old := attached()
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
	next := onQueue(m.counters)
	m.PrepareSwitch(at(next))
	m.SwitchNow()
	require.NoError(t, m.sendAnnexB(coretest.Picture, 40, 0))
	require.NoError(t, m.sendAAC(coretest.ADTS, nil, 50))
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(coretest.IDR), 80, 0))
	requireSent(t, old, "M", "VH", "K")
	requireSent(t, next, "M", "VH", "AH", "A", "K")
	require.EqualValues(t, 1, m.counters.Snapshot().DroppedFrames)
}

// What is parked goes out on the connection that comes, under its message stream ID, and within the
// queue's limits.
func TestRelayParked(t *testing.T) {
	m, old := attached()
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
	parked := NewParking(queueBytes, queueMedia, m.counters.Dropped)
	m.Park(onQueue(m.counters), parked)
	require.True(t, m.SendsTo(old), "it goes elsewhere")
	m.Park(old, parked)
	require.True(t, m.SendsTo(parked))
	for i := range uint32(100) {
		au := coretest.Picture
		if i%10 == 5 {
			au = coretest.AnnexB(coretest.IDR)
		}
		require.NoError(t, m.sendAnnexB(au, 40+i*40, 0))
	}
	media, bytes := m.Waiting()
	require.LessOrEqual(t, media, queueMedia)
	require.NotZero(t, bytes)
	next := onQueue(m.counters)
	taken := m.PrepareSwitch(at(next))
	m.SwitchNow()
	<-taken
	require.Zero(t, parked.media.Bytes())
	require.NoError(t, m.sendAnnexB(coretest.Picture, 4040, 0))
	words, all := sent(t, next)
	require.Equal(t, []string{"M", "VH", "K", "P"}, words[:4])
	last := all[2].Header.Timestamp
	for _, e := range all[3:] {
		require.Equal(t, last+40, e.Header.Timestamp)
		last = e.Header.Timestamp
	}
	require.EqualValues(t, 100+1, int(m.counters.Snapshot().DroppedFrames)+len(all)-2)
	requireSent(t, old, "M", "VH", "K")
}

func TestParkedAudioOverflows(t *testing.T) {
	p := NewParking(100, time.Second, (&stats.Counters{}).Dropped)
	err := p.Send(chunk.Header{}, sendqueue.Audio, 0, time.Now(), [][]byte{make([]byte, 101)})
	require.ErrorIs(t, err, rtmperr.ErrOverflow)
	require.Equal(t, err, p.Send(chunk.Header{}, sendqueue.Audio, 0, time.Now(), [][]byte{{1}}))
}

// What nobody has come for is dropped, and counted.
func TestParkedForNobody(t *testing.T) {
	m, old := attached()
	require.NoError(t, m.sendAnnexB(coretest.KeyFrame, 0, 0))
	m.Park(old, NewParking(1<<20, time.Second, m.counters.Dropped))
	require.NoError(t, m.sendAnnexB(coretest.AnnexB(coretest.IDR), 40, 0))
	m.Detach()
	require.EqualValues(t, 1, m.counters.Snapshot().DroppedFrames)
	media, bytes := m.Waiting()
	require.Zero(t, media)
	require.Zero(t, bytes)
}
