package client

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"time"

	"luatrtmp/core/caps"
	"luatrtmp/core/flv"
	"luatrtmp/core/handshake"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
)

// variant is one of the variants of the handshake, in the order in which they are tried.
type variant uint8

const (
	simpleVariant       variant = iota // RTMP 1.0, 5.2: what every server takes but those that insist on digests
	digestFirstVariant                 // handshake.DigestFirst
	digestSecondVariant                // handshake.DigestSecond

	lastVariant = digestSecondVariant
)

func (v variant) String() string {
	return [...]string{"simple", "digest", "digest, second scheme"}[v]
}

// firstPlan returns how the first connection of an attempt is brought up.
func (c *Connection) firstPlan() plan {
	server, forms := c.config.Servers.get(c.To.Address), c.config.KnownForms(c.o)
	p := plan{variant: server.variant, settled: server.settled, login: login{user: c.To.User}, fields: declares(c.o.Enhanced, forms)}
	if c.o.Enhanced == options.EnhancedAuto && server.plain && p.fields == caps.Declared && !slices.ContainsFunc(forms, flv.Form.V2) {
		p.fields = caps.LeftOut // video of version 1 goes out without an answer to them
	}
	return p
}

// open brings a connection up until media may flow, on as many connections as that takes. It
// decides what to try next.
func (c *Connection) open(reached func(Phase) bool) error {
	p := c.firstPlan()
	var told error // the failure that the user is told if there is no success
	for n := 1; ; n++ {
		err := c.try(p, reached)
		if errors.Is(err, rtmperr.ErrEnded) {
			return rtmperr.ErrEnded
		}
		c.config.Servers.learn(c.To.Address, p, err)
		if err == nil {
			return nil
		}
		told = moreTelling(told, err)
		next, again := p.next(err)
		if !again || n == maxConnections {
			return p.explain(told)
		}
		if next.login != p.login {
			told = nil // it was a step of the log-in
		}
		c.sayWhatIsTried(p, next, err)
		c.hangUp()
		if c.shutdown.Err() != nil {
			return rtmperr.ErrEnded
		}
		p = next
	}
}

func (c *Connection) sayWhatIsTried(failed, next plan, why error) {
	address := c.To.Address
	switch {
	case next.variant != failed.variant:
		c.config.Log.Info("handshake failed; trying another variant of it", "server", address, "failed", failed.variant, "next", next.variant, "why", why)
	case next.login != failed.login:
		c.config.Log.Info("the server wants a password: connecting again with it", "server", address)
	default:
		c.config.Log.Info("connect failed; trying once without the fields of Enhanced RTMP", "server", address, "why", why)
	}
}

// try brings one connection up as planned. Its failures are openingErrors, or rtmperr.ErrEnded.
func (c *Connection) try(p plan, reached func(Phase) bool) error {
	if err := c.dial(); err != nil {
		return stageFailed(stageDial, err, err)
	}
	if !c.reach(PhaseHandshaking, reached) {
		return rtmperr.ErrEnded
	}
	if err := c.shakeHands(p.variant); err != nil {
		return stageFailed(stageHandshake, err, handshakeFailure(err, c.o.Timeout))
	}
	c.config.Log.Debug("the handshake is complete", "variant", p.variant)
	c.start()
	if err := c.talk.connect(p); err != nil {
		return err
	}
	if !c.reach(PhaseConnected, reached) {
		return rtmperr.ErrEnded
	}
	leftOut, err := c.talk.server.CheckSource(c.config.SourceForms(c.o), c.o.AudioOptional)
	if err != nil {
		return stageFailed(stageCreateStream, err, err)
	}
	if leftOut != nil {
		c.config.Log.Warn("the video goes without its audio", "server", c.To.Address, "why", leftOut)
	}
	return c.talk.publish()
}

// stageFailed makes an openingError of what happened and of what the user is told about it.
func stageFailed(at stage, happened, told error) error {
	if errors.Is(happened, rtmperr.ErrEnded) {
		return rtmperr.ErrEnded
	}
	return &openingError{stage: at, how: howItFailed(happened), err: told}
}

func (c *Connection) dial() error {
	conn, err := c.config.Dial(c.shutdown, c.To, c.o)
	if err != nil {
		return err
	}
	if c.To.Scheme == "rtmps" && c.o.TLS.Insecure {
		c.config.Log.Warn("the server's certificate is not verified (tls_insecure): anybody on the way can read and change the stream",
			"server", c.To.Address)
	}
	c.conn = conn
	c.stopForce = context.AfterFunc(c.abort, func() { conn.Close() })
	return nil
}

// longAgo is the deadline of what is to end now.
var longAgo = time.Unix(1, 0)

// shakeHands performs one variant of the handshake.
func (c *Connection) shakeHands(v variant) error {
	if err := c.conn.SetDeadline(time.Now().Add(c.o.Timeout)); err != nil {
		return err
	}
	stop := context.AfterFunc(c.shutdown, func() { c.conn.SetDeadline(longAgo) })
	defer stop()
	answered, err := false, error(nil)
	if v == simpleVariant {
		answered, err = handshake.Client(c.conn, rand.Reader)
	} else {
		answered, err = handshake.ClientDigest(c.conn, rand.Reader, handshake.Scheme(v-digestFirstVariant))
	}
	if !stop() {
		return rtmperr.ErrEnded
	}
	if err != nil {
		return err
	}
	if !answered {
		c.config.Log.Warn("the server's S2 does not answer C1; going on", "server", c.To.Address)
	}
	return c.conn.SetDeadline(time.Time{})
}

func handshakeFailure(err error, timeout time.Duration) error {
	const what = "is it an RTMP server, and does the port not want rtmps://?"
	switch {
	case rtmperr.IsTimeout(err):
		return rtmperr.New(rtmperr.ErrTimeout, "the server did not complete the handshake within %v: %s", timeout, what)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), rtmperr.IsReset(err):
		return rtmperr.New(rtmperr.ErrHandshake, "the server closed the connection during the handshake: %s (%v)", what, rtmperr.Reason(err))
	case rtmperr.IsNetwork(err):
		return rtmperr.New(rtmperr.ErrNetwork, "handshake: %v", rtmperr.Reason(err))
	}
	return rtmperr.New(rtmperr.ErrHandshake, "%v", err)
}
