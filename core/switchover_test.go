package core

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
	"luatrtmp/core/stats"
)

// onQueue returns a writer that sends nothing: what it is given waits.
func onQueue(c *stats.Counters) *writer {
	o := options.Default()
	return stalledWriter(&o, c)
}

func TestRelayAtAKeyFrame(t *testing.T) {
	m, old := attached()
	require.NoError(t, m.sendAnnexB(keyFrame, 1000, 0))
	require.NoError(t, m.sendAAC(adts, nil, 1010))
	next := onQueue(m.counters)
	taken := m.prepare(destination{out: next, streamID: 7})
	require.NoError(t, m.sendAnnexB(picture, 1040, 0))
	require.NoError(t, m.sendAAC(adts, nil, 1050))
	requireSent(t, old, "M", "VH", "K", "M", "AH", "A", "P", "A")
	requireSent(t, next)
	require.Error(t, m.sendAnnexB(annexB(idr), 1080, 1<<23), "what is not sent is no key frame")
	requireSent(t, next)
	select {
	case <-taken:
		require.Fail(t, "too early")
	default:
	}
	require.NoError(t, m.sendAnnexB(annexB(idr), 1080, 0))
	require.NoError(t, m.sendAAC(adts, nil, 1070))
	require.NoError(t, m.sendAAC(adts, nil, 1100))
	<-taken
	requireSent(t, old)
	all := requireSent(t, next, "M", "VH", "AH", "K", "A", "A")
	for i, at := range []uint32{0, 0, 0, 0, 0, 20} {
		require.Equal(t, at, all[i].Header.Timestamp, "audio from before the key frame waits for it at 0")
	}
	require.True(t, m.dismiss(), "too late")
}

func TestRelayCalledOff(t *testing.T) {
	m, old := attached()
	m.prepare(destination{out: onQueue(m.counters), streamID: 7})
	require.False(t, m.dismiss())
	require.NoError(t, m.sendAnnexB(keyFrame, 0, 0))
	requireSent(t, old, "M", "VH", "K")
	m.takeOver()
	require.NoError(t, m.sendAnnexB(picture, 40, 0))
	requireSent(t, old, "P")
}

func TestRelayWithoutAKeyFrame(t *testing.T) {
	m, old := attached()
	require.NoError(t, m.sendAnnexB(keyFrame, 0, 0))
	next := onQueue(m.counters)
	m.prepare(destination{out: next, streamID: 7})
	m.takeOver()
	require.NoError(t, m.sendAnnexB(picture, 40, 0))
	require.NoError(t, m.sendAAC(adts, nil, 50))
	require.NoError(t, m.sendAnnexB(annexB(idr), 80, 0))
	requireSent(t, old, "M", "VH", "K")
	requireSent(t, next, "M", "VH", "AH", "A", "K")
	require.EqualValues(t, 1, m.counters.Snapshot().DroppedFrames)
}

// What is parked goes out on the connection that comes, under its message stream ID, and within the queue's limits.
func TestRelayParked(t *testing.T) {
	m, old := attached()
	require.NoError(t, m.sendAnnexB(keyFrame, 0, 0))
	o := options.Default()
	parked := newParking(o.QueueBytes, o.QueueMedia, m.counters.Dropped)
	m.park(onQueue(m.counters), parked)
	require.True(t, m.sendsTo(old), "it goes elsewhere")
	m.park(old, parked)
	require.True(t, m.sendsTo(parked))
	for i := range uint32(100) {
		au := picture
		if i%10 == 5 {
			au = annexB(idr)
		}
		require.NoError(t, m.sendAnnexB(au, 40+i*40, 0))
	}
	media, bytes := m.waiting()
	require.LessOrEqual(t, media, o.QueueMedia)
	require.NotZero(t, bytes)
	next := onQueue(m.counters)
	taken := m.prepare(destination{out: next, streamID: 7})
	m.takeOver()
	<-taken
	require.Zero(t, parked.media.Bytes())
	require.NoError(t, m.sendAnnexB(picture, 4040, 0))
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
	p := newParking(100, time.Second, (&stats.Counters{}).Dropped)
	err := p.Send(header(4, 0, 8), sendqueue.Audio, 0, now(), [][]byte{make([]byte, 101)})
	require.ErrorIs(t, err, rtmperr.ErrOverflow)
	require.Equal(t, err, p.Send(header(4, 0, 8), sendqueue.Audio, 0, now(), [][]byte{{1}}))
}

// What nobody has come for is dropped, and counted.
func TestParkedForNobody(t *testing.T) {
	m, old := attached()
	require.NoError(t, m.sendAnnexB(keyFrame, 0, 0))
	m.park(old, newParking(1<<20, time.Second, m.counters.Dropped))
	require.NoError(t, m.sendAnnexB(annexB(idr), 40, 0))
	m.detach()
	require.EqualValues(t, 1, m.counters.Snapshot().DroppedFrames)
	media, bytes := m.waiting()
	require.Zero(t, media)
	require.Zero(t, bytes)
}

// newMove is a handover of a session that has no connection.
func newMove(p *Publisher) *handover {
	h := &handover{s: newSession(p, &endpoint.Endpoint{}, defaults()), lost: make(chan struct{}), news: make(chan moveNews, 2)}
	h.wanted, h.giveUp = context.WithCancel(h.s.shutdown)
	return h
}

func TestAwaitKey(t *testing.T) {
	for _, ca := range []struct {
		name   string
		happen func(h *handover)
		after  time.Duration
		err    error
	}{
		{"no key frame comes", func(*handover) {}, keyFrameWait, nil},
		{"a key frame comes", func(h *handover) { h.s.p.SendVideo(keyFrame, 0, 0) }, time.Second, nil},
		{"the old connection breaks", func(h *handover) { close(h.lost) }, time.Second, nil},
		{"it is given up", func(h *handover) { h.giveUp() }, time.Second, rtmperr.ErrEnded},
	} {
		t.Run(ca.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := New(quietLog())
				reattach(p.muxer, &p.counters)
				h := newMove(p)
				defer h.s.beginAbort()
				next := onQueue(&p.counters)
				taken := p.muxer.prepare(destination{out: next, streamID: 7})
				time.AfterFunc(time.Second, func() { ca.happen(h) })
				begin := time.Now()
				require.Equal(t, ca.err, h.awaitKey(taken, nil))
				require.Equal(t, ca.after, time.Since(begin))
				require.Equal(t, ca.err == nil, p.muxer.sendsTo(next))
			})
		})
	}
}

func TestNameInUse(t *testing.T) {
	for _, ca := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{errors.New("already publishing"), false},
		{&rtmperr.ServerError{Code: "NetStream.Publish.BadName"}, true},
		{&rtmperr.ServerError{Code: "NetStream.Publish.BadAuth"}, false},
		{&rtmperr.ServerError{Description: "Stream is Already Publishing"}, true},
		{&rtmperr.ServerError{Code: "NetStream.Publish.Failed", Description: "stream busy"}, true},
		{&rtmperr.ServerError{Code: "NetStream.Publish.Failed"}, false},
	} {
		require.Equal(t, ca.want, nameInUse(ca.err), "%v", ca.err)
	}
}
