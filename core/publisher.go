package core

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/feeder"
	"luatrtmp/core/flv"
	"luatrtmp/core/hang"
	"luatrtmp/core/ingest"
	"luatrtmp/core/link"
	"luatrtmp/core/mux"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
	"luatrtmp/core/source"
	"luatrtmp/core/stats"
	"luatrtmp/core/transport"
)

// Frame says what a frame is that is pushed.
type Frame = mux.Frame

// MaxFrame is the largest access unit or audio frame that can be sent.
const MaxFrame = mux.MaxFrame

// closeTimeout bounds Disconnect and Close: what waits is sent and the server is told within it, or not at all.
const closeTimeout = 400 * time.Millisecond

// Publisher publishes to one URL. All methods may be called from any goroutine.
type Publisher struct {
	log      *slog.Logger
	events   events
	counters stats.Counters
	muxer    *mux.Muxer
	feeder   *feeder.Feeder
	steering bitrateSteer // used by the goroutine of the session that is up

	resolver *net.Resolver // of host names
	dial     func(shutdown context.Context, resolver *net.Resolver, to *endpoint.Endpoint, o *options.Options) (net.Conn, error)
	open     func(source.Spec) (source.Source, error)
	openLive func(source.Spec, *slog.Logger) (feeder.Live, error)
	loadCA   func(option, path string) (*x509.CertPool, error)
	servers  servers
	secrets  endpoint.KnownSecrets

	reconnects atomic.Uint32 // connections re-established
	name       atomic.Value  // a string, see Name
	enduring   atomic.Bool   // the session outlives its connections: pushed frames that meet none are dropped

	leftOutTold atomic.Bool // the log says that the audio is left out on this connection

	mu        sync.Mutex // never held while a file or the network is waited for
	closed    bool
	over      chan struct{} // closed when all has ended; nil until Leave
	url       string
	options   *options.Options // never changed, but replaced: sessions keep those they began with
	state     State
	session   *session // whose connection is up or under way, or that waits for its next attempt
	failed    error    // why the last connection failed; nil from the next Connect on, or from when one is up again
	connected time.Time
}

// LevelReport is the level of lines whose number the user has chosen, the statistics. A handler
// that limits how often something is told does not limit these.
const LevelReport = slog.LevelInfo + 1

// New returns an idle Publisher. log receives what a user may want to know and nobody has to
// handle. Several goroutines write to it at once, some of them with locks held: its handler must not
// wait. Each of its texts is always the same for the same kind of thing.
func New(log *slog.Logger) *Publisher {
	o := options.Default()
	p := &Publisher{log: log, events: newEvents(), resolver: transport.NewResolver((&net.Dialer{}).DialContext), dial: transport.Dial, open: source.Open, openLive: receive, loadCA: options.LoadCA, options: &o}
	p.name.Store("")
	p.muxer = mux.New(mux.Config{Encoder: encoderName, Clock: now, Dropped: p.counters.Dropped, Warn: p.log.Warn})
	p.feeder = feeder.New(feeder.Config{
		Log: log, Sink: muxerSink{p.muxer, &p.counters}, Open: func(spec source.Spec) (source.Source, error) { return p.open(spec) },
		OpenLive: func(spec source.Spec, log *slog.Logger) (feeder.Live, error) { return p.openLive(spec, log) }, Ports: ingest.Ports,
	})
	return p
}

// Notify sets the function that is told of changes of state; see Event. It should do little: the connection waits for
// it. nil: none.
func (p *Publisher) Notify(f func(Event)) { p.events.setState(f) }

// NotifyBitrate sets the function that is told how much the network takes, when that changes: a target for the encoder
// in kbit/s, and the media time that waits. nil: none.
func (p *Publisher) NotifyBitrate(f func(kbps uint32, waiting time.Duration)) {
	p.events.setBitrate(f)
	p.mu.Lock()
	session := p.session
	p.mu.Unlock()
	if session != nil {
		session.steer()
	}
}

// NotifyURL sets the function that is asked for a fresh URL before each further attempt of a session that reconnects. It
// calls SetURL if there is another; later: SetURL or KeepURL will be called from elsewhere, within 10 s, after which the
// attempt goes on with the URL that is set. nil: none.
func (p *Publisher) NotifyURL(f func() (later bool)) { p.events.setURL(f) }

// KeepURL tells an attempt that waits for a fresh URL that there is none. Otherwise it does nothing.
func (p *Publisher) KeepURL() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session != nil {
		answer(p.session.answered)
	}
}

// SetURL sets where to publish. ErrInvalid tells what is wrong with it, ErrState that a connection is up.
func (p *Publisher) SetURL(url string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.idleOnly("the URL can be set"); err != nil {
		return err
	}
	if _, err := endpoint.Parse(url, p.options.App, p.options.Stream); err != nil {
		return err
	}
	p.url = url
	p.rename()
	if p.session != nil {
		answer(p.session.answered)
	}
	return nil
}

// Name returns what a log is to call the Publisher: the option "name", or else the URL without what
// is secret. It waits for nobody and takes no lock.
func (p *Publisher) Name() string { return p.name.Load().(string) }

// rename sets what Name returns; p.mu must be held.
func (p *Publisher) rename() {
	name := p.options.Name
	if name == "" {
		if to, err := p.endpoint(); err == nil {
			name = to.Masked()
		}
	}
	p.name.Store(name)
}

// SetOption sets an option by name; see Options. It takes effect at the next Connect.
func (p *Publisher) SetOption(name, value string) error {
	set := func(o *options.Options) error { return o.Set(name, value) }
	if name == options.OptionCA { // a file, which is read before anything is locked
		pool, err := hang.Call(p.log, func() (*x509.CertPool, error) { return p.loadCA(name, value) }, func(*x509.CertPool) {})
		if err != nil {
			return err
		}
		set = func(o *options.Options) error { o.TLS.CA = pool; return nil }
	}
	p.mu.Lock()
	o := *p.options
	err := set(&o)
	p.options = &o
	p.rename()
	p.mu.Unlock()
	return err
}

// SetMetadata sets one extra field of onMetaData: a float64, string or bool.
func (p *Publisher) SetMetadata(name string, value any) error {
	return p.muxer.SetMetadata(name, value)
}

// ClearMetadata forgets the extra fields.
func (p *Publisher) ClearMetadata() { p.muxer.ClearMetadata() }

// SendMetadata sends the extra fields now if media has been sent already; otherwise they go out with the first media.
func (p *Publisher) SendMetadata() error { return p.muxer.ResendMetadata() }

// idleOnly returns an error while a connection is up or under way; p.mu is held.
func (p *Publisher) idleOnly(what string) error {
	switch {
	case p.closed:
		return rtmperr.New(rtmperr.ErrState, "the context is closed")
	case p.state.active():
		return rtmperr.New(rtmperr.ErrState, "%s only while not connected; the state is %v", what, p.state)
	}
	return nil
}

// endpoint returns where to publish with what is set; p.mu is held.
func (p *Publisher) endpoint() (*endpoint.Endpoint, error) {
	to, err := endpoint.Parse(p.url, p.options.App, p.options.Stream)
	if err != nil {
		return nil, err
	}
	if p.options.TCURL != "" {
		to.TCURL = p.options.TCURL
	}
	to.Known = &p.secrets
	to.Secrets() // are known from now on
	return to, nil
}

// Connect starts an attempt and returns. ErrState when one is under way already. A session that waits for its next attempt
// does not wait any longer.
func (p *Publisher) Connect() error {
	p.mu.Lock()
	if err := p.idleOnly("connect is possible"); err != nil {
		p.mu.Unlock()
		return err
	}
	if p.url == "" {
		p.mu.Unlock()
		return rtmperr.New(rtmperr.ErrState, "no URL is set")
	}
	to, err := p.endpoint()
	if err != nil {
		p.mu.Unlock()
		return err
	}
	p.failed = nil
	p.setState(StateConnecting, nil)
	if p.session != nil {
		answer(p.session.hurry)
		p.mu.Unlock()
		return nil
	}
	p.session = newSession(p, to, p.options)
	go p.session.run()
	p.mu.Unlock()
	return nil
}

// Disconnect ends the connection: what waits is sent and the server is told, for half a second at most. No event comes
// for that connection once it has returned. Called from inside an event it does not wait.
func (p *Publisher) Disconnect() {
	p.mu.Lock()
	session := p.session
	p.enduring.Store(false)
	switch {
	case session != nil:
		session.unwanted = true
		p.setState(StateDisconnecting, nil)
	case p.closed:
	case p.state == StateIdle:
		p.setState(StateDisconnected, nil)
	case p.state == StateError:
		p.setState(StateDisconnecting, nil)
		p.setState(StateDisconnected, nil)
	}
	p.mu.Unlock()
	switch {
	case session == nil:
	case p.events.inside(): // the session's own goroutine may be the caller
		go session.close()
	default:
		p.events.deliverApart()
		session.close()
	}
	p.events.settle(session)
}

// Leave begins to end everything. It returns once no function of the owner runs, and none does any more; the exceptions are
// that from whose inside it is called, and one that waits for that: then settled is false. What waits is sent and the server
// is told, within half a second; then over is closed. Leave may be called again.
func (p *Publisher) Leave() (over <-chan struct{}, settled bool) {
	settled = p.events.close()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over != nil {
		return p.over, settled
	}
	p.over = make(chan struct{})
	p.closed = true
	p.enduring.Store(false)
	session := p.session
	if session != nil {
		session.unwanted = true
		p.setState(StateDisconnecting, nil)
	}
	p.feeder.Quit()
	go p.end(session)
	return p.over, settled
}

// end is what of Leave takes time.
func (p *Publisher) end(session *session) {
	defer close(p.over)
	if session != nil {
		session.close()
	}
	p.events.settle(session)
	p.feeder.Close()
}

// Close ends everything within half a second. No event comes any more. Close may be called again, and inside an event, where
// it does not wait.
func (p *Publisher) Close() {
	if over, settled := p.Leave(); settled {
		<-over
	}
}

// setState changes the state and queues the event; p.mu is held, and deliver must follow without it. It returns false,
// and changes nothing, when the move is not legal: then somebody else was faster.
func (p *Publisher) setState(next State, why error) bool {
	if !p.state.mayBecome(next) {
		return false
	}
	old := p.state
	p.state = next
	switch next {
	case StateConnected:
		p.connected = time.Now()
	case StatePublishing:
		p.failed = nil // before anybody sees the state
	case StateDisconnected, StateError:
		p.connected = time.Time{}
	}
	p.events.add(notice{event: Event{Old: old, New: next, Err: why}})
	return true
}

// sessionEnded takes note of a session's end. err: rtmperr.ErrEnded or nil for a wanted end.
func (p *Publisher) sessionEnded(s *session, err error) {
	p.mu.Lock()
	var failed error
	p.session = nil
	p.enduring.Store(false)
	switch {
	case p.state == StateDisconnecting && (s.unwanted || err == nil || errors.Is(err, rtmperr.ErrEnded)):
		// Whatever went wrong on the way, the end was wanted.
		p.setState(StateDisconnected, nil)
	case err == nil || errors.Is(err, rtmperr.ErrEnded):
		p.setState(StateDisconnecting, nil)
		p.setState(StateDisconnected, nil)
	default:
		p.failed, failed = err, err
		p.setState(StateError, err)
	}
	p.mu.Unlock()
	s.logEnd(failed)
	p.events.deliver()
}

// State returns the state.
func (p *Publisher) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// Busy reports whether events may still come by themselves: a connection is up or under way, or one is being delivered.
func (p *Publisher) Busy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session != nil || p.events.busy()
}

// Failure returns why the last connection failed, nil if it did not; kept until the next Connect. Inside an event it is
// that event's failure, whatever has become of the Publisher meanwhile.
func (p *Publisher) Failure() error {
	if err, inside := p.events.current(); inside {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// String describes the Publisher for people; the stream key is masked.
func (p *Publisher) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	to, err := endpoint.Parse(p.url, p.options.App, p.options.Stream)
	if p.session != nil {
		to, err = p.session.to, nil
	}
	if err != nil {
		return p.state.String()
	}
	return p.state.String() + " " + to.Masked()
}

// Stats returns the counters.
func (p *Publisher) Stats() stats.Stats {
	s := p.counters.Snapshot()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.connected.IsZero() {
		s.ConnectionTime = time.Since(p.connected)
	}
	return s
}

// SetStatsWindow sets over how long Info.SendKbps is measured: up to 60 s, whole seconds, rounded up.
func (p *Publisher) SetStatsWindow(window time.Duration) error {
	seconds := int64((window + time.Second - 1) / time.Second)
	if seconds < 1 || seconds > stats.MaxWindow {
		return rtmperr.New(rtmperr.ErrInvalid, "statistics window %v, expected 1 ms to %d s", window, stats.MaxWindow)
	}
	p.counters.SetWindow(seconds)
	return nil
}

// SetStatsInterval sets how often the statistics are logged, at level info, while publishing: 100 ms to an hour. It takes
// effect at the next Connect.
func (p *Publisher) SetStatsInterval(interval time.Duration) error {
	if interval < 100*time.Millisecond || interval > time.Hour {
		return rtmperr.New(rtmperr.ErrInvalid, "statistics interval %v, expected 100 ms to 1 h", interval)
	}
	p.mu.Lock()
	o := *p.options
	o.StatsInterval = interval
	p.options = &o
	p.mu.Unlock()
	return nil
}

// logStats logs how the connection fares.
func (p *Publisher) logStats() {
	s, n := p.Stats(), p.Info()
	p.log.Log(context.Background(), LevelReport, "statistics", "bytes", s.BytesSent, "video", s.VideoFramesSent, "audio", s.AudioFramesSent,
		"dropped", s.DroppedFrames, "kbps", n.SendKbps, "waiting", n.QueueMedia, "connected", s.ConnectionTime.Round(time.Second))
}

// Info returns how the connection fares and what it carries.
func (p *Publisher) Info() stats.Info {
	media := p.muxer.Describe()
	info := stats.Info{Width: media.Width, Height: media.Height, VideoCodec: media.VideoCodec, AudioCodec: media.AudioCodec}
	info.QueueMedia, info.QueueBytes = p.muxer.Waiting()
	if w, ok := p.muxer.Output().(*link.Sender); ok {
		info.RTT, info.RTTKnown = w.RoundTrip()
	}
	info.SendKbps = p.counters.Kbps(time.Now())
	info.Reconnects = p.reconnects.Load()
	return info
}

// SendVideo sends one access unit: SendVideoFrame without a codec's name, on track 0.
func (p *Publisher) SendVideo(au []byte, timestamp uint32, compositionTime int32) error {
	return p.SendVideoFrame(au, timestamp, Frame{CompositionTime: compositionTime})
}

// SendVideoFrame sends one access unit: H.264 and HEVC in Annex B form, AV1 as a temporal unit in the low-overhead format,
// VP9 and VP8 as a frame. timestamp: decode time in ms, modulo 2^32, from any origin. data and f are not kept. ErrState unless
// publishing, ErrInvalid for what is no access unit, ErrRefused when the server does not take the codec or the track, which
// ends the connection. The first frame pushed switches the source off for good.
func (p *Publisher) SendVideoFrame(data []byte, timestamp uint32, f Frame) error {
	p.feeder.GiveWay()
	return p.endure(p.muxer.SendVideoFrame(data, timestamp, f), len(data))
}

// SendNALUs sends one access unit of H.264 or HEVC that lies in several buffers, each one NAL unit without a start code or
// any number of them with start codes. Otherwise as SendVideo.
func (p *Publisher) SendNALUs(buffers [][]byte, timestamp uint32) error {
	p.feeder.GiveWay()
	return p.endure(p.muxer.SendNALUs(buffers, timestamp), sendqueue.Size(buffers))
}

// SendAudioBody sends what the body of an FLV audio tag holds: a sequence header or a frame, of any codec, in the old form or
// with a FourCC. Otherwise as SendVideoFrame.
func (p *Publisher) SendAudioBody(body []byte, timestamp uint32) error {
	p.feeder.GiveWay()
	return p.endure(p.muxer.SendAudioBody(body, timestamp), len(body))
}

// SendAudioFrame sends one raw frame, whose configuration is in f.Config the first time if its codec has one, or AAC in
// ADTS frames. Otherwise as SendVideoFrame.
func (p *Publisher) SendAudioFrame(data []byte, timestamp uint32, f Frame) error {
	p.feeder.GiveWay()
	return p.endure(p.muxer.SendAudioFrame(data, timestamp, f), len(data))
}

// SendAAC is SendAudioFrame for AAC on track 0.
func (p *Publisher) SendAAC(frame, config []byte, timestamp uint32) error {
	return p.SendAudioFrame(frame, timestamp, Frame{Codec: flv.AAC.String(), Config: config})
}
