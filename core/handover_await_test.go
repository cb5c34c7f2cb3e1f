package core

import (
	"context"
	"errors"
	"luatrtmp/core/client"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/mux"
	"luatrtmp/core/rtmperr"
)

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
				reattach(p)
				h := newMove(p)
				defer h.s.beginAbort()
				next := coretest.NewLargeOutput(p.counters.Dropped)
				taken := p.muxer.PrepareSwitch(mux.Destination{Out: next, StreamID: coretest.StreamID})
				time.AfterFunc(time.Second, func() { ca.happen(h) })
				begin := time.Now()
				require.Equal(t, ca.err, h.awaitKey(taken, nil))
				require.Equal(t, ca.after, time.Since(begin))
				require.Equal(t, ca.err == nil, p.muxer.SendsTo(next))
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
		require.Equal(t, ca.want, client.NameInUse(ca.err), "%v", ca.err)
	}
}
