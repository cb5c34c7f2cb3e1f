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

	"luatrtmp/core/client"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/feeder"
	"luatrtmp/core/hang"
	"luatrtmp/core/ingest"
	"luatrtmp/core/link"
	"luatrtmp/core/mux"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
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
	servers  client.Servers
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

// clientConfig returns what a connection needs from the Publisher.
func (p *Publisher) clientConfig() client.Config {
	return client.Config{
		Log: p.log, Counters: &p.counters, Servers: &p.servers,
		Dial: func(shutdown context.Context, to *endpoint.Endpoint, o *options.Options) (net.Conn, error) {
			return p.dial(shutdown, p.resolver, to, o)
		},
		KnownForms:  p.knownForms,
		SourceForms: p.sourceForms,
		SentCodecs:  func(out *link.Sender) string { return p.muxer.SentCodecs(out) },
	}
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

// attemptFailed shows an error after which the session tries again; false when the end is wanted.
func (p *Publisher) attemptFailed(s *session, err error) bool {
	p.mu.Lock()
	ok := !s.unwanted && p.setState(StateError, err)
	if ok {
		p.failed = err
	}
	p.mu.Unlock()
	p.events.deliver()
	return ok
}

// attemptAgain begins another attempt, with the URL and the options that are set now; false when the end is wanted.
func (p *Publisher) attemptAgain(s *session) bool {
	p.mu.Lock()
	defer p.events.deliver()
	defer p.mu.Unlock()
	if p.state == StateError {
		p.setState(StateConnecting, nil)
	}
	if p.state != StateConnecting { // where Connect brings it too
		return false
	}
	select {
	case <-s.hurry:
	default:
	}
	if to, err := p.endpoint(); err == nil {
		s.home, s.to, s.o = to, to, p.options
	} else {
		p.log.Warn("the URL and the options that are set do not fit together; connecting with those from before", "why", err)
	}
	return true
}
