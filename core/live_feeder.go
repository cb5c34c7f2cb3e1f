package core

import (
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source"
	"luatrtmp/core/source/rtp"
)

// feedLive lets a live source send what comes, until the feeder is stopped.
func (f *feeder) feedLive(p *Publisher) error {
	l := f.source.live
	l.play(func(unit *flv.AccessUnit) { f.sendLive(p, unit) }, func(pictures, size int) { p.counters.Dropped(uint32(pictures), uint64(size)) })
	defer l.pause()
	look := time.NewTicker(silenceWarning / 5)
	defer look.Stop()
	for {
		select {
		case <-f.quit:
			return errStopped
		case err := <-l.failed:
			return err
		case <-look.C:
			l.watch()
			f.watch.look(&f.watch.nothing, "all", l.whyNothing(f.units.Swap(0)), time.Now)
		}
	}
}

// sendLive sends a unit at once. The first one gets the timestamp of now, and all others keep their distances.
func (f *feeder) sendLive(p *Publisher, unit *flv.AccessUnit) {
	f.units.Add(1)
	if f.anchor.IsZero() {
		f.due(p, unit, time.Now())
	}
	f.send(p, unit, inMilliseconds(unit.DTS)-f.base.Milliseconds()+f.offset)
}

// freePorts closes a live source that receives where the next one is to receive.
func (p *Publisher) freePorts(next source.Spec) {
	d, err := patiently(p.log, func() (*rtp.Description, error) { return source.Describe(next) }, func(*rtp.Description) {})
	if err != nil {
		return // opening it will say so
	}
	p.mu.Lock()
	old := p.source
	if old == nil || !old.spec.Live() {
		p.mu.Unlock()
		return
	}
	wait := p.dismissFeeder() // which may be about to open it
	p.mu.Unlock()
	wait()
	if !old.overlaps(d) {
		return
	}
	p.mu.Lock()
	if p.source == old {
		p.source = nil
	}
	p.mu.Unlock()
	p.closeSource(old)
}
