package mux

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"luatrtmp/core/caps"
	"luatrtmp/core/coretest"
	"luatrtmp/core/sendqueue"
	"luatrtmp/core/stats"
)

// testMuxer is a muxer with what its owner has beside it.
type testMuxer struct {
	*Muxer
	counters *stats.Counters
	log      bytes.Buffer
}

func newTestMuxer() *testMuxer {
	m := &testMuxer{counters: &stats.Counters{}}
	log := slog.New(slog.NewTextHandler(&m.log, nil))
	m.Muxer = New(Config{Encoder: testEncoder, Clock: time.Now, Dropped: m.counters.Dropped, Warn: log.Warn})
	return m
}

const testEncoder = "encoder/1"

// attached returns a muxer on a connection on which nothing is written: what it sends waits in the
// output. The server has said nothing of what it takes.
func attached() (*testMuxer, *coretest.Output) {
	m := newTestMuxer()
	return m, m.reattach()
}

// reattach begins another such connection.
func (m *testMuxer) reattach() *coretest.Output {
	o := coretest.NewLargeOutput(m.counters.Dropped)
	m.Attach(at(o))
	return o
}

// at is the destination with an output, on a server that has said nothing.
func at(o Output) Destination { return Destination{Out: o, StreamID: coretest.StreamID} }

// attachedTo returns a muxer on a connection to a server that takes everything.
func attachedTo(change func(*Destination)) (*testMuxer, *coretest.Output) {
	m := newTestMuxer()
	o := coretest.NewLargeOutput(m.counters.Dropped)
	to := at(o)
	to.Server = caps.Everything(caps.NotNeeded)
	change(&to)
	m.Attach(to)
	return m, o
}

func sent(t *testing.T, o *coretest.Output) ([]string, []*sendqueue.Message) {
	t.Helper()
	return o.Sent(t)
}

func requireSent(t *testing.T, o *coretest.Output, want ...string) []*sendqueue.Message {
	t.Helper()
	return o.RequireSent(t, want...)
}

func onWire(t *testing.T, o *coretest.Output) ([]string, []*sendqueue.Message) {
	t.Helper()
	return o.Lines(t)
}

func requireWire(t *testing.T, o *coretest.Output, want ...string) []*sendqueue.Message {
	t.Helper()
	return o.RequireLines(t, want...)
}

// sendAnnexB and sendAAC push as a program does that names no codec, or only AAC.
func (m *Muxer) sendAnnexB(au []byte, timestamp uint32, compositionTime int32) error {
	return m.SendVideoFrame(au, timestamp, Frame{CompositionTime: compositionTime})
}

func (m *Muxer) sendAAC(frame, config []byte, timestamp uint32) error {
	return m.SendAudioFrame(frame, timestamp, Frame{Codec: "aac", Config: config})
}
