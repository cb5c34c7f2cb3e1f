package feeder

import (
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/hang"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/source"
)

// Feeder feeds a stream from a source, in real time, and gives way to frames that are pushed. It has one source at a time,
// which goes on from stream to stream at the place that was reached.
//
// Attach and Detach say when there is a stream. Each stretch of feeding is a run: one goroutine, which ends with it.
type Feeder struct {
	config Config

	pushed     atomic.Bool // frames are pushed: the source is off for good
	pushOnce   sync.Once   // sets pushed; later pushes wait until the source is off
	fallback   atomic.Bool // camera is CameraExpected: frames that are pushed are the camera's
	suspending sync.Mutex  // serialises suspend
	trouble    trouble     // why nothing of the source can be sent
	fault      trouble     // why the latest unit of this stream that could not be sent was left out

	mu      sync.Mutex // never held while a file is waited for
	started bool       // between Start and Stop
	closed  bool
	phase   phase
	stream  Stream
	source  *pushback
	media   source.Info // of source, once SetSource has opened it
	run     *run        // the latest one
	camera  Camera
}

// Config is what a Feeder needs from its owner.
type Config struct {
	Log      *slog.Logger
	Sink     Sink
	Open     func(source.Spec) (source.Source, error)      // opens a source that is read
	OpenLive func(source.Spec, *slog.Logger) (Live, error) // opens a source that is received
	Ports    func(source.Spec) ([]uint16, error)           // returns the UDP ports at which a live source would receive
}

// Sink is where the units of a source go.
type Sink interface {
	// Restart says that what is sent next comes from another source: it begins at a key frame, and its
	// parameter sets and timestamps have nothing to do with those before.
	Restart()

	// Begin announces the tracks of a source.
	Begin(info source.Info)

	// Send sends an access unit; timestamp is its decode time in ms. The error is ErrInvalid or ErrOverflow for a unit that
	// cannot be sent, and any other when the stream takes no more.
	Send(unit *flv.AccessUnit, timestamp uint32) (Result, error)

	// Learn takes what can be learnt from a unit that is not sent, and reports whether it is a key frame.
	Learn(unit *flv.AccessUnit) (key bool)

	// AwaitsKeyFrame reports whether video before the next key frame would be dropped.
	AwaitsKeyFrame() bool

	// Elapsed returns the time since the first media of the stream, 0 before it.
	Elapsed(now time.Time) time.Duration

	// Dropped counts frames that a live source has lost.
	Dropped(frames, size int)
}

// Result is what has become of a unit that was no error.
type Result uint8

const (
	Sent       Result = iota
	LeftOut           // on purpose: it is audio that the server does not take
	HasNoFrame        // it waits for the frame that it belongs to
	AwaitsKey         // decoding could not begin with it
)

// Stream is a stream that a feeder may feed.
type Stream struct {
	// MaxLate is how much media may wait to be sent. What is later than that would only be dropped.
	MaxLate time.Duration

	// Ended is called when the source is at its end, or with why it failed. It is called once at most.
	Ended func(err error)
}

// phase says what a feeder may do.
type phase uint8

const (
	phaseDetached  phase = iota // there is no stream
	phaseAttached               // there is one, for frames that are pushed; the source is not to begin yet
	phaseFeeding                // the source may feed it
	phaseSuspended              // the camera feeds it
	phaseEnded                  // the source has fed it to its end
)

// New returns a Feeder whose source is the built-in clip.
func New(config Config) *Feeder {
	f := &Feeder{config: config, source: newPushback(source.Spec{Path: source.Clip}), run: &run{dismissed: true, done: make(chan struct{})}}
	f.run.finish()
	return f
}

// Set sets the source that read says: what is sent while nothing is pushed. It is opened and checked at once, and takes over
// at a key frame when media flows already. read may ask the file system.
func (f *Feeder) Set(read func() (source.Spec, error)) error {
	spec, err := hang.Call(f.config.Log, read, func(source.Spec) {})
	if err != nil {
		return invalid(err)
	}
	next := newPushback(spec)
	if spec.Path != source.None {
		if spec.Live() {
			f.freePorts(spec)
		}
		_, err = hang.Call(f.config.Log, func() (*pushback, error) { return next, next.open(&f.config) }, (*pushback).shut)
		if err != nil {
			f.begin() // with the one before, should that have been closed
			return invalid(err)
		}
	}
	return f.replace(next)
}

// invalid makes a source's error one of the arguments, unless it is that of the file system.
func invalid(err error) error {
	if errors.Is(err, rtmperr.ErrTimeout) {
		return err
	}
	return rtmperr.New(rtmperr.ErrInvalid, "%v", err)
}

// slowPatience is how long Detach waits for that which is to go on with the source in another stream.
const slowPatience = 10 * time.Second

func (f *Feeder) replace(next *pushback) error {
	media := next.Info()
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		next.close(f.config.Log)
		return rtmperr.New(rtmperr.ErrState, "the context is closed")
	}
	old := f.source
	f.source, f.media = next, media
	if f.phase == phaseSuspended {
		f.phase = phaseFeeding
	}
	f.trouble.clear()
	wait := f.dismiss()
	f.mu.Unlock()
	wait()
	old.close(f.config.Log)
	f.begin()
	return nil
}

// freePorts closes a live source that receives where the next one is to receive.
func (f *Feeder) freePorts(next source.Spec) {
	ports, err := hang.Call(f.config.Log, func() ([]uint16, error) { return f.config.Ports(next) }, func([]uint16) {})
	if err != nil {
		return // opening it will say so
	}
	f.mu.Lock()
	old := f.source
	if !old.spec.Live() {
		f.mu.Unlock()
		return
	}
	wait := f.dismiss() // which may be about to open it
	f.mu.Unlock()
	wait()
	if !old.usesAny(ports) {
		return
	}
	f.mu.Lock()
	if f.source == old {
		f.source = newPushback(old.spec)
	}
	f.mu.Unlock()
	old.close(f.config.Log)
}

// Start lets the source feed streams from now on.
func (f *Feeder) Start() {
	f.mu.Lock()
	f.started = true
	f.mu.Unlock()
	f.begin()
}

// Stop ends that. Frames that a camera pushes later begin at a key frame.
func (f *Feeder) Stop() {
	f.mu.Lock()
	f.started = false
	f.mu.Unlock()
	f.halt()
	if f.fallback.Load() {
		f.config.Sink.Restart()
	}
}

// Attach says that there is a stream, which frames may be pushed to. The source does not feed it before Begin.
func (f *Feeder) Attach(stream Stream) {
	f.mu.Lock()
	f.phase, f.stream = phaseAttached, stream
	f.fault.clear()
	f.mu.Unlock()
}

// Begin lets the source feed the stream that is attached.
func (f *Feeder) Begin() {
	f.mu.Lock()
	if f.phase == phaseAttached {
		f.phase = phaseFeeding
	}
	f.mu.Unlock()
	f.begin()
}

// Detach ends feeding the stream, and waits for that. A file that is only slow keeps its place: until hurry is closed, it has
// more time.
func (f *Feeder) Detach(hurry <-chan struct{}) {
	f.mu.Lock()
	f.phase, f.stream = phaseDetached, Stream{}
	wait, latest := f.dismiss(), f.run
	f.mu.Unlock()
	timer := time.NewTimer(slowPatience)
	defer timer.Stop()
	select {
	case <-latest.done:
	case <-hurry:
	case <-timer.C:
	}
	wait()
}

// Interrupt calls change while the source does not feed.
func (f *Feeder) Interrupt(change func()) {
	f.halt()
	change()
	f.begin()
}

// Quit says that nothing is to be fed any more. Close must follow. It does not wait.
func (f *Feeder) Quit() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed, f.started = true, false
	f.dismiss()
}

// Close ends feeding, and closes the source.
func (f *Feeder) Close() {
	f.Quit()
	f.halt()
	f.mu.Lock()
	old := f.source
	f.source = newPushback(old.spec)
	f.mu.Unlock()
	old.close(f.config.Log)
}

// begin begins a run if everything is there that it needs.
func (f *Feeder) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.phase != phaseFeeding || !f.started || f.pushed.Load() || f.source.spec.Path == source.None || !f.run.dismissed {
		return
	}
	f.run = newRun(f)
	go f.run.feed()
}

// halt ends the run, and waits for it.
func (f *Feeder) halt() {
	f.mu.Lock()
	wait := f.dismiss()
	f.mu.Unlock()
	wait()
}

// dismiss tells the run to stop, and returns a function that waits until it has done so. dismiss must be called with mu held,
// and the function without.
func (f *Feeder) dismiss() (wait func()) {
	if !f.run.dismissed {
		f.run.dismissed = true
		close(f.run.quit)
	}
	return f.run.wait
}

// Trouble returns why nothing of the source can be sent although it should be, or why it failed; "" while all is well. A new
// source, or one that goes on, begins without it.
func (f *Feeder) Trouble() string { return f.trouble.get() }

// Fault returns why the latest unit of this stream that could not be sent was left out; "" if there was none.
func (f *Feeder) Fault() string { return f.fault.get() }

// Part is what a source has to do with a stream.
type Part uint8

const (
	FeedsAlone Part = iota // all media comes from the source
	StandsBy               // media comes from a camera, or from the source if that fails
	IsOff                  // all media is pushed
)

// Media returns what is known of the media of the source, and what part the source has.
func (f *Feeder) Media() (source.Info, Part) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.pushed.Load():
		return f.media, IsOff
	case f.fallback.Load():
		return f.media, StandsBy
	}
	return f.media, FeedsAlone
}

// trouble is why something does not work, in words; "" if it does.
type trouble struct{ text atomic.Pointer[string] }

func (t *trouble) set(why error) {
	text := why.Error()
	t.text.Store(&text)
}

func (t *trouble) clear() { t.text.Store(nil) }

func (t *trouble) get() string {
	if text := t.text.Load(); text != nil {
		return *text
	}
	return ""
}
