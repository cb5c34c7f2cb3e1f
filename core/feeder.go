package core

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/mux"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/source"
)

// feeder sends the units of a source at their decode times, those of a live source as they come.
type feeder struct {
	source  *playhead // p.source, once the feeder has its turn; p.mu
	muxer   *mux.Muxer
	session *session
	before  *feeder       // that may be at the source still; nil: there was none
	hurry   chan struct{} // told when Publisher.camera has changed; holds one
	quit    chan struct{}
	done    chan struct{} // closed when the feeder is done with the source, or was left behind with it
	once    sync.Once     // closes done

	anchor time.Time     // when the unit with decode time base was due
	base   time.Duration // whole ms
	offset int64         // ms: the timestamp of that unit
	moved  bool          // the log has it that the schedule was moved
	faults int           // units that could not be sent
	watch  sourceWatch
	units  atomic.Uint64 // that a live source gave since they were last looked at
}

// SetSource sets what is sent while nothing is pushed; see source.ParseSpec. It is opened and checked at once, and
// takes over at a key frame when media flows already.
func (p *Publisher) SetSource(spec string) error {
	parsed, err := patiently(p.log, func() (source.Spec, error) { return source.ParseSpec(spec) }, func(source.Spec) {})
	if err != nil {
		return invalid(err)
	}
	var src *playhead
	if parsed.Path != source.None {
		if parsed.Live() {
			p.freePorts(parsed)
		}
		src, err = patiently(p.log, func() (*playhead, error) { return p.openSource(parsed) }, (*playhead).shut)
		if err != nil {
			p.mu.Lock()
			session := p.session
			p.mu.Unlock()
			p.startFeeder(session) // with the one before, should that have been closed
			return invalid(err)
		}
	}
	return p.replaceSource(src, parsed)
}

// invalid makes a source's error one of the arguments, unless it is that of the file system.
func invalid(err error) error {
	if errors.Is(err, rtmperr.ErrTimeout) {
		return err
	}
	return rtmperr.New(rtmperr.ErrInvalid, "%v", err)
}

func (p *Publisher) replaceSource(src *playhead, spec source.Spec) error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		p.closeSource(src)
		return rtmperr.New(rtmperr.ErrState, "the context is closed")
	}
	old, session := p.source, p.session
	p.media = expectationOf(src)
	p.source, p.spec, p.held = src, &spec, nil
	p.sourceError.Store(nil)
	wait := p.dismissFeeder()
	p.mu.Unlock()
	wait()
	p.closeSource(old)
	p.startFeeder(session)
	return nil
}

// Start lets the source feed the stream as soon as the state is PUBLISHING.
func (p *Publisher) Start() {
	p.mu.Lock()
	p.started = true
	session := p.session
	p.mu.Unlock()
	p.startFeeder(session)
}

// Stop ends feeding; the connection stays. Frames that a camera pushes later begin at a key frame.
func (p *Publisher) Stop() {
	p.mu.Lock()
	p.started = false
	p.mu.Unlock()
	p.stopFeeder()
	if p.standsIn.Load() {
		p.muxer.Restart()
	}
}

// startFeeder begins feeding if everything is there that it needs.
func (p *Publisher) startFeeder(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s == nil || s != p.session || s.ended || p.state != StatePublishing || !p.started || p.pushed.Load() || p.held == s || p.feeder != nil {
		return
	}
	if p.source == nil && p.spec.Path == source.None {
		return
	}
	p.feeder = &feeder{
		muxer: p.muxer, session: s, before: p.latest, hurry: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	p.latest = p.feeder
	go p.feeder.run(p)
}

// stopFeeder ends feeding and waits for it.
func (p *Publisher) stopFeeder() { p.stopFeederUntil(noTime.Done()) }

// stopFeederUntil is stopFeeder for who is in no hurry until a channel is closed: a file that is only slow keeps its place.
func (p *Publisher) stopFeederUntil(hurry <-chan struct{}) {
	p.mu.Lock()
	wait, latest := p.dismissFeeder(), p.latest
	p.mu.Unlock()
	if latest != nil {
		timer := time.NewTimer(slowPatience)
		defer timer.Stop()
		select {
		case <-latest.done:
		case <-hurry:
		case <-timer.C:
		}
	}
	wait()
}

// dismissFeeder tells the feeder to stop, and returns a function that waits until it has done so, or the one before it
// if somebody else has dismissed it. It must be called, without p.mu, which is held here.
func (p *Publisher) dismissFeeder() (wait func()) {
	if p.feeder != nil {
		close(p.feeder.quit)
		p.feeder = nil
	}
	latest := p.latest
	return func() {
		if latest != nil {
			latest.wait(p)
		}
	}
}

// wait waits until a feeder that was dismissed is done. One that hangs in a file system is left behind.
func (f *feeder) wait(p *Publisher) {
	for limit := hangPatience; !waitFor(f.done, limit) && !f.leaveBehind(p); limit = hangPatience / 10 {
	}
}

// leaveBehind leaves the feeder behind with its source if it is in a call that may hang, and returns false if it is not.
func (f *feeder) leaveBehind(p *Publisher) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.source == nil || !f.source.leaveBehind(p.log) {
		return false
	}
	if p.source == f.source {
		p.source = nil // the next feeder opens it anew
	}
	f.over()
	return true
}

func (f *feeder) over() { f.once.Do(func() { close(f.done) }) }

// take gives the feeder the source, and returns false if the feeder was stopped.
func (f *feeder) take(p *Publisher) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.feeder != f {
		return false
	}
	if p.source == nil {
		p.source = &playhead{spec: *p.spec}
	}
	f.source = p.source
	return true
}

// switchToPushed turns the source off for good when the first frame is pushed, or for this connection if the camera pushes.
func (p *Publisher) switchToPushed() {
	if p.standsIn.Load() {
		p.holdSource()
		return
	}
	p.pushOnce.Do(func() {
		p.pushed.Store(true)
		p.log.Debug("frames are pushed: the source is off for good")
		p.stopFeeder()
		p.muxer.Restart()
	})
}

// run feeds until it is stopped or the source ends.
func (f *feeder) run(p *Publisher) {
	defer func() {
		p.mu.Lock()
		f.source = nil // it may have large tables
		p.mu.Unlock()
		f.over()
	}()
	if f.before != nil {
		<-f.before.done
		f.before = nil
	}
	if !f.standBy(p) || !f.take(p) {
		return
	}
	err := rtmperr.Guard(func() error { return f.play(p) })
	if err == errStopped {
		return
	}
	p.mu.Lock()
	mine := p.feeder == f
	if mine {
		p.feeder, p.source = nil, nil // the next connection begins the source anew
		f.session.ended = true        // and the session that ends does not
	}
	p.mu.Unlock()
	if !mine {
		return // it was just stopped: what comes now is not up to this feeder
	}
	f.source.close(p.log)
	if err != io.EOF {
		p.setSourceError(err)
	}
	if err == io.EOF {
		err = nil
		p.log.Debug("the source is at its end")
	}
	f.session.finish(err)
}

// play opens the source, if need be, and sends it. The error is io.EOF at its end, errStopped when the feeder is to stop.
func (f *feeder) play(p *Publisher) error {
	if err := f.source.open(p); err != nil {
		return err
	}
	p.mu.Lock()
	what := p.sourceName()
	p.mu.Unlock()
	p.log.Info("on the air", "source", what)
	p.sourceError.Store(nil)
	f.watch.p = p
	resumed := f.source.used
	f.source.used = true
	if !resumed {
		f.muxer.Restart()
	}
	info := f.source.Info()
	f.muxer.Begin(expectationOf(f.source))
	if f.source.live != nil {
		return f.feedLive(p)
	}
	seekKey := resumed && info.Video != nil && f.muxer.AwaitsKeyFrame()
	if seekKey { // another connection: it goes on from the last key frame before the place that was reached
		if err := f.source.back(); err != nil {
			return err
		}
	}
	return f.feed(p, seekKey)
}

var errStopped = rtmperr.New(rtmperr.ErrState, "stopped")

// feed sends what is read. With seekKey it begins with the next key frame.
func (f *feeder) feed(p *Publisher, seekKey bool) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for !f.dismissed() {
		unit, err := f.source.Next()
		if err == source.ErrAgain {
			continue
		}
		if err != nil {
			return err
		}
		if seekKey && !f.muxer.Learn(unit) { // what does not come again
			continue
		}
		seekKey = false
		timer.Reset(f.due(p, unit, time.Now()))
		select {
		case <-timer.C:
		case <-f.quit:
			f.source.held = unit
			return errStopped
		}
		timestamp := inMilliseconds(unit.DTS) - f.base.Milliseconds() + f.offset
		if !f.send(p, unit, timestamp) {
			f.source.held = unit
			<-f.quit // the connection ends, which the session sees for itself
			return errStopped
		}
	}
	return errStopped
}

// dismissed reports whether the feeder is to stop.
func (f *feeder) dismissed() bool {
	select {
	case <-f.quit:
		return true
	default:
		return false
	}
}

// send sends a unit, and returns false when the connection takes no more. A unit that cannot be sent is left out.
func (f *feeder) send(p *Publisher, unit *flv.AccessUnit, timestamp int64) bool {
	before := f.muxer.Frames()
	err := f.muxer.SendUnit(unit, uint32(timestamp))
	switch {
	case err == mux.ErrAudioLeftOut:
		return true
	case err == nil:
		f.watch.note(unit.Kind, f.whyNotSent(unit, before))
		return true
	}
	if !errors.Is(err, rtmperr.ErrInvalid) && !errors.Is(err, rtmperr.ErrOverflow) {
		return false
	}
	f.watch.note(unit.Kind, err)
	f.session.source.fault.Store(&err)
	if f.faults++; f.faults <= maxFaultsLogged {
		p.log.Warn("a frame of the source is left out", "at", unit.DTS, "why", err)
	}
	return true
}

// whyNotSent returns why a unit that is no error was not sent, nil if it was. frames is how many frames
// the muxer had sent before it.
func (f *feeder) whyNotSent(unit *flv.AccessUnit, frames uint64) error {
	switch {
	case f.muxer.Frames() != frames:
		return nil
	case f.muxer.HoldsUnits():
		return errNoFrame
	}
	return errAwaitsKey
}

// maxFaultsLogged keeps a broken source or server from filling the log.
const maxFaultsLogged = 5

// due returns how long the unit has to wait. The first one of this run is due now, with the timestamp of now.
//
// Units that are late, because the host or the file system stood still, are sent at once, so that the stream catches up. If they are
// later than the media that may wait to be sent, they would only be dropped: then the schedule is moved, and the timestamps with it.
func (f *feeder) due(p *Publisher, unit *flv.AccessUnit, now time.Time) time.Duration {
	if f.anchor.IsZero() {
		f.anchor = now
		f.base = unit.DTS.Round(time.Millisecond)
		f.offset = f.muxer.Elapsed(now).Milliseconds()
	}
	wait := f.anchor.Add(unit.DTS - f.base).Sub(now)
	if wait < -f.session.o.QueueMedia {
		lag := (-wait).Truncate(time.Millisecond)
		if !f.moved {
			f.moved = true
			p.log.Warn("the host or the file stood still for longer than queue_ms: the stream goes on from now", "late", lag)
		}
		f.anchor = f.anchor.Add(lag)
		f.offset += lag.Milliseconds()
	}
	return max(0, wait)
}

// inMilliseconds rounds a time to whole milliseconds.
func inMilliseconds(d time.Duration) int64 { return d.Round(time.Millisecond).Milliseconds() }
