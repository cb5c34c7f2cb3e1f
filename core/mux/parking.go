package mux

import (
	"time"

	"luatrtmp/core/chunk"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
)

// Parking is where media waits while there is no connection: between the end of one and the
// beginning of the next on a server that takes one publisher of a name at a time. It is an Output
// that keeps the rules of a connection's queue and sends nothing; the next connection adopts what
// waits in it. It needs no lock: only the muxer uses it, under the muxer's lock.
type Parking struct {
	media   *sendqueue.Queue
	dropped func(frames uint32, bytes uint64) // is told of frames that are dropped
	err     error                             // why nothing is kept any more
}

// NewParking returns a parking place with the limits of a connection's queue.
func NewParking(maxBytes int, maxMedia time.Duration, dropped func(frames uint32, bytes uint64)) *Parking {
	return &Parking{media: sendqueue.New(maxBytes, maxMedia), dropped: dropped}
}

// Send implements Output.
func (p *Parking) Send(h chunk.Header, c sendqueue.Priority, track uint8, _ time.Time, body [][]byte) error {
	if p.err != nil {
		return p.err
	}
	if p.media.Accepts(c, track, sendqueue.Size(body)) {
		p.media.Push(h, c, track, body)
	}
	p.dropped(p.media.TakeDropped())
	if !c.IsVideo() && p.media.Overfull() {
		p.err = rtmperr.New(rtmperr.ErrOverflow, "too much audio waits for the next connection: %d bytes", p.media.Bytes())
	}
	return p.err
}

// Cut implements Output.
func (p *Parking) Cut(track uint8) { p.media.AwaitKeyFrame(track) }

// Waiting implements Output.
func (p *Parking) Waiting() (time.Duration, int) { return p.media.Span(), p.media.Bytes() }

// Fail implements Output.
func (p *Parking) Fail(why error) { p.err = why }

// Adopt implements Output.
func (p *Parking) Adopt(parked *sendqueue.Queue, streamID uint32) { p.media.TakeOver(parked, streamID) }

// discard drops what waits, because no connection has come for it.
func (p *Parking) discard() {
	p.media.Discard()
	p.dropped(p.media.TakeDropped())
}
