package feeder

import (
	"errors"
	"io"
	"sync"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/hang"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/source"
)

// run is a stretch of feeding: it sends the units of a source that is read at their decode times, and those of a live
// source as they come.
type run struct {
	*Feeder
	stream    Stream
	before    <-chan struct{} // closed when the run before this one is done with the source
	hurry     chan struct{}   // told when the camera has changed; holds one
	quit      chan struct{}   // closed when the run is to stop
	done      chan struct{}   // closed when it is done with the source, or was left behind with it
	once      sync.Once       // closes done
	dismissed bool            // it is not the one that feeds any more; mu
	source    *pushback       // one that is not open, before and after the turn of this run; mu

	anchor time.Time     // when the unit with decode time base was due
	base   time.Duration // whole ms
	offset int64         // ms: the timestamp of that unit
	moved  bool          // the log has it that the schedule was moved
	faults int           // units that could not be sent
	watch  watch
}

func newRun(f *Feeder) *run {
	return &run{
		Feeder: f, stream: f.stream, before: f.run.done, source: &pushback{},
		hurry: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
		watch: watch{log: f.config.Log, trouble: &f.trouble},
	}
}

// wait waits until a run that was dismissed is done. One that hangs in a file system is left behind.
func (r *run) wait() {
	for limit := hang.StopPatience; !hang.Wait(r.done, limit) && !r.leaveBehind(); limit = hang.StopPatience / 10 {
	}
}

// leaveBehind leaves the run behind with its source if it is in a call that may hang, and returns false if it is not.
func (r *run) leaveBehind() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.source.calls.LeaveBehind(r.config.Log) {
		return false
	}
	if r.Feeder.source == r.source {
		r.Feeder.source = newPushback(r.source.spec) // the next run opens it anew
	}
	r.finish()
	return true
}

func (r *run) finish() { r.once.Do(func() { close(r.done) }) }

// take gives the run the source, and returns false if the run was stopped.
func (r *run) take() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dismissed {
		return false
	}
	r.source = r.Feeder.source
	return true
}

// feed feeds until the run is stopped or the source ends.
func (r *run) feed() {
	defer func() {
		r.mu.Lock()
		r.source = &pushback{} // the other may have large tables
		r.mu.Unlock()
		r.finish()
	}()
	<-r.before
	if !r.standBy() || !r.take() {
		return
	}
	err := rtmperr.Guard(r.play)
	if err == errStopped {
		return
	}
	r.mu.Lock()
	mine := !r.dismissed
	if mine {
		r.dismissed = true
		r.phase = phaseEnded                         // the source does not begin again in a stream that ends
		r.Feeder.source = newPushback(r.source.spec) // the next stream begins it anew
	}
	r.mu.Unlock()
	if !mine {
		return // it was just stopped: what comes now is not up to this run
	}
	r.source.close(r.config.Log)
	if err == io.EOF {
		r.config.Log.Debug("the source is at its end")
		r.stream.Ended(nil)
		return
	}
	r.trouble.set(err)
	r.stream.Ended(err)
}

// play opens the source, if need be, and sends it. The error is io.EOF at its end, errStopped when the run is to stop.
func (r *run) play() error {
	if err := r.source.open(&r.config); err != nil {
		return err
	}
	r.config.Log.Info("on the air", "source", r.source.kind())
	r.trouble.clear()
	resumed := r.source.used
	r.source.used = true
	if !resumed {
		r.config.Sink.Restart()
	}
	info := r.source.Info()
	r.config.Sink.Begin(info)
	if live := r.source.received(); live != nil {
		return r.receive(live)
	}
	seekKey := resumed && info.Video != nil && r.config.Sink.AwaitsKeyFrame()
	if seekKey { // another stream: it goes on from the last key frame before the place that was reached
		if err := r.source.back(); err != nil {
			return err
		}
	}
	return r.read(seekKey)
}

var errStopped = rtmperr.New(rtmperr.ErrState, "stopped")

// read sends what is read. With seekKey it begins with the next key frame.
func (r *run) read(seekKey bool) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for !r.stopped() {
		unit, err := r.source.Next()
		if err == source.ErrAgain {
			continue
		}
		if err != nil {
			return err
		}
		if seekKey && !r.config.Sink.Learn(unit) { // what does not come again
			continue
		}
		seekKey = false
		timer.Reset(r.due(unit, time.Now()))
		select {
		case <-timer.C:
		case <-r.quit:
			r.source.held = unit
			return errStopped
		}
		if !r.send(unit) {
			r.source.held = unit
			<-r.quit // the stream ends, which its owner sees for itself
			return errStopped
		}
	}
	return errStopped
}

// stopped reports whether the run is to stop.
func (r *run) stopped() bool {
	select {
	case <-r.quit:
		return true
	default:
		return false
	}
}

// receive lets a live source send what comes, until the run is stopped.
func (r *run) receive(live Live) error {
	live.Play(r.sendNow, r.config.Sink.Dropped)
	defer live.Pause()
	look := time.NewTicker(silenceWarning / 5)
	defer look.Stop()
	for {
		select {
		case <-r.quit:
			return errStopped
		case err := <-live.Failed():
			return err
		case <-look.C:
			why, told := live.Look()
			r.watch.look(&r.watch.nothing, "all", why, told, time.Now)
		}
	}
}

// sendNow sends a unit at once. The first one gets the timestamp of now, and all others keep their distances.
func (r *run) sendNow(unit *flv.AccessUnit) {
	if r.anchor.IsZero() {
		r.due(unit, time.Now())
	}
	r.send(unit)
}

// send sends a unit, and returns false when the stream takes no more. A unit that cannot be sent is left out.
func (r *run) send(unit *flv.AccessUnit) bool {
	timestamp := unit.DTS.Round(time.Millisecond).Milliseconds() - r.base.Milliseconds() + r.offset
	result, err := r.config.Sink.Send(unit, uint32(timestamp))
	if err == nil {
		if result != LeftOut {
			r.watch.note(unit.Kind, result.whyNot())
		}
		return true
	}
	if !errors.Is(err, rtmperr.ErrInvalid) && !errors.Is(err, rtmperr.ErrOverflow) {
		return false
	}
	r.watch.note(unit.Kind, err)
	r.fault.set(err)
	if r.faults++; r.faults <= maxFaultsLogged {
		r.config.Log.Warn("a frame of the source is left out", "at", unit.DTS, "why", err)
	}
	return true
}

// maxFaultsLogged keeps a broken source or server from filling the log.
const maxFaultsLogged = 5

// due returns how long the unit has to wait. The first one of this run is due now, with the timestamp of now.
//
// Units that are late, because the host or the file system stood still, are sent at once, so that the stream catches up. If
// they are later than the media that may wait to be sent, they would only be dropped: then the schedule is moved, and the
// timestamps with it.
func (r *run) due(unit *flv.AccessUnit, now time.Time) time.Duration {
	if r.anchor.IsZero() {
		r.anchor = now
		r.base = unit.DTS.Round(time.Millisecond)
		r.offset = r.config.Sink.Elapsed(now).Milliseconds()
	}
	wait := r.anchor.Add(unit.DTS - r.base).Sub(now)
	if wait < -r.stream.MaxLate {
		lag := (-wait).Truncate(time.Millisecond)
		if !r.moved {
			r.moved = true
			r.config.Log.Warn("the host or the file stood still for longer than queue_ms: the stream goes on from now", "late", lag)
		}
		r.anchor = r.anchor.Add(lag)
		r.offset += lag.Milliseconds()
	}
	return max(0, wait)
}
